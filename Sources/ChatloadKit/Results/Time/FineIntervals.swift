import Base
import Networking

/// What ended in a stretch of time, its latencies to three digits.
struct FineInterval: Sendable, Equatable {
    /// In tenths of a second since the run's start; a multiple of the length.
    var start: Int64
    /// In tenths of a second.
    var length: Int64
    /// In the order of `LatencySeries.metrics`.
    var times: [PackedHistogram]

    mutating func merge(_ other: borrowing FineInterval) {
        for index in times.indices { times[index].merge(other.times[index]) }
    }
}

/// Latencies to three digits over time, in a few kilobytes an interval: what `latency.hlog` holds.
///
/// Intervals last a second in the end, and twice as long each time there would be more than `limit`
/// of them. Until then they are as they were put in; with each that is put in where there are too
/// many, one pair of shorter neighbours is joined. So a long run neither takes more memory nor ever
/// stands still for it.
struct FineIntervals: Sendable {
    /// The most intervals that are read out.
    static let limit = 512
    /// The shortest of them, in tenths of a second.
    private static let shortest: Int64 = 10

    /// By their starts.
    private(set) var intervals: [FineInterval] = []
    /// How far they have been joined to `joinedLength`.
    private var joined = 0
    private var joinedLength = shortest

    /// Puts an interval where it belongs.
    mutating func insert(_ interval: FineInterval) {
        var place = intervals.count
        while place > 0, intervals[place - 1].start > interval.start { place -= 1 }
        if place > 0, intervals[place - 1].start + intervals[place - 1].length > interval.start {
            return intervals[place - 1].merge(interval)
        }
        intervals.insert(interval, at: place)
        if place <= joined { joined = 0 }
        if intervals.count > Self.limit { joinOnePair() }
    }

    /// Counts everything `other` has counted.
    mutating func merge(_ other: FineIntervals) {
        if other.intervals.isEmpty { return }
        intervals += other.intervals
        intervals = even
        (joined, joinedLength) = (0, Self.shortest)
    }

    /// Intervals of one length, ascending, without empty ones. How long follows from the latest end
    /// alone, unless they have been longer from the start.
    var even: [FineInterval] {
        let latest = intervals.map { $0.start + $0.length - 1 }.max() ?? 0
        var length = intervals.map(\.length).max() ?? 0
        length = max(length, Self.shortest)
        while latest / length >= Int64(Self.limit) { length *= 2 }
        var even: [FineInterval] = []
        for interval in intervals.sorted(by: { $0.start < $1.start }) {
            let start = interval.start / length * length
            if even.last?.start == start {
                even[even.count - 1].merge(interval)
            } else {
                even.append(FineInterval(start: start, length: length, times: interval.times))
            }
        }
        return even
    }

    private mutating func joinOnePair() {
        while intervals.count > 1 {
            if joined + 1 >= intervals.count {
                (joined, joinedLength) = (0, joinedLength * 2)
            }
            let start = intervals[joined].start / joinedLength
            if intervals[joined + 1].start / joinedLength == start {
                let second = intervals.remove(at: joined + 1)
                intervals[joined].merge(second)
                intervals[joined].start = start * joinedLength
                intervals[joined].length = joinedLength
                return
            }
            joined += 1
        }
    }
}

/// Latencies of the successes to three digits, of the whole run and interval by interval: what the
/// files of HdrHistogram are made of.
package struct LatencyLog: Sendable {
    /// Of the whole run.
    var tally = Tally(.step)
    /// Ascending, all of one length in whole seconds, without empty ones.
    var intervals: [FineInterval] = []

    /// Of nothing.
    package init() {}
}

extension Aggregator {
    /// The latencies of everything counted so far.
    package var latencyLog: LatencyLog {
        var log = LatencyLog()
        (log.tally, log.intervals) = (merged.all, series.fineIntervals)
        return log
    }
}
