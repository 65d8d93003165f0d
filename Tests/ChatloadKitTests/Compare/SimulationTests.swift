import Base
import Networking
import Testing

@testable import ChatloadKit

/// What `compare` promises, on recorded runs whose truth is known.
@Suite struct SimulationTests {
    @Test func alikeRunsGiveNoEvidence() {
        let log = SimulatedLog()
        var found: [Comparison.Verdict: Int] = [:]
        for pair in 0..<UInt64(100) {
            let base = SimulatedSide([log.tally(of: 600, seed: 2 * pair)], stream: 0)
            let new = SimulatedSide([log.tally(of: 600, seed: 2 * pair + 1)], stream: 1)
            found[base.verdict(against: new), default: 0] += 1
        }
        #expect(found[.noEvidence, default: 0] >= 95, "\(found)")
    }

    @Test func tenPercentSlowerIsSeen() {
        let (log, slower) = (SimulatedLog(), SimulatedLog(factor: 1.1))
        let bases = (0..<UInt64(10)).map {
            SimulatedSide([log.tally(of: 20_000, seed: $0)], stream: 0)
        }
        let news = (0..<UInt64(10)).map {
            SimulatedSide([slower.tally(of: 20_000, seed: 100 + $0)], stream: 1)
        }
        var found: [Comparison.Verdict: Int] = [:]
        for base in bases {
            for new in news { found[base.verdict(against: new), default: 0] += 1 }
        }
        #expect(found[.slower, default: 0] >= 95, "\(found)")
    }

    /// Runs that each have a level of their own are told apart one by one, but not three by three.
    @Test func severalRunsASideCountHowRunsDiffer() {
        var random = SeededRandom(seed: 8, stream: 1)
        func run(_ seed: UInt64) -> RunTally {
            SimulatedLog(factor: 1 + random.normal() * 0.1).tally(of: 300, seed: seed)
        }
        var (singles, threes) = (0, 0)
        for pair in 0..<UInt64(12) {
            let runs = (0..<6).map { run(pair * 6 + $0) }
            let sides = [runs[..<3], runs[3...]].enumerated().map { stream, runs in
                SimulatedSide(Array(runs), stream: UInt64(stream))
            }
            if sides[0].verdict(against: sides[1]) != .noEvidence { threes += 1 }
            let base = SimulatedSide([runs[0]], stream: 0)
            let new = SimulatedSide([runs[3]], stream: 1)
            if base.verdict(against: new) != .noEvidence { singles += 1 }
        }
        #expect(threes <= 1, "\(threes)")
        #expect(singles >= 3, "\(singles)")
    }
}
