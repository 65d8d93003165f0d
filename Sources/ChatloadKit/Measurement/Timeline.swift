import Networking

/// What ended in each second of a run.
///
/// Bounded: when a run outlasts `limit` intervals, neighbours are joined and the interval doubles
/// (1 s, 2 s, 4 s …). The state is a function of the set of exchanges alone: an interval's bounds
/// follow from the latest end, so neither order nor grouping matters.
struct Timeline: Sendable, Equatable {
    /// One interval's exchanges.
    struct Interval: Sendable, Equatable {
        var failed = 0
        /// Response times of the successes, to 1/32.
        var response = Histogram(layout: .coarse)

        mutating func merge(_ other: borrowing Interval) {
            failed &+= other.failed
            response.merge(other.response)
        }
    }

    /// The most intervals held: half an hour at one second each.
    static let limit = 1_800

    /// The length of an interval in seconds, a power of two.
    private(set) var width: Int64 = 1
    private(set) var intervals: [Interval] = []

    /// Counts an exchange that ended at `end`; `response` is nil for a failure.
    mutating func add(end: Nanoseconds, response: Nanoseconds?) {
        let index = index(of: end)
        if let response {
            intervals[index].response.record(response)
        } else {
            intervals[index].failed &+= 1
        }
    }

    /// Counts everything `other` has counted, on the same time axis.
    mutating func merge(_ other: Timeline) {
        var other = other
        while width < other.width { joinNeighbours() }
        while other.width < width { other.joinNeighbours() }
        while intervals.count < other.intervals.count { intervals.append(Interval()) }
        for index in other.intervals.indices { intervals[index].merge(other.intervals[index]) }
    }

    private mutating func index(of end: Nanoseconds) -> Int {
        let second = max(0, end.count) / 1_000_000_000
        while second / width >= Int64(Self.limit) { joinNeighbours() }
        let index = Int(second / width)
        while intervals.count <= index { intervals.append(Interval()) }
        return index
    }

    private mutating func joinNeighbours() {
        width *= 2
        var joined: [Interval] = []
        joined.reserveCapacity(intervals.count / 2 + 1)
        for (index, interval) in intervals.enumerated() {
            if index.isMultiple(of: 2) {
                joined.append(interval)
            } else {
                joined[index / 2].merge(interval)
            }
        }
        intervals = joined
    }
}
