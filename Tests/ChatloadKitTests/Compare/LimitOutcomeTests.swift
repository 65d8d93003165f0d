import Base
import Networking
import Testing

@testable import ChatloadKit

/// What a gate does with sides that fail, or that show too little.
@Suite struct LimitOutcomeTests {
    private static func run(
        _ count: Int, failing share: Double, factor: Double = 1, seed: UInt64
    ) -> RunSample {
        SimulatedLog(errorRate: share, factor: factor).sample(of: count, seed: seed)
    }

    private static func compared(
        _ base: RunSample, _ new: RunSample, _ limits: [String]
    ) throws -> Comparison {
        var settings = Comparison.Settings()
        settings.draws = 200
        return try Comparison(
            base: [base], new: [new], settings: settings,
            limits: limits.map { try ChangeLimit(parsing: $0) })
    }

    private static let sound = run(2_000, failing: 0.002, seed: 1)

    static let sides: [(String, RunSample, RunSample, [LimitOutcome.State])] = [
        ("alike", sound, run(2_000, failing: 0.002, seed: 2), [.kept, .kept, .kept]),
        (
            "quick survivors", sound, run(2_000, failing: 0.9, factor: 0.5, seed: 3),
            [.notKept, .notKept, .broken]
        ),
        (
            "slow survivors", sound, run(2_000, failing: 0.9, factor: 9, seed: 3),
            [.broken, .broken, .broken]
        ),
        (
            "nothing but failures", sound, run(500, failing: 1, seed: 4),
            [.notKept, .notKept, .broken]
        ),
        ("too short", sound, run(20, failing: 0, seed: 5), [.notKept, .notKept, .notKept]),
        ("empty", sound, run(0, failing: 0, seed: 6), [.notKept, .notKept, .notKept]),
        (
            "BASE failed, and NEW is as it should be",
            run(2_000, failing: 0.9, factor: 0.5, seed: 7),
            sound, [.notJudged, .notJudged, .kept]
        ),
        (
            "BASE failed, and NEW is faster besides", run(2_000, failing: 0.9, seed: 8),
            run(2_000, failing: 0, factor: 0.5, seed: 9), [.kept, .kept, .kept]
        ),
        (
            "BASE is empty", run(0, failing: 0, seed: 6), sound,
            [.notJudged, .notJudged, .notJudged]
        ),
    ]

    @Test(arguments: sides)
    func gatesCloseOnWhatNEWDoesNotShow(
        name: String, base: RunSample, new: RunSample, states: [LimitOutcome.State]
    ) throws {
        let limits = ["response.p50:+20%", "response.p90:+20%", "errors:+2pp"]
        let comparison = try Self.compared(base, new, limits)
        #expect(comparison.limits.map(\.state) == states, "\(name)")
        let texts = comparison.limits.map { CompareWords.text(of: $0, in: comparison) }
        for (limit, text) in zip(comparison.limits, texts) {
            let isPlain = limit.state == .kept || limit.state == .broken
            #expect((limit.reason == nil) == isPlain)
            #expect(text.hasPrefix(limit.expression))
            if let reason = limit.reason { #expect(text.hasSuffix(": " + reason)) }
        }
    }

    @Test func survivorsAreNotCalledFaster() throws {
        let new = Self.run(2_000, failing: 0.9, factor: 0.5, seed: 3)
        let worse = try Self.compared(Self.sound, new, [])
        #expect(worse.verdict == .failsMore)
        #expect(CompareText(worse).text.hasPrefix("NEW fails more: more errors +"))
        let latencies = worse.figures.filter { $0.metric.isLatency && $0.chance != nil }
        #expect(!latencies.isEmpty && latencies.allSatisfy { $0.verdict == .biased })
        let better = try Self.compared(new, Self.sound, [])
        #expect(better.verdict == .failsLess)
        #expect(CompareText(better).text.hasPrefix("NEW fails less: fewer errors "))
    }

    /// A step's own failures spoil its own latencies and the whole run's, and no other step's.
    @Test func onlyTheStepThatFailsIsBiased() throws {
        func side(_ seed: UInt64, failing: Double) -> RunSample {
            let steps = ["login", "say"]
            var tally = RunTally(steps: StepTable(names: steps))
            var random = SeededRandom(seed: seed, stream: 5)
            let log = SimulatedLog(errorRate: 0)
            for var exchange in log.exchanges(6_000, seed: seed, steps: 2) {
                if exchange.step.index == 1, random.unit() < failing {
                    exchange.outcome = .failed(.http5xx)
                }
                tally.add(exchange)
            }
            return RunSample(folder: "r/\(seed)", run: RunDescription(name: "r"), tally: tally)
        }
        let limits = ["step.login.response.p50:+20%", "step.say.response.p50:+20%"]
        let comparison = try Self.compared(
            side(1, failing: 0), side(2, failing: 0.3), limits)
        #expect(comparison.limits.map(\.state) == [.kept, .notKept])
        let verdicts = comparison.figures.filter { $0.figure.description.hasSuffix("response.p50") }
            .map(\.verdict)
        #expect(verdicts == [.biased, .noEvidence, .biased])
    }
}
