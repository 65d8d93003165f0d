import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct LatencySeriesTests {
    static func exchange(at end: Nanoseconds, took: Int64) -> Exchange {
        var exchange = Exchange()
        exchange.end = end
        exchange.intended = end - .microseconds(took)
        exchange.sent = end - .microseconds(took / 2)
        exchange.reply = took.isMultiple(of: 3) ? .microseconds(took / 3) : nil
        return exchange
    }

    /// The counts of a histogram by slot.
    static func counts(_ histogram: PackedHistogram) -> [Int: UInt64] {
        Dictionary(uniqueKeysWithValues: histogram.entries.map { ($0.slot, $0.count) })
    }

    /// What a series must hold to three digits, kept in the plainest way.
    struct Expected {
        var byStart: [Int64: [DistributionMetric: [Int: UInt64]]] = [:]

        init(_ exchanges: [Exchange], length: Int64) {
            for exchange in exchanges {
                let start = max(0, exchange.end.count) / 100_000_000 / length * length
                let service = exchange.sent.map { exchange.end - $0 }
                let times: [(DistributionMetric, Nanoseconds?)] = [
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

        func differs(from series: LatencySeries) -> String? {
            let intervals = series.fineIntervals
            if intervals.map(\.start) != byStart.keys.sorted() {
                return "\(intervals.map(\.start))"
            }
            for interval in intervals {
                for (metric, histogram) in zip(LatencySeries.metrics, interval.times) {
                    let wanted = byStart[interval.start]?[metric] ?? [:]
                    if counts(histogram) != wanted { return "\(interval.start) \(metric)" }
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

    @Test(arguments: [
        (15.0, Int64(10)), (30, 10), (511, 10), (700, 20), (1_500, 40), (5_000, 160),
    ])
    func everySuccessIsInItsInterval(seconds: Double, length: Int64) {
        let exchanges = Self.random(3_000, over: seconds, seed: 4)
        var series = LatencySeries()
        for exchange in exchanges { series.add(exchange) }
        #expect(series.fineIntervals.allSatisfy { $0.length == length })
        #expect(Expected(exchanges, length: length).differs(from: series) == nil)
        // To 1/32 they are the same values.
        let coarse = series.intervals.reduce(into: Histogram(layout: .coarse)) {
            $0.merge($1.response.histogram)
        }
        var wanted = Histogram(layout: .coarse)
        for exchange in exchanges { wanted.record(exchange.responseTime) }
        #expect(coarse == wanted)
    }

    @Test func orderAndGroupingDoNotMatter() {
        let exchanges = Self.random(1_500, over: 900, seed: 9)
        var random = SeededRandom(seed: 2)
        var parts = [LatencySeries(), LatencySeries(), LatencySeries()]
        for exchange in exchanges.shuffled(using: &random) {
            parts[Int(random.next(upperBound: UInt64(3)))].add(exchange)
        }
        var merged = LatencySeries()
        for part in [parts[1], parts[2], parts[0]] { merged.merge(part) }
        #expect(Expected(exchanges, length: 20).differs(from: merged) == nil)
    }

    @Test func nothingIsTooOdd() {
        var series = LatencySeries()
        #expect(series.fineIntervals.isEmpty && series.intervals.isEmpty)
        for end in [Int64.max, 0, -5, .min, 7_000_000_000, .max] {
            series.add(Self.exchange(at: Nanoseconds(end), took: 10))
        }
        let counts = series.fineIntervals.flatMap { Self.counts($0.times[0]).values }
        #expect(counts.reduce(0, +) == 6)
        #expect(series.fineIntervals.count <= FineIntervals.limit)
    }

    /// Whatever the lengths of the intervals are that are put in, and in whatever order.
    @Test func noRunHoldsMoreThanItsLimit() {
        var random = SeededRandom(seed: 3)
        var times = LatencySeries.metrics.map { _ in PackedHistogram(layout: .fine) }
        var histogram = Histogram()
        histogram.record(.milliseconds(3))
        times[0] = PackedHistogram(histogram)
        var fine = FineIntervals()
        var tenth: Int64 = 0
        for number in 0..<4_000 {
            let length: Int64 = number < 200 ? 1 : number < 2_000 ? 10 : 20
            tenth = (tenth / length + 1) * length
            let isLate = random.unit() < 0.05
            let start = isLate ? Int64(random.unit() * Double(tenth)) / length * length : tenth
            fine.insert(FineInterval(start: start, length: length, times: times))
            #expect(fine.intervals.count <= FineIntervals.limit)
        }
        #expect(fine.even().reduce(0) { $0 + $1.times[0].sums.count } == 4_000)
        #expect(fine.even().count > FineIntervals.limit / 2)
    }

    @Test func packedHistogramsLoseNothing() {
        var random = SeededRandom(seed: 6)
        for round in 0..<60 {
            let layout: HistogramLayout = round.isMultiple(of: 2) ? .fine : .coarse
            var (one, other) = (Histogram(layout: layout), Histogram(layout: layout))
            for _ in 0..<round {
                let bits = random.next(upperBound: UInt64(47))
                let value = Nanoseconds(Int64(random.next(upperBound: UInt64(1) << bits)))
                for _ in 0...random.next(upperBound: UInt64(80)) { one.record(value) }
                other.record(Nanoseconds(value.count / 2))
            }
            var packed = PackedHistogram(one)
            #expect(packed.histogram == one)
            packed.merge(PackedHistogram(other))
            one.merge(other)
            #expect(packed == PackedHistogram(one) && packed.histogram == one)
            var sum = PackedHistogram(layout: layout)
            sum.merge(packed)
            #expect(sum == packed)
        }
    }
}
