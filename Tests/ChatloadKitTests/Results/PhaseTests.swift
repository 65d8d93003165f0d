import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// What counts for the whole run, for its steady window, and for neither.
@Suite struct WindowTests {
    static func exchange(_ phase: RunPhase, at second: Int64, took: Int64) -> Exchange {
        var exchange = Exchange()
        exchange.phase = phase
        exchange.intended = .seconds(second)
        exchange.sent = exchange.intended
        exchange.end = exchange.intended + .milliseconds(took)
        return exchange
    }

    static func conversation(_ phase: RunPhase, length: Int64) -> ConversationRecord {
        var conversation = ConversationRecord()
        conversation.phase = phase
        conversation.ended = .seconds(length)
        return conversation
    }

    static var mixed: Aggregator {
        var aggregator = Aggregator(steps: StepTable(names: ["say"]))
        aggregator.add(exchange(.warmup, at: 0, took: 9_000))
        aggregator.add(exchange(.ramp, at: 10, took: 300))
        for second in Int64(20)..<30 { aggregator.add(exchange(.main, at: second, took: 500)) }
        aggregator.add(exchange(.drain, at: 40, took: 700))
        for phase in RunPhase.allCases {
            aggregator.add(conversation(phase, length: phase == .main ? 5 : 7))
        }
        return aggregator
    }

    @Test func warmUpIsInNoOtherFigure() {
        var aggregator = Self.mixed
        var failure = Self.exchange(.warmup, at: 1, took: 5)
        failure.outcome = .failed(.timeout)
        aggregator.add(failure)
        let summary = aggregator.summary(of: RunDescription(name: "r"))
        #expect(summary.warmup.exchanges == 2 && summary.warmup.failed == 1)
        #expect(summary.warmup.conversations == 1)
        #expect(summary.totals[.exchanges] == 12)
        #expect(summary.totals[.conversationsStarted] == 3)
        #expect(summary.latency[.response].max == 700)
        #expect(summary.errors.isEmpty)
        #expect(summary.timeline.reduce(0) { $0 + $1.exchanges } == 12)
        #expect(summary.verdict.scheduleLag.count == 12)
    }

    @Test func theSteadyWindowIsPartOfTheRun() {
        let summary = Self.mixed.summary(of: RunDescription(name: "r"))
        #expect(summary.steady.totals[.exchanges] == 10)
        #expect(summary.steady.totals.durationSeconds == 9.5)
        #expect(summary.totals.durationSeconds == 30.7)
        #expect(summary.steady.latency[.response].min == 500)
        #expect(summary.steady.latency[.response].max == 500)
        #expect(summary.latency[.response].min == 300)
        #expect(summary.steady.conversations.max == 5_000)
        #expect(summary.conversations.max == 7_000)
        let text = TerminalReport(summary).text
        #expect(text.contains("Steady window, without warm-up, ramps and drain\n"))
        #expect(text.contains("  warm-up       1 exchanges in 1 conversations"))
    }

    @Test func withoutPhasesTheWindowIsTheWholeRun() {
        var aggregator = Aggregator(steps: StepTable(names: ["say"]))
        for second in Int64(0)..<10 { aggregator.add(Self.exchange(.main, at: second, took: 20)) }
        let summary = aggregator.summary(of: RunDescription(name: "r"))
        #expect(summary.steady.totals == summary.totals)
        #expect(summary.steady.latency == summary.latency)
        #expect(!TerminalReport(summary).text.contains("Steady window"))
    }

    @Test func shardsKeepTheirOwnWindows() {
        var whole = Aggregator(steps: StepTable())
        whole.merge(shard: Self.mixed)
        whole.merge(shard: Self.mixed)
        let summary = whole.summary(of: RunDescription(name: "r"))
        #expect(summary.steady.totals.durationSeconds == 9.5)
        #expect(summary.totals.durationSeconds == 30.7)
        #expect(summary.steady.totals[.exchanges] == 20)
    }

