import Glibc
import Networking

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

    /// As `Histogram.value(at:)` has it; ranks must not descend.
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
