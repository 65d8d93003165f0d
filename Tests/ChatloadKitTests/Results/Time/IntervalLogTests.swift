import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct IntervalLogTests {
    static func exchange(at end: Nanoseconds, took: Int64) -> Exchange {
        var exchange = Exchange()
        exchange.end = end
        exchange.intended = end - .microseconds(took)
        exchange.sent = end - .microseconds(took / 2)
        exchange.reply = took.isMultiple(of: 3) ? .microseconds(took / 3) : nil
        return exchange
    }

    /// The counts of a payload by slot.
    static func counts(_ payload: HdrPayload) -> [Int: UInt64] {
        Dictionary(uniqueKeysWithValues: payload.entries.map { ($0.slot, $0.count) })
    }

    /// What a log must hold, kept in the plainest way.
    struct Expected {
        var byStart: [Int64: [IntervalLog.Metric: [Int: UInt64]]] = [:]

        init(_ exchanges: [Exchange], length: Int64) {
            for exchange in exchanges {
                let start = max(0, exchange.end.count) / 1_000_000_000 / length * length
                let service = exchange.sent.map { exchange.end - $0 }
                let times: [(IntervalLog.Metric, Nanoseconds?)] = [
                    (.response, exchange.responseTime), (.service, service),
                    (.reply, exchange.reply),
                ]
                for (metric, time) in times {
                    guard let time else { continue }
                    let slot = HistogramLayout.fine.slot(of: UInt64(clamping: time.count))
                    byStart[start, default: [:]][metric, default: [:]][slot, default: 0] += 1
                }
            }
        }

        func differs(from log: IntervalLog) -> String? {
            let intervals = log.intervals
            if intervals.map(\.start) != byStart.keys.sorted() {
                return "\(intervals.map(\.start))"
            }
            for interval in intervals {
                for metric in IntervalLog.Metric.allCases {
                    let wanted = byStart[interval.start]?[metric] ?? [:]
                    if counts(interval[metric]) != wanted { return "\(interval.start) \(metric)" }
                }
            }
            return nil
        }
    }

    static func random(_ count: Int, over seconds: Double, seed: UInt64) -> [Exchange] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { number in
            let late = random.unit() < 0.1 ? 5 * random.unit() : random.unit()
            let time = max(0, Double(number) / Double(count) * seconds - late)
            let took = Int64(random.logNormal(median: 40_000, sigma: 1))
            return exchange(at: Nanoseconds(seconds: time), took: took)
        }
    }

    @Test(arguments: [(30.0, Int64(1)), (511, 1), (700, 2), (1_500, 4)])
    func everySuccessIsInItsInterval(seconds: Double, length: Int64) {
        let exchanges = Self.random(3_000, over: seconds, seed: 4)
        var log = IntervalLog()
        for exchange in exchanges { log.add(exchange) }
        #expect(log.intervals.allSatisfy { $0.length == length })
        #expect(Expected(exchanges, length: length).differs(from: log) == nil)
    }

    @Test func orderAndGroupingDoNotMatter() {
        let exchanges = Self.random(1_500, over: 900, seed: 9)
        var random = SeededRandom(seed: 2)
        var parts = [IntervalLog(), IntervalLog(), IntervalLog()]
        for exchange in exchanges.shuffled(using: &random) {
            parts[Int(random.next(upperBound: UInt64(3)))].add(exchange)
        }
        var merged = IntervalLog()
        for part in [parts[1], parts[2], parts[0]] { merged.merge(part) }
        #expect(Expected(exchanges, length: 2).differs(from: merged) == nil)
    }

    @Test func nothingIsTooOdd() {
        var log = IntervalLog()
        #expect(log.intervals.isEmpty)
        for end in [Int64.max, 0, -5, .min, 7_000_000_000, .max] {
            log.add(Self.exchange(at: Nanoseconds(end), took: 10))
        }
        let counts = log.intervals.flatMap { Self.counts($0[.response]).values }
        #expect(counts.reduce(0, +) == 6)
        #expect(log.intervals.count <= IntervalLog.limit)
    }

    @Test func payloadsSurvive() {
        var random = SeededRandom(seed: 6)
        for round in 0..<300 {
            let slots: [UInt32] = (0..<round).map { _ in
                switch random.next(upperBound: UInt64(4)) {
                case 0: UInt32(truncatingIfNeeded: random.next())
                case 1: UInt32(random.next(upperBound: UInt64(200)))
                default: 0
                }
            }
            let payload = HdrPayload(slots)
            let filled = slots.indices.filter { slots[$0] > 0 }
            #expect(payload.entries.map(\.slot) == filled)
            #expect(payload.entries.map(\.count) == filled.map { UInt64(slots[$0]) })
            let other: [UInt32] = slots.reversed().map { $0 / 2 }
            let sum = HdrPayload(sumOf: payload, HdrPayload(other))
            let counts = zip(slots, other).map { UInt64($0) + UInt64($1) }
            #expect(sum.entries.map(\.count) == counts.filter { $0 > 0 })
            #expect(HdrPayload(sumOf: HdrPayload(), payload) == payload)
        }
    }
}
