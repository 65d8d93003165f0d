import Base
import Glibc
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Intervals of runs whose truth is known hold it as often as they say.
@Suite struct IntervalCoverageTests {
    /// How the latencies of a run hang together.
    enum Kind: String, CaseIterable, Sendable {
        /// Not at all.
        case independent
        /// Each is like the one before, for some two seconds.
        case wandering
        /// Every two seconds or so all answers are held for a fifth of a second.
        case stalling
    }

    static let median = 0.08
    static let sigma = 0.5
    static let rate = 50.0

    /// The exchanges of a minute and more.
    static func exchanges(_ kind: Kind, seed: UInt64, count: Int = 4_000) -> [Exchange] {
        var random = SeededRandom(seed: seed, stream: 15)
        var (time, state) = (0.0, random.normal())
        var (stall, next) = (0.0, random.exponential(mean: 2))
        // So that the state's correlation is 1/e after two seconds.
        let memory = 1 - 1 / (2 * rate)
        return (0..<count).map { _ in
            time += random.exponential(mean: 1 / rate)
            if kind == .wandering {
                state = memory * state + (1 - memory * memory).squareRoot() * random.normal()
            } else {
                state = random.normal()
            }
            var latency = median * exp(sigma * state)
            while kind == .stalling, time > next {
                stall = next + 0.2
                next += random.exponential(mean: 2)
            }
            if kind == .stalling, time < stall { latency += stall - time }
            var exchange = Exchange()
            exchange.intended = Nanoseconds(seconds: time)
            exchange.end = Nanoseconds(seconds: time + latency)
            return exchange
        }
    }

    static func aggregator(_ exchanges: [Exchange]) -> Aggregator {
        var aggregator = Aggregator(steps: StepTable(names: ["say"]))
        for exchange in exchanges { aggregator.add(exchange) }
        return aggregator
    }

    /// The true percentiles in milliseconds: of the logarithm they are known, with stalls they are those
    /// of half a million exchanges.
    static func truth(_ kind: Kind) -> [String: Double] {
        var found = ["successes_per_s": rate]
        let normal = ["p50": 0.0, "p95": 1.644854, "p99": 2.326348]
        if kind != .stalling {
            for (name, z) in normal {
                found["response." + name] = median * exp(sigma * z) * 1_000
            }
            return found
        }
        let long = exchanges(kind, seed: 1 << 40, count: 500_000)
            .map { ($0.end - $0.intended).milliseconds }.sorted()
        for name in normal.keys {
            let share = (Double(name.dropFirst()) ?? 0) / 100
            found["response." + name] = long[Int(share * Double(long.count))]
        }
        return found
    }

    @Test(arguments: Kind.allCases)
    func theTruthLiesWithin(kind: Kind) {
        let truth = Self.truth(kind)
        var held: [String: Int] = [:]
        var known: [String: Int] = [:]
        var (drifting, widths): ([String: Int], [String: Double]) = ([:], [:])
        let seeds = 200
        for seed in 1...UInt64(seeds) {
            let summary = Self.aggregator(Self.exchanges(kind, seed: seed)).summary(
                of: RunDescription(name: ""))
            for (figure, value) in truth {
                guard let interval = summary.intervals[figure] else { continue }
                known[figure, default: 0] += 1
                if interval.low <= value, value <= interval.high { held[figure, default: 0] += 1 }
                if interval.drifts { drifting[figure, default: 0] += 1 }
                widths[figure, default: 0] += interval.relative ?? 0
            }
        }
        if kind == .wandering {
            for seed in 1...40 as ClosedRange<UInt64> {
                let summary = Self.aggregator(Self.exchanges(kind, seed: seed, count: 30_000))
                    .summary(
                        of: RunDescription(name: ""))
                for (figure, value) in truth {
                    guard let interval = summary.intervals[figure] else { continue }
                    known["long" + figure, default: 0] += 1
                    if interval.low <= value, value <= interval.high {
                        held["long" + figure, default: 0] += 1
                    }
                }
            }
        }
        print(kind, truth, held, known, drifting, widths.mapValues { $0 / Double(seeds) })
    }
}
