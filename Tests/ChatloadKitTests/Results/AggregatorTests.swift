import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct AggregatorTests {
    @Test(arguments: [1, 2, 3, 8]) func spreadOverWorkersItComesOutTheSame(workers: Int) {
        let run = SyntheticRun(seed: 21, streams: workers != 2)
        var random = SeededRandom(seed: UInt64(workers))
        var parts = (0..<workers).map { number in
            let names = number.isMultiple(of: 2) ? [] : ["unused", "poll"]
            return Aggregator(
                steps: StepTable(names: names), credentials: SyntheticRun.credentials,
                objectives: SyntheticRun.objectives)
        }
        for exchange in run.exchanges.shuffled(using: &random) {
            let worker = Int(random.next(upperBound: UInt64(workers)))
            var moved = exchange
            moved.step = parts[worker].steps.id(for: run.steps[exchange.step])
            parts[worker].add(moved)
        }
        for conversation in run.conversations.shuffled(using: &random) {
            parts[Int(random.next(upperBound: UInt64(workers)))].add(conversation)
        }
        var merged = SyntheticRun.nothing
        for part in parts.shuffled(using: &random) { merged.merge(part) }
        let whole = run.aggregator
        #expect(merged.summary(of: run.description) == whole.summary(of: run.description))
        #expect(merged.liveFigures() == whole.liveFigures())
    }

    /// A damaged log may say anything.
    @Test func timesWithoutEndAreCounted() throws {
        var aggregator = Aggregator(steps: StepTable(names: ["say"]))
        var exchange = Exchange()
        exchange.throttled = .never
        exchange.end = .never
        exchange.turnTime = .never
        aggregator.add(exchange)
        let summary = aggregator.summary(of: RunDescription(name: "r"))
        #expect(summary.totals[.throttledTime] == .max / 1_000 * 1_000)
        #expect(!(try JSONReport.text(summary)).isEmpty && !SummaryCSV.text(summary).isEmpty)
    }

    @Test func failuresStayOutOfTheLatenciesOfSuccesses() {
        var aggregator = Aggregator(steps: StepTable(names: ["say"]))
        var exchange = Exchange()
        exchange.sent = .milliseconds(2)
        exchange.firstByte = .milliseconds(5)
        exchange.end = .milliseconds(10)
        aggregator.add(exchange)
        exchange.outcome = .failed(.timeout)
        exchange.end = .seconds(60)
        aggregator.add(exchange)
        let summary = aggregator.summary(of: RunDescription(name: "r"))
        #expect(summary.latency[.response].max == 10)
        #expect(summary.latency[.service].max == 8)
        #expect(summary.latency[.ttfb].max == 3)
        #expect(summary.latency[.reply].count == 0)
        #expect(summary.latency[.failed].max == 60_000)
        #expect(summary.totals[.succeeded] == 1 && summary.totals[.failed] == 1)
        #expect(summary.totals.durationSeconds == 60)
    }

    @Test func theLagIsTheGeneratorsOwn() {
        var aggregator = Aggregator(steps: StepTable(names: ["say"]))
        var exchange = Exchange()
        exchange.intended = .seconds(1)
        exchange.throttled = .milliseconds(200)
        exchange.connect = .milliseconds(30)
        exchange.sent = .seconds(1) + .milliseconds(234)
        exchange.end = .seconds(2)
        aggregator.add(exchange)
        exchange.sent = nil
        aggregator.add(exchange)
        let lag = aggregator.summary(of: RunDescription(name: "r")).verdict.scheduleLag
        #expect(lag.count == 1)
        #expect(lag.max == 4)
    }

    @Test func theExampleIsThatOfTheEarliestFailure() {
        let key = ErrorTally.Key(errorClass: .http5xx, step: "say", status: 503)
        var late = ErrorTally()
        late.add(key, end: .seconds(9), detail: "a")
        var early = ErrorTally()
        early.add(key, end: .seconds(1), detail: "c")
        early.add(key, end: .seconds(1), detail: "b")
        var (one, other) = (late, early)
        one.merge(early)
        other.merge(late)
        #expect(one == other)
        #expect(one.summaries.map(\.example) == ["b"])
        #expect(one.summaries.map(\.first) == [1])
        #expect(one.summaries.map(\.last) == [9])
    }

    @Test func oddStatusesAndManyNamesStayBounded() {
        var errors = ErrorTally()
        for number in 0..<10_000 {
            let key = ErrorTally.Key(
                errorClass: .http4xx, step: "s\(number)", status: number + 600)
            errors.add(key, end: .zero, detail: "")
        }
        #expect(errors.entries.count <= ErrorTally.limit + ErrorClass.allCases.count)
        #expect(errors.summaries.reduce(0) { $0 + $1.count } == 10_000)
        var steps = StepTable(names: ["say"], capacity: 3)
        let ids = ["a", "b", "c", "d", "a"].map { steps.id(for: $0) }
        #expect(ids.map { steps[$0] } == ["a", "b", "other", "other", "a"])
    }

    @Test func aLongRunsTimelineIsCoarserInAnyOrder() {
        let ends: [Int64] = [0, 1, 1_799, 1_800, 3_601, 40_000, .max / 1_000_000_000]
        for count in 1...ends.count {
            var (forth, back) = (LatencySeries(), LatencySeries())
            var (left, right) = (forth, back)
            for (index, end) in ends.prefix(count).enumerated() {
                forth.add(end: .seconds(end), response: .seconds(1))
                if index.isMultiple(of: 2) {
                    left.add(end: .seconds(end), response: .seconds(1))
                } else {
                    right.add(end: .seconds(end), response: .seconds(1))
                }
            }
            for end in ends.prefix(count).reversed() {
                back.add(end: .seconds(end), response: .seconds(1))
            }
            left.merge(right)
            for other in [back, left] {
                #expect(forth.intervals == other.intervals)
                #expect(forth.fineIntervals == other.fineIntervals)
            }
            #expect(forth.intervals.count <= LatencySeries.limit)
            #expect(forth.points.reduce(0) { $0 + $1.exchanges } == count)
        }
    }

    @Test func shardsRunSideBySide() {
        func shard(seconds: Int64, count: Int) -> Aggregator {
            var aggregator = Aggregator(steps: StepTable(names: ["say"]))
            for _ in 0..<count {
                var exchange = Exchange()
                exchange.intended = .seconds(5)
                exchange.end = .seconds(5 + seconds)
                aggregator.add(exchange)
            }
            return aggregator
        }
        var whole = Aggregator(steps: StepTable())
        whole.merge(shard: shard(seconds: 10, count: 30))
        whole.merge(shard: shard(seconds: 20, count: 50))
        let totals = whole.summary(of: RunDescription(name: "r")).totals
        #expect(totals.durationSeconds == 20)
        #expect(totals.rate(.exchangesPerSecond) == 4)
    }

    @Test func liveFiguresFollow() {
        let run = SyntheticRun(seed: 3)
        let live = run.aggregator.liveFigures()
        let summary = run.aggregator.summary(of: run.description)
        let (totals, warmup) = (summary.totals, summary.warmup)
        #expect(warmup.exchanges == 10 && warmup.conversations == 2)
        #expect(live[.exchanges] == totals[.exchanges] + warmup.exchanges)
        #expect(live[.failed] == totals[.failed] + warmup.failed)
        #expect(live[.conversationsStarted] == totals[.conversationsStarted] + warmup.conversations)
        #expect(live.response(at: .p50) != nil && live.response(at: .p99) != nil)
    }
}
