import Base
import Networking

/// Slices of a run's time, at most 64 of equal length: what ended in each of them.
///
/// They are joined from the intervals that a run keeps over time in any case: of a tenth of a second in
/// its first six seconds, of half a second up to twenty and of whole ones later. So they cost nothing
/// while it lasts.
struct RunSlices: Sendable {
    static let limit = 64

    /// What was counted in each.
    let counts: [LatencyInterval]
    /// How much of the load's time each covers, in seconds, and of the time in which the load was what
    /// was asked for.
    let seconds: [Double]
    let steadySeconds: [Double]
    /// Latencies, with the slice that they belong to.
    private let times: [(slice: Int, times: [PackedHistogram])]
    /// A slice's length in nanoseconds.
    let span: Int64

    /// Those of a series, whose load lay in these stretches of time.
    init(_ series: LatencySeries, load: [Range<Int64>], steady: [Range<Int64>]) {
        let tenth: Int64 = 100_000_000
        let intervals = series.intervals
        let fine = series.sliceIntervals
        // Those to three digits may be longer, never shorter.
        let length = fine.map { Self.times(tenth, Int($0.length)) }.max() ?? series.span
        var factor = Int(max(length, series.span) / series.span)
        while intervals.count > Self.limit * factor { factor *= 2 }
        let span = Self.times(series.span, factor)
        counts = LatencyInterval.joined(intervals, by: factor, span: series.span)
        times = fine.map { (Int($0.start / max(1, span / tenth)), $0.times) }
        seconds = Self.covered(load, count: counts.count, span)
        steadySeconds = Self.covered(steady, count: counts.count, span)
        self.span = span
    }

    /// So many times a span; times of a damaged log may be anything.
    private static func times(_ span: Int64, _ number: Int) -> Int64 {
        let (product, overflow) = span.multipliedReportingOverflow(by: Int64(number))
        return overflow ? .max : product
    }

    private static func covered(
        _ stretches: [Range<Int64>], count: Int, _ span: Int64
    ) -> [Double] {
        (0..<count).map { slice in
            let own = times(span, slice)..<times(span, slice + 1)
            return stretches.reduce(0) { sum, stretch in
                let shared = stretch.clamped(to: own)
                return sum + Double(shared.count) / 1e9
            }
        }
    }

    /// A latency over time of some slices together.
    func histogram(_ metric: Int, in slices: [Int]) -> Histogram {
        var joined: PackedHistogram?
        for (slice, all) in times where slices.contains(slice) {
            if joined == nil { joined = all[metric] } else { joined?.merge(all[metric]) }
        }
        return joined?.histogram ?? Histogram()
    }

    /// What each slice has of a latency that is kept over time.
    struct Times {
        /// How many values, and their sum in milliseconds.
        var counts: [Double]
        var sums: [Double]
        /// How many values lie in the slots up to each that was asked for.
        var through: [[Double]]
    }

    /// What each slice has of the latency with this number among those over time; `slots` ascend.
    func times(_ metric: Int, through slots: [Int]) -> Times {
        let none = [Double](repeating: 0, count: counts.count)
        var found = Times(
            counts: none, sums: none, through: Array(repeating: none, count: slots.count))
        for (slice, all) in times where slice < counts.count {
            let packed = all[metric]
            if packed.sums.count == 0 { continue }
            found.counts[slice] += Double(packed.sums.count)
            found.sums[slice] += Double(packed.sums.sum) / 1e6
            var (seen, place): (UInt64, Int) = (0, 0)
            for (slot, count) in packed.entries {
                while place < slots.count, slot > slots[place] {
                    found.through[place][slice] += Double(seen)
                    place += 1
                }
                seen &+= count
            }
            for rest in place..<slots.count { found.through[rest][slice] += Double(seen) }
        }
        return found
    }
}
