import Base
import Networking
import Sandbox
import Testing

@testable import ChatloadKit

/// What rates divide by, in whole runs in virtual time and exchange by exchange.
@Suite struct LoadSpanTests {
    private static func open(_ rate: Double, for duration: Nanoseconds) -> LoadShape {
        LoadShape(users: 100, arrivals: Arrivals(rate: rate), duration: duration)
    }

    /// Starts are counted where they are due, and divided by the time that they fill.
    @Test(
        arguments: [
            (0.5, 5, 0.6), (0.3, 7, 0.429), (10.5, 2, 10.5), (1.0 / 3_600, 2, 0.5),
        ] as [(Double, Int64, Double)])
    func slowRatesHaveNoFencepost(rate: Double, seconds: Int64, expected: Double) async throws {
        let run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], load: Self.open(rate, for: .seconds(seconds)))
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(10)))
        let totals = result.summary.totals
        #expect(totals.span.begin == 0 && totals.span.length == Double(seconds))
        #expect(
            totals.rate(.exchangesPerSecond) == expected && totals.rate(.turnsPerSecond) == expected
        )
        #expect(abs((result.schedule?.requestedRate ?? 0) - expected) < 0.001)
        #expect(abs((result.schedule?.achievedRate ?? 0) - expected) < 0.001)
        #expect(result.took >= .seconds(seconds), "a run lasts as long as it was asked to")
    }

    @Test func aRampIsRequestedAsItsArea() async throws {
        var load = Self.open(50, for: .seconds(4))
        load.curve = LoadCurve(from: 0, through: [LoadStage(length: .seconds(2), level: 50)])
        let run = VirtualRun(scripts: [WholeRunTests.oneTurn], load: load)
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(10)))
        #expect(abs((result.schedule?.requestedRate ?? 0) - 37.5) < 0.5)
        let steady = result.summary.steady.totals
        #expect(steady.span.begin == 2 && steady.span.end == 4 && steady.span.length == 2)
        #expect(abs(steady.rate(.turnsPerSecond) - 50) < 1)
    }

    /// One reply of six seconds, and what was asked for lasted five.
    @Test func aStragglerDoesNotStretchTheSpan() {
        var aggregator = Aggregator(
            steps: StepTable(names: ["say"]), phases: LoadPhases(Self.open(20, for: .seconds(5))))
        for number in 0..<100 {
            var exchange = Exchange()
            exchange.intended = .milliseconds(Int64(number) * 50)
            exchange.end = exchange.intended + .milliseconds(number == 49 ? 6_000 : 5)
            exchange.turnTime = exchange.end - exchange.intended
            aggregator.add(exchange)
        }
        aggregator.generator.loadEnd = 5_000_000_000
        let summary = aggregator.summary(of: RunDescription(name: "r"))
        #expect(summary.steady.totals.rate(.turnsPerSecond) == 19.8)
        #expect(summary.totals.span[.exchanges] == 99 && summary.totals[.exchanges] == 100)
        #expect(summary.timeline.first?.phase == .main && summary.timeline.last?.phase == .drain)
    }

    /// A run that is cut short is divided by what it lasted; workers see the cut at times of their own,
    /// and what they counted is as if all had known.
    @Test func aCutIsOneForAllWorkers() {
        let phases = LoadPhases(Self.open(20, for: .seconds(60)))
        var workers = (0..<2).map { _ in
            Aggregator(steps: StepTable(names: ["say"]), phases: phases)
        }
        var whole = Aggregator(
            steps: StepTable(names: ["say"]), phases: phases, until: .milliseconds(1_020))
        for number in 1...200 {
            var exchange = Exchange()
            exchange.end = .milliseconds(Int64(number) * 10)
            let place = number % 2
            if number == 101 { workers[0].cut(at: .milliseconds(1_000)) }
            if number == 102 { workers[1].cut(at: .milliseconds(1_020)) }
            workers[place].add(exchange)
            whole.add(exchange)
        }
        workers[0].merge(workers[1])
        workers[0].generator.loadEnd = 1_020_000_000
        whole.generator.loadEnd = 1_020_000_000
        #expect(workers[0].loadSpans.whole == whole.loadSpans.whole)
        #expect(whole.loadSpans.whole[.exchanges] == 102 && whole.loadSpans.whole.length == 1.02)
    }

    /// Failures, and polls that end no turn, are no work done.
    @Test func aRateOfTurnsCountsWorkAlone() {
        var aggregator = Aggregator(
            steps: StepTable(names: ["say"]), phases: LoadPhases(Self.open(20, for: .seconds(2))))
        for (outcome, isTurn) in [
            (Outcome.ok, true), (.ok, false), (.failed(.rejected), true), (.failed(.timeout), true),
        ] {
            var exchange = Exchange()
            exchange.end = .seconds(1)
            exchange.outcome = outcome
            exchange.turnTime = isTurn ? .seconds(1) : nil
            aggregator.add(exchange)
        }
        aggregator.generator.loadEnd = 2_000_000_000
        let totals = aggregator.summary(of: RunDescription(name: "r")).totals
        #expect(totals.rate(.turnsPerSecond) == 0.5 && totals.rate(.successesPerSecond) == 1)
        #expect(
            totals.rate(.exchangesPerSecond) == 2 && totals[.failed] == 2 && totals[.rejected] == 1)
    }

    /// A conversation that the run cuts off ends with the run, not when its next turn was due.
    @Test func nothingEndsAfterTheRun() async throws {
        let load = LoadShape(
            users: 3, duration: .seconds(3), thinkOverride: .fixed(.seconds(60)))
        let run = VirtualRun(scripts: [WholeRunTests.oneTurn], load: load)
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(10)))
        let last = try #require(result.summary.timeline.last)
        #expect(last.start + last.seconds <= result.took.seconds + 0.001)
        #expect(result.summary.timeline.allSatisfy { $0.users == 3 })
    }
}
