import Base
import Networking

/// Interval of a `LatencySeries`: what ended in it, how late requests left in it, and when
/// conversations began and ended. Integer sums, minima and maxima only.
struct LatencyInterval: Sendable, Equatable {
    var failed = 0
    /// Those of the failures that the service rejected.
    var rejected = 0
    /// Turns that succeeded.
    var turns = 0
    /// Exchanges of the warm-up, which nothing else counts.
    var warmup = 0
    /// Response times of the successes, to 1/32.
    var response = PackedHistogram(layout: .coarse)
    /// Of the requests that left in it.
    var lag = ScheduleLagSum()
    /// When conversations began and ended in it.
    var begins = Moments()
    var ends = Moments()

    /// Counts everything of an interval that begins `distance` nanoseconds later.
    mutating func merge(_ other: borrowing Self, laterBy distance: Int64) {
        failed &+= other.failed
        rejected &+= other.rejected
        turns &+= other.turns
        warmup &+= other.warmup
        response.merge(other.response)
        lag.merge(other.lag)
        begins.merge(other.begins, laterBy: distance)
        ends.merge(other.ends, laterBy: distance)
    }

    /// Intervals of `span` nanoseconds, each `factor` of them joined.
    static func joined(_ intervals: [Self], by factor: Int, span: Int64) -> [Self] {
        if factor == 1 { return intervals }
        var joined: [Self] = []
        joined.reserveCapacity(intervals.count / factor + 1)
        for (index, interval) in intervals.enumerated() {
            let place = index % factor
            if place == 0 {
                joined.append(interval)
            } else {
                joined[index / factor].merge(interval, laterBy: Int64(place) * span)
            }
        }
        return joined
    }
}

/// Schedule lag of several requests, how much later than they should have they left: number, sum
/// and greatest.
struct ScheduleLagSum: Sendable, Equatable {
    private(set) var count = 0
    private(set) var greatest = Nanoseconds.zero
    private(set) var sum: Int128 = 0

    /// The mean, rounded to the nearest nanosecond; nil when there is none.
    var mean: Nanoseconds? {
        if count == 0 { return nil }
        return Nanoseconds(Int64(clamping: (sum + Int128(count / 2)) / Int128(count)))
    }

    /// Counts one; a request that left early was not late.
    mutating func add(_ lag: Nanoseconds) {
        let lag = max(lag, .zero)
        count &+= 1
        sum &+= Int128(lag.count)
        if lag > greatest { greatest = lag }
    }

    mutating func merge(_ other: ScheduleLagSum) {
        count &+= other.count
        sum &+= other.sum
        greatest = max(greatest, other.greatest)
    }
}

/// Points in time within an interval: how many, and how far behind its begin all together. What lay
/// between two kinds of them follows, however many there were.
struct Moments: Sendable, Equatable {
    private(set) var count = 0
    private(set) var offsets: Int128 = 0

    /// Counts one, `offset` nanoseconds behind the interval's begin.
    mutating func add(_ offset: Int64) {
        count &+= 1
        offsets &+= Int128(offset)
    }

    /// Counts those of an interval that begins `distance` nanoseconds later.
    mutating func merge(_ other: Moments, laterBy distance: Int64) {
        count &+= other.count
        offsets &+= other.offsets &+ Int128(other.count) &* Int128(distance)
    }

    /// The time from each of them to the end of an interval of `span` nanoseconds, added up.
    func rest(of span: Int64) -> Int128 { Int128(count) &* Int128(span) &- offsets }
}
