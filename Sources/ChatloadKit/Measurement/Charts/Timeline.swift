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
    /// Those from the first in which anything was counted to the last.
    private(set) var held: [Interval] = []
    /// The number of the first of them.
    private(set) var first = 0
    private(set) var doublings = 0

    /// Nothing.
    init() {}

    /// What was counted in `intervals`, the first of which has the number `first`.
    init(_ intervals: [Interval], from first: Int, doublings: Int) {
        held = intervals
        self.first = first
        self.doublings = doublings
    }

    /// All intervals from the run's start.
    var intervals: [Interval] {
        held.isEmpty ? [] : [Interval](repeating: Interval(), count: first) + held
    }

    /// Counts an exchange that ended at `end`; `response` is nil for a failure.
    mutating func add(end: Nanoseconds, response: Nanoseconds?, isRejected: Bool = false) {
        let place = place(of: end)
        if let response {
            held[place].response.record(response)
        } else {
            held[place].failed &+= 1
            if isRejected { held[place].rejected &+= 1 }
        }
    }

    /// Counts a request that left at `sent`, so much later than it should have.
    mutating func add(lag: Nanoseconds, sent: Nanoseconds) {
        held[place(of: sent)].lag.add(lag)
    }

    /// Counts a user's work on a conversation.
    mutating func add(from start: Nanoseconds, to end: Nanoseconds) {
        let end = max(start, end)
        // The later one first: it decides how long an interval is.
        let last = place(of: end)
        held[last].ends.add(max(0, end.count) - Int64(first + last) * span)
        let begin = place(of: start)
        held[begin].begins.add(max(0, start.count) - Int64(first + begin) * span)
    }

    /// Hands over everything it has counted, and goes on with nothing.
    mutating func take() -> Timeline {
        defer { self = Timeline([], from: 0, doublings: doublings) }
        return self
    }

    /// Counts everything `other` has counted, on the same time axis.
    mutating func merge(_ other: Timeline) {
        var other = other
        while doublings < other.doublings { joinNeighbours() }
        while other.doublings < doublings { other.joinNeighbours() }
        if other.held.isEmpty { return }
        makeRoom(for: other.first)
        makeRoom(for: other.first + other.held.count - 1)
        for index in other.held.indices {
            held[other.first - first + index].merge(other.held[index], laterBy: 0)
        }
    }

    /// The length of an interval in nanoseconds.
    var span: Int64 { 1_000_000_000 << doublings }

    /// The place in `held` of the interval that a point in time belongs to.
    private mutating func place(of point: Nanoseconds) -> Int {
        let second = max(0, point.count) / 1_000_000_000
        while second >> doublings >= Int64(Self.limit) { joinNeighbours() }
        let index = Int(second >> doublings)
        if index < first || index - first >= held.count { makeRoom(for: index) }
        return index - first
    }

    @inline(never)
    private mutating func makeRoom(for index: Int) {
        if held.isEmpty { first = index }
        if index < first {
            held.insert(contentsOf: repeatElement(Interval(), count: first - index), at: 0)
            first = index
        }
        while held.count <= index - first { held.append(Interval()) }
    }

    private mutating func joinNeighbours() {
        if !first.isMultiple(of: 2), !held.isEmpty { makeRoom(for: first - 1) }
        var joined: [Interval] = []
        joined.reserveCapacity(held.count / 2 + 1)
        for (index, interval) in held.enumerated() {
            if index.isMultiple(of: 2) {
                joined.append(interval)
            } else {
                joined[index / 2].merge(interval, laterBy: span)
            }
        }
        held = joined
        first /= 2
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
