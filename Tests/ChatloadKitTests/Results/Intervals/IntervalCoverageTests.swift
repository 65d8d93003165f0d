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
        /// Each is like the ten before it.
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
        // So that the state's correlation is 1/e after a fifth of a second.
        let memory = 1 - 1 / (0.2 * rate)
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

    /// How many runs are tried: few in the suite, as many as `CHATLOAD_SEEDS` says elsewhere.
    static func seeds(few: Int) -> ClosedRange<UInt64> {
        let asked = getenv("CHATLOAD_SEEDS").flatMap { Int(String(cString: $0)) } ?? few
        return 1...UInt64(max(asked, few))
    }

    /// Counts of how often figures were known, and the truth within their intervals.
    struct Tally {
        var known: [String: Int] = [:]
        var held: [String: Int] = [:]

        mutating func add(_ intervals: [String: FigureInterval], _ truth: [String: Double]) {
            for (figure, value) in truth {
                guard let interval = intervals[figure] else { continue }
                known[figure, default: 0] += 1
                let isWithin = interval.low <= value && value <= interval.high
                held[figure, default: 0] += isWithin ? 1 : 0
            }
        }

        /// Makes sure that shares within a range hold the truth, by more than chance would have it in
        /// so few runs.
        func check(_ least: Double, _ most: Double, runs: Int, _ comment: String) {
            for (figure, held) in held {
                let known = Double(known[figure] ?? 0)
                let spread = 2.6 * (known * 0.05 * 0.95).squareRoot()
                let isFew = runs < 200
                let low = isFew ? min(known * least, known * 0.95 - spread) : known * least
                let high = isFew ? known : known * most
                let words = "\(comment): \(figure) held in \(held) of \(known)"
                #expect(Double(held) >= low.rounded(.down) && Double(held) <= high, "\(words)")
            }
        }
    }

    @Test(arguments: Kind.allCases)
    func theTruthLiesWithin(kind: Kind) {
        let truth = Self.truth(kind)
        let seeds = Self.seeds(few: 8)
        var tally = Tally()
        for seed in seeds {
            let run = Self.aggregator(
                // Of what hangs together it takes more to tell as much.
                Self.exchanges(kind, seed: seed, count: kind == .wandering ? 16_000 : 4_000))
            tally.add(run.standing.intervals, truth)
        }
        // Where too little tells of a percentile there is no interval of it.
        for (figure, known) in tally.known {
            #expect(known * 4 >= seeds.count * 3, "\(kind) \(figure): \(known)")
        }
        #expect(tally.known.count == 4)
        tally.check(0.9, 0.99, runs: seeds.count, "\(kind)")
    }

    /// Runs that end as soon as the median and the rate are known.
    @Test(arguments: Kind.allCases)
    func theTruthLiesWithinWhatHasEndedARun(kind: Kind) throws {
        let truth = Self.truth(kind)
        let seeds = Self.seeds(few: 2)
        let goals = ["response.p50 ±5%", "response.p95 ±10%", "successes_per_s ±5%"]
        var objectives = Objectives()
        objectives.precision = try goals.map { try PrecisionGoal(parsing: $0) }
        let figures = Set(objectives.precision.map(\.figure))
        var tally = Tally()
        var ended = 0
        for seed in seeds {
            let all = Self.exchanges(kind, seed: seed, count: 20_000).sorted { $0.end < $1.end }
            var rest = all[...]
            var (looks, second) = (PrecisionLooks(), Int64(0))
            var run = Aggregator(steps: StepTable(names: ["say"]), objectives: objectives)
            while !rest.isEmpty {
                second += 1
                let due = rest.prefix { $0.end <= .seconds(second) }
                for exchange in due { run.add(exchange) }
                rest = rest.dropFirst(due.count)
                guard looks.areDue(at: .seconds(second)) else { continue }
                let standing = run.standing
                guard looks.end(standing.precision, at: .seconds(second)) else { continue }
                tally.add(
                    standing.intervals.filter { figures.contains($0.key) }, truth)
                ended += 1
                break
            }
        }
        #expect(ended * 2 >= seeds.count, "\(kind): \(ended) of \(seeds.count) ended")
        tally.check(0.875, 1, runs: seeds.count, "\(kind), ended")
    }
}
