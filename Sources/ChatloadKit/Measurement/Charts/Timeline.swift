import Networking

/// What ended in each second of a run, how late requests left in it, and how many users were at
/// work.
///
/// Bounded: when a run outlasts `limit` intervals, neighbours are joined and the interval doubles
/// (1 s, 2 s, 4 s …). The state is a function of the set of exchanges and conversations alone: an
/// interval's bounds follow from the latest end, so neither order nor grouping matters.
struct Timeline: Sendable, Equatable {
    /// One interval's exchanges.
    struct Interval: Sendable, Equatable {
        var failed = 0
        /// Those of the failures that the service rejected.
        var rejected = 0
        /// Response times of the successes, to 1/32.
        var response = Histogram(layout: .coarse)
        /// Of the requests that left in it.
        var lag = LagTally()
        /// When conversations began and ended in it.
        var begins = Moments()
        var ends = Moments()
    }

    /// The most intervals held: half an hour at one second each.
    static let limit = 1_800

    /// The length of an interval in seconds, a power of two.
    var width: Int64 { 1 << doublings }
    private(set) var intervals: [Interval] = []
    private var doublings: Int64 = 0

    /// Counts an exchange that ended at `end`; `response` is nil for a failure.
    mutating func add(end: Nanoseconds, response: Nanoseconds?, isRejected: Bool = false) {
        let index = index(of: end)
        if let response {
            intervals[index].response.record(response)
        } else {
            intervals[index].failed &+= 1
            if isRejected { intervals[index].rejected &+= 1 }
        }
    }

    /// Counts a request that left at `sent`, so much later than it should have.
    mutating func add(lag: Nanoseconds, sent: Nanoseconds) {
        intervals[index(of: sent)].lag.add(lag)
    }

    /// Counts a user's work on a conversation.
    mutating func add(from start: Nanoseconds, to end: Nanoseconds) {
        let end = max(start, end)
        // The later one first: it decides how long an interval is.
        let last = index(of: end)
        intervals[last].ends.add(max(0, end.count) - Int64(last) * span)
        let first = index(of: start)
        intervals[first].begins.add(max(0, start.count) - Int64(first) * span)
    }

    /// Counts everything `other` has counted, on the same time axis.
    mutating func merge(_ other: Timeline) {
        var other = other
        while doublings < other.doublings { joinNeighbours() }
        while other.doublings < doublings { other.joinNeighbours() }
        while intervals.count < other.intervals.count { intervals.append(Interval()) }
        for index in other.intervals.indices {
            intervals[index].merge(other.intervals[index], laterBy: 0)
        }
    }

    /// The length of an interval in nanoseconds.
    var span: Int64 { 1_000_000_000 << doublings }

    private mutating func index(of point: Nanoseconds) -> Int {
        let second = max(0, point.count) / 1_000_000_000
        while second >> doublings >= Int64(Self.limit) { joinNeighbours() }
        let index = Int(second >> doublings)
        while intervals.count <= index { intervals.append(Interval()) }
        return index
    }

    private mutating func joinNeighbours() {
        var joined: [Interval] = []
        joined.reserveCapacity(intervals.count / 2 + 1)
        for (index, interval) in intervals.enumerated() {
            if index.isMultiple(of: 2) {
                joined.append(interval)
            } else {
                joined[index / 2].merge(interval, laterBy: span)
            }
        }
        intervals = joined
        doublings += 1
    }
}

extension Timeline.Interval {
    /// Counts everything of an interval that begins `distance` nanoseconds later.
    fileprivate mutating func merge(_ other: borrowing Self, laterBy distance: Int64) {
        failed &+= other.failed
        rejected &+= other.rejected
        response.merge(other.response)
        lag.merge(other.lag)
        begins.merge(other.begins, laterBy: distance)
        ends.merge(other.ends, laterBy: distance)
    }
}
