package import Base
import Glibc
import Networking

/// The figures of one histogram, in milliseconds to three decimals (the microsecond).
///
/// A percentile with too few samples behind it is nil, and null in JSON (`Percentile.samplesNeeded`).
package struct Distribution: Codable, Equatable, Sendable {
    package var count = 0
    @Nullable package var mean: Double? = nil
    @Nullable package var stddev: Double? = nil
    @Nullable package var min: Double? = nil
    @Nullable package var p50: Double? = nil
    @Nullable package var p75: Double? = nil
    @Nullable package var p90: Double? = nil
    @Nullable package var p95: Double? = nil
    @Nullable package var p99: Double? = nil
    @Nullable package var p99_9: Double? = nil
    @Nullable package var max: Double? = nil

    /// The figures of nothing.
    package init() {}

    /// The figures of `histogram`.
    package init(_ histogram: Histogram) {
        count = histogram.count
        mean = histogram.mean.map(Self.milliseconds)
        stddev = histogram.standardDeviation.map(Self.milliseconds)
        min = histogram.min.map(Self.milliseconds)
        p50 = histogram.honestValue(at: .p50).map(Self.milliseconds)
        p75 = histogram.honestValue(at: .p75).map(Self.milliseconds)
        p90 = histogram.honestValue(at: .p90).map(Self.milliseconds)
        p95 = histogram.honestValue(at: .p95).map(Self.milliseconds)
        p99 = histogram.honestValue(at: .p99).map(Self.milliseconds)
        p99_9 = histogram.honestValue(at: .p99_9).map(Self.milliseconds)
        max = histogram.max.map(Self.milliseconds)
    }

    /// A span in milliseconds, rounded to the microsecond.
    package static func milliseconds(_ span: Nanoseconds) -> Double {
        Double(span.roundedMicroseconds) / 1_000
    }

    /// The highest percentile up to the 99th that is shown; nil where there is none.
    package var highest: (name: String, value: Nanoseconds)? {
        Statistic.highest { $0.value(in: self) }.map { ($0, Nanoseconds(seconds: $1 / 1_000)) }
    }

    /// The figures with their names, in the order of reports.
    package var statistics: [(name: String, value: Double?)] {
        [
            ("count", Double(count)), ("mean", mean), ("stddev", stddev), ("min", min),
            ("p50", p50), ("p75", p75), ("p90", p90), ("p95", p95), ("p99", p99),
            ("p99_9", p99_9), ("max", max),
        ]
    }
}

/// Latencies of a group of exchanges: the distributions that steps have, in JSON by their names.
package struct Latencies: Codable, Equatable, Sendable {
    private var figures: [DistributionMetric: Distribution] = [:]

    /// Those of nothing.
    package init() { for metric in DistributionMetric.ofSteps { figures[metric] = Distribution() } }

    /// Those of a tally.
    init(_ tally: Tally) {
        for metric in DistributionMetric.ofSteps { figures[metric] = Distribution(tally[metric]) }
    }

    /// The figures of a distribution.
    package subscript(metric: DistributionMetric) -> Distribution {
        get { figures[metric] ?? Distribution() }
        set { figures[metric] = newValue }
    }

    /// Those of which reports tell: what only some runs have is left out of the others.
    package var shown: [DistributionMetric] {
        DistributionMetric.ofSteps.filter { !$0.row.isOptional || self[$0].count > 0 }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: NamedKey.self)
        for metric in shown {
            try container.encode(self[metric], forKey: NamedKey(metric.row.name))
        }
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: NamedKey.self)
        for metric in DistributionMetric.ofSteps {
            let known = try container.decodeIfPresent(
                Distribution.self, forKey: NamedKey(metric.row.name))
            figures[metric] = known ?? Distribution()
        }
    }
}

extension Histogram {
    /// The least value recorded, exactly; nil when there is none.
    package var min: Nanoseconds? { count == 0 ? nil : Nanoseconds(Int64(sums.least)) }

    /// The greatest value recorded, exactly; nil when there is none.
    package var max: Nanoseconds? { count == 0 ? nil : Nanoseconds(Int64(sums.greatest)) }

    /// The mean, from the exact sum, rounded to the nearest nanosecond; nil when there is none.
    package var mean: Nanoseconds? {
        if count == 0 { return nil }
        let number = UInt128(count)
        return Nanoseconds(Int64(clamping: (sums.sum + number / 2) / number))
    }

