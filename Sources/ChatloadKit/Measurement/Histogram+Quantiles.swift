import Glibc
package import Networking

extension Histogram {
    /// The least value recorded, exactly; nil when there is none.
    package var min: Nanoseconds? { count == 0 ? nil : Nanoseconds(Int64(least)) }

    /// The greatest value recorded, exactly; nil when there is none.
    package var max: Nanoseconds? { count == 0 ? nil : Nanoseconds(Int64(greatest)) }

    /// The mean, from the exact sum, rounded to the nearest nanosecond; nil when there is none.
    package var mean: Nanoseconds? {
        if count == 0 { return nil }
        let number = UInt128(count)
        return Nanoseconds(Int64(clamping: (sum + number / 2) / number))
    }

    /// The sum of all values; nothing when there are none.
    package var total: Nanoseconds { Nanoseconds(Int64(clamping: sum)) }

    /// The standard deviation of the recorded values (divisor n), √(n Σv² − (Σv)²) / n, with the
    /// difference taken exactly in 256 bits; nil when there are no values.
    package var standardDeviation: Nanoseconds? {
        if count == 0 { return nil }
        let left = squares.multipliedFullWidth(by: UInt128(count))
        let right = sum.multipliedFullWidth(by: sum)
        let (low, borrow) = left.low.subtractingReportingOverflow(right.low)
        let high = left.high &- right.high &- (borrow ? 1 : 0)
        let difference = Double(high) * 0x1p128 + Double(low)
        return Nanoseconds(seconds: difference.squareRoot() / Double(count) / 1e9)
    }

    /// The value at or below which the given share of all values lies, whatever their number: the
    /// greatest value that shares a slot with the one of rank ⌈share · n⌉, never outside min … max.
    package func value(at percentile: Percentile) -> Nanoseconds? {
        if count == 0 { return nil }
        let rank = percentile.rank(of: count)
        var seen: UInt64 = 0
        for slot in slots.indices {
            seen &+= slots[slot]
            if seen >= rank { return value(ofSlot: slot) }
        }
        return max
    }

    /// The greatest value of a slot, never outside min … max.
    func value(ofSlot slot: Int) -> Nanoseconds {
        let value = layout.values(of: slot).upperBound
        return Nanoseconds(Int64(Swift.min(Swift.max(value, least), greatest)))
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
        return Int((log(0.01) / log(Double(parts) / 100_000)).rounded(.up))
    }
}