    @Test func waitingForAQuotaIsThrottledTimeAndNoLag() {
        var aggregator = Aggregator(steps: StepTable(names: ["say"]))
        var exchange = Self.exchange(.main, at: 1, took: 2_100)
        exchange.throttled = .seconds(2)
        exchange.sent = .seconds(3)
        aggregator.add(exchange)
        exchange.attempt = 2
        exchange.throttled = .zero
        exchange.sent = .seconds(9)
        exchange.end = .seconds(10)
        aggregator.add(exchange)
        let summary = aggregator.summary(of: RunDescription(name: "r"))
        #expect(summary.latency[.throttled].count == 1 && summary.latency[.throttled].max == 2_000)
        #expect(summary.latency[.service].min == 100)
        #expect(summary.latency[.response].max == 9_000)
        #expect(summary.totals.seconds(.throttledTime) == 2)
        #expect(summary.totals[.retries] == 1)
        #expect(summary.verdict.scheduleLag.count == 1)
        #expect(summary.verdict.scheduleLag.max == 0)
    }

    @Test func credentialsAreCountedApart() throws {
        var aggregator = Aggregator(steps: StepTable(names: ["say"]), credentials: ["b", "a"])
        for number in 0..<30 {
            var exchange = Self.exchange(.main, at: 1, took: 100)
            exchange.credential = number % 3 == 0 ? 1 : 0
            exchange.attempt = number % 10 == 9 ? 2 : 1
            if number % 15 == 0 { exchange.outcome = .failed(.rejected) }
            aggregator.add(exchange)
        }
        var known = CredentialResult(label: "c")
        known.isOut = true
        aggregator.generator.credentials = [known]
        let results = aggregator.summary(of: RunDescription(name: "r")).credentials
        #expect(results.map(\.label) == ["a", "b", "c"])
        #expect(results.map { $0[.exchanges] } == [10, 20, 0])
        #expect(results.map { $0[.rejected] } == [2, 0, 0])
        #expect(results.map { $0[.retries] } == [1, 2, 0])
        #expect(results.map(\.isOut) == [false, false, true])
        #expect(results.map { $0.p50 != nil } == [true, true, false])
    }

    @Test func theOneWithoutANameIsToldOfOnlyWithItsLimits() {
        var aggregator = Aggregator(steps: StepTable(names: ["say"]), credentials: [""])
        aggregator.add(Self.exchange(.main, at: 1, took: 100))
        #expect(aggregator.summary(of: RunDescription(name: "r")).credentials.isEmpty)
        var known = CredentialResult(label: "")
        known.serviceLimits = ["x-ratelimit-remaining": "7"]
        aggregator.generator.credentials = [known]
        let results = aggregator.summary(of: RunDescription(name: "r")).credentials
        #expect(results.map { $0[.exchanges] } == [1])
        #expect(results.map(\.serviceLimits) == [known.serviceLimits])
    }

    @Test func theOnlyCredentialHasTheRunsFigures() throws {
        let folder = try ScratchFolder()
        var one = Aggregator(steps: StepTable(names: SyntheticRun.stepNames), credentials: ["a"])
        var rows = ByteBuffer()
        rows.append(ExchangeColumn.header)
        var encoder = RowEncoder(service: "tamako", credentials: ["a"])
        for var exchange in SyntheticRun(seed: 9, count: 2_000).exchanges {
            exchange.credential = 0
            one.add(exchange)
            encoder.append(exchange, step: one.steps[exchange.step], to: &rows)
        }
        try Files.replace("\(folder.path)/exchanges.csv", with: rows.bytes)
        var rebuilt = Aggregator(steps: StepTable())
        _ = try LogReader.read(exchanges: "\(folder.path)/exchanges.csv", into: &rebuilt)
        var total = Aggregator(steps: StepTable())
        total.merge(one)
        let run = RunDescription(name: "r")
        #expect(rebuilt.summary(of: run) == total.summary(of: run))
        #expect(total.summary(of: run).credentials.map { $0[.exchanges] } == [1_990])
    }
}