    /// The sum of all values; nothing when there are none.
    package var total: Nanoseconds { Nanoseconds(Int64(clamping: sums.sum)) }

    /// The standard deviation of the recorded values (divisor n), √(n Σv² − (Σv)²) / n, with the
    /// difference taken exactly in 256 bits; nil when there are no values.
    package var standardDeviation: Nanoseconds? {
        if count == 0 { return nil }
        let left = sums.squares.multipliedFullWidth(by: UInt128(count))
        let right = sums.sum.multipliedFullWidth(by: sums.sum)
        let (low, borrow) = left.low.subtractingReportingOverflow(right.low)
        let high = left.high &- right.high &- (borrow ? 1 : 0)
        let difference = Double(high) * 0x1p128 + Double(low)
        return Nanoseconds(seconds: difference.squareRoot() / Double(count) / 1e9)
    }

    /// The value at or below which the given share of all values lies, whatever their number: the
    /// greatest value that shares a slot with the one of rank ⌈share · n⌉, never outside min … max.
    package func value(at percentile: Percentile) -> Nanoseconds? {
        if count == 0 { return nil }
        var reader = RankReader(self)
        return reader.value(ofRank: percentile.rank(of: count))
    }

    /// The greatest value of a slot, never outside min … max.
    func value(ofSlot slot: Int) -> Nanoseconds {
        let value = layout.values(of: slot).upperBound
        return Nanoseconds(Int64(Swift.min(Swift.max(value, sums.least), sums.greatest)))
    }

    /// `value(at:)`, or nil where so few values say nothing about that percentile.
    package func honestValue(at percentile: Percentile) -> Nanoseconds? {
        count < percentile.samplesNeeded ? nil : value(at: percentile)
    }

    /// How many values lie in each interval between neighbouring `edges`, which ascend: the first
    /// count is of those below the first edge, the last of those at or above the last. A slot
    /// counts where its lowest value lies.
    func counts(between edges: [UInt64]) -> [Int] {
        var counts = [Int](repeating: 0, count: edges.count + 1)
        var interval = 0
        for slot in slots.indices where slots[slot] > 0 {
            let value = layout.values(of: slot).lowerBound
            while interval < edges.count, value >= edges[interval] { interval += 1 }
            counts[interval] += Int(clamping: slots[slot])
        }
        return counts
    }
}

/// A share of all values, in hundred-thousandths, so that ranks are exact.
package struct Percentile: Hashable, Sendable {
    /// 99,000 is the 99th percentile.
    package let parts: Int

    /// The percentile of `parts` hundred-thousandths, at least 1 and at most 100,000.
    package init(parts: Int) { self.parts = Swift.min(Swift.max(parts, 1), 100_000) }

    /// As a share of 1.
    var share: Double { Double(parts) / 100_000 }

    package static let p50 = Percentile(parts: 50_000)
    package static let p75 = Percentile(parts: 75_000)
    package static let p90 = Percentile(parts: 90_000)
    package static let p95 = Percentile(parts: 95_000)
    package static let p99 = Percentile(parts: 99_000)
    package static let p99_9 = Percentile(parts: 99_900)

    /// The place, from 1, of this percentile's value among `count` sorted values.
    func rank(of count: Int) -> UInt64 {
        let scaled = UInt128(count) * UInt128(parts)
        return UInt64(clamping: Swift.max(1, (scaled + 99_999) / 100_000))
    }

    /// The least number of samples n with 1 − pⁿ ≥ 0.99, that is ⌈ln 0.01 / ln p⌉: with fewer, even
    /// the greatest sample is not an upper bound of the percentile at 99 % confidence, and the
    /// figure would be made up. p50 7, p75 17, p90 44, p95 90, p99 459, p99.9 4,603.
    package var samplesNeeded: Int {
        if parts >= 100_000 { return 1 }
        return Int((log(0.01) / log(share)).rounded(.up))
    }
}

/// One point of a latency's percentiles.
package struct PercentilePoint: Codable, Equatable, Sendable {
    /// The share of the values that are no greater, from 0 to below 1.
    package var share: Double
    /// In milliseconds.
    package var value: Double

    enum CodingKeys: String, CodingKey {
        case share
        case value = "value_ms"
    }
}

extension Histogram {
    /// Values at the shares 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.55 …: five in every halving of the rest,
    /// as HdrHistogram's percentile plots have them, as far as the samples say anything about them
    /// (see `Percentile.samplesNeeded`).
    var curve: [PercentilePoint] {
        var points: [PercentilePoint] = []
        var reader = RankReader(self)
        for halving in 0..<40 {
            for tick in 0..<5 {
                // The share above is (10 − tick) / (10 · 2^halving).
                let parts = UInt128(10 - tick)
                let whole = UInt128(10) << UInt128(halving)
                let above = Double(parts) / Double(whole)
                let needed = above >= 1 ? 1 : (log(0.01) / log1p(-above)).rounded(.up)
                if Double(count) < needed { return points }
                let rank = UInt128(count) - UInt128(count) * parts / whole
                let value = reader.value(ofRank: Swift.max(1, UInt64(clamping: rank)))
                let point = PercentilePoint(
                    share: 1 - above, value: Distribution.milliseconds(value))
                points.append(point)
            }
        }
        return points
    }
}

/// Finds values by ascending ranks in one pass over the slots.
private struct RankReader {
    private let histogram: Histogram
    private var slot = 0
    private var seen: UInt64 = 0

    init(_ histogram: Histogram) { self.histogram = histogram }

    /// The greatest value of the slot in which the value of this rank, counted from 1, lies. Ranks
    /// must not descend.
    mutating func value(ofRank rank: UInt64) -> Nanoseconds {
        while slot < histogram.slots.count {
            let reached = seen &+ histogram.slots[slot]
            if reached >= rank { return histogram.value(ofSlot: slot) }
            seen = reached
            slot += 1
        }
        return histogram.max ?? .zero
    }
}

/// How many successes had a response time from `from` on and below `to`, in milliseconds.
package struct HistogramBin: Codable, Equatable, Sendable {
    package var from: Double
    package var to: Double
    package var count: Int

    enum CodingKeys: String, CodingKey {
        case from = "from_ms"
        case to = "to_ms"
        case count
    }
}

extension HistogramBin {
    /// Twenty bins a decade, without the empty ends.
    static func bins(of histogram: Histogram) -> [HistogramBin] {
        let counts = histogram.counts(between: PreferredNumbers.twentieths)
        guard let first = counts.firstIndex(where: { $0 > 0 }),
            let last = counts.lastIndex(where: { $0 > 0 })
        else { return [] }
        let bounds = bounds(PreferredNumbers.twentieths)
        return (first...last).map { index in
            HistogramBin(from: bounds[index], to: bounds[index + 1], count: counts[index])
        }
    }

    /// The same counts in bins of 1, 2, 5, 10 …
    static func coarse(_ bins: [HistogramBin]) -> [HistogramBin] {
        let bounds = bounds(PreferredNumbers.thirds)
        var joined: [HistogramBin] = []
        var place = 0
        for bin in bins {
            while place + 2 < bounds.count, bounds[place + 1] <= bin.from { place += 1 }
            if joined.last?.from == bounds[place] {
                joined[joined.count - 1].count += bin.count
            } else {
                joined.append(
                    HistogramBin(from: bounds[place], to: bounds[place + 1], count: bin.count))
            }
        }
        return joined
    }

    /// In milliseconds, with 0 before them and the greatest value of all after them.
    static func bounds(_ edges: [UInt64]) -> [Double] {
        ([0] + edges + [HistogramLayout.highest]).map { Double($0) / 1e6 }
    }
}

/// Bounds that are evenly spaced on a logarithmic scale and yet round numbers: Renard's series of
/// preferred numbers (ISO 3), in nanoseconds from a microsecond to beyond `Histogram.highest`. Each
/// series holds all of the coarser ones.
enum PreferredNumbers {
    /// Three a decade: 1, 2, 5.
    static let thirds = edges([100, 200, 500])

    /// Ten a decade, R10.
    static let tenths = edges([100, 125, 160, 200, 250, 315, 400, 500, 630, 800])

    /// Twenty a decade, R20.
    static let twentieths = edges([
        100, 112, 125, 140, 160, 180, 200, 224, 250, 280, 315, 355, 400, 450, 500, 560, 630, 710,
        800, 900,
    ])

    private static func edges(_ hundredths: [UInt64]) -> [UInt64] {
        var edges: [UInt64] = []
        var unit: UInt64 = 10
        while unit * 100 <= HistogramLayout.highest {
            edges += hundredths.map { $0 * unit }
            unit *= 10
        }
        return edges
    }
}
