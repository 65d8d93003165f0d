import Base
import Networking

/// What ended in each interval of a run, how late requests left in it, and how many users were at
/// work.
///
/// Bounded: an interval lasts a tenth of a second in the first twenty seconds, then a second; when
/// a run outlasts `limit` of these, neighbours are joined and the interval doubles (2 s, 4 s …).
/// The state is a function of the set of exchanges and conversations alone: an interval's bounds
/// follow from the latest end, so neither order nor grouping matters.
struct Timeline: Sendable, Equatable {
    /// One interval's exchanges.
    struct Interval: Sendable, Equatable {
        var failed = 0
        /// Those of the failures that the service rejected.
        var rejected = 0
        /// Turns that succeeded.
        var turns = 0
        /// Exchanges of the warm-up, which nothing else counts.
        var warmup = 0
        /// Response times of the successes, to 1/32.
        var response = Histogram(layout: .coarse)
        /// Of the requests that left in it.
        var lag = ScheduleLagSeries()
        /// When conversations began and ended in it.
        var begins = Moments()
        var ends = Moments()
    }

    /// The most intervals held: half an hour at one second each.
    static let limit = 1_800
    /// The most of those of a tenth of a second.
    static let tenthsLimit = 200

    /// Those from the first in which anything was counted to the last.
    private(set) var held: [Interval] = []
    /// The number of the first of them.
    private(set) var first = 0
    /// How long an interval is: 0 for a tenth of a second, then 1 s, 2 s, 4 s …
    private(set) var level = 0
    /// When the latest thing happened that was counted.
    private(set) var last = Nanoseconds.zero

    /// Nothing.
    init() {}

    /// What was counted in `intervals`, the first of which has the number `first`.
    init(_ intervals: [Interval], from first: Int, level: Int, last: Nanoseconds) {
        held = intervals
        self.first = first
        self.level = level
        self.last = last
    }

    /// All intervals from the run's start.
    var intervals: [Interval] {
        held.isEmpty ? [] : [Interval](repeating: Interval(), count: first) + held
    }

    /// Counts an exchange that ended at `end`; `response` is nil for a failure.
    mutating func add(
        end: Nanoseconds, response: Nanoseconds?, isRejected: Bool = false, isTurn: Bool = false
    ) {
        let place = place(of: end)
        if let response {
            held[place].response.record(response)
            if isTurn { held[place].turns &+= 1 }
        } else {
            held[place].failed &+= 1
            if isRejected { held[place].rejected &+= 1 }
        }
    }

    /// Counts an exchange of the warm-up.
    mutating func addWarmup(end: Nanoseconds) { held[place(of: end)].warmup &+= 1 }

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
        defer { self = Timeline([], from: 0, level: level, last: last) }
        return self
    }

    /// Counts everything `other` has counted, on the same time axis.
    mutating func merge(_ other: Timeline) {
        var other = other
        while level < other.level { joinNeighbours() }
        while other.level < level { other.joinNeighbours() }
        last = max(last, other.last)
        if other.held.isEmpty { return }
        makeRoom(for: other.first)
        makeRoom(for: other.first + other.held.count - 1)
        for index in other.held.indices {
            held[other.first - first + index].merge(other.held[index], laterBy: 0)
        }
    }

    /// The length of an interval in nanoseconds.
    var span: Int64 { level == 0 ? 100_000_000 : 1_000_000_000 << Int64(level - 1) }

    /// Reaches to a time at least, whether anything happened until then or not.
    mutating func reach(to end: Nanoseconds) { _ = place(of: end - Nanoseconds(1)) }

    /// The place in `held` of the interval that a point in time belongs to.
    private mutating func place(of point: Nanoseconds) -> Int {
        if point > last { last = point }
        let time = max(0, point.count)
        var index = Int(time / span)
        while index >= (level == 0 ? Self.tenthsLimit : Self.limit) {
            joinNeighbours()
            index = Int(time / span)
        }
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
        let factor = level == 0 ? 10 : 2
        if !held.isEmpty, !first.isMultiple(of: factor) { makeRoom(for: first / factor * factor) }
        held = Self.joined(held, by: factor, span: span)
        first /= factor
        level += 1
    }

    /// Intervals of `span` nanoseconds, each `factor` of them joined.
    static func joined(_ intervals: [Interval], by factor: Int, span: Int64) -> [Interval] {
        if factor == 1 { return intervals }
        var joined: [Interval] = []
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

extension Timeline.Interval {
    /// Counts everything of an interval that begins `distance` nanoseconds later.
    mutating func merge(_ other: borrowing Self, laterBy distance: Int64) {
        failed &+= other.failed
        turns &+= other.turns
        warmup &+= other.warmup
        rejected &+= other.rejected
        response.merge(other.response)
        lag.merge(other.lag)
        begins.merge(other.begins, laterBy: distance)
        ends.merge(other.ends, laterBy: distance)
    }
}

/// The intervals of a timeline as reports show them.
struct ShownIntervals: Sendable {
    /// In order, from the run's start.
    let intervals: [Timeline.Interval]
    /// The length of all but the last, in nanoseconds.
    let span: Int64
    /// The length of the last, in nanoseconds: at least half of the others' unless it is the only
    /// one, so that a run's last moment is neither drawn as a collapse nor as a peak.
    let lastSpan: Int64

    /// Those of a run whose load ended at `loadEnd`.
    init(_ timeline: Timeline, to loadEnd: Nanoseconds) {
        var timeline = timeline
        if loadEnd > .zero { timeline.reach(to: loadEnd) }
        let end = timeline.last.count
        var factor = 1
        // Some fifty of them at most in a short run.
        if timeline.level == 0 { factor = end <= 5_000_000_000 ? 1 : end <= 10_000_000_000 ? 2 : 5 }
        let span = timeline.span * Int64(factor)
        var intervals = Timeline.joined(timeline.intervals, by: factor, span: timeline.span)
        var lastSpan = max(0, end - span * Int64(max(0, intervals.count - 1)))
        if lastSpan * 2 < span, intervals.count > 1 {
            let last = intervals.removeLast()
            intervals[intervals.count - 1].merge(last, laterBy: span)
            lastSpan += span
        }
        (self.intervals, self.span, self.lastSpan) = (intervals, span, lastSpan)
    }

    /// Their figures; `phase` tells the phase of the time between two points.
    func points(
        phase: (_ start: Nanoseconds, _ end: Nanoseconds, _ interval: Timeline.Interval) -> RunPhase
    ) -> [TimelinePoint] {
        zip(intervals, meanUsers).enumerated().map { index, pair in
            let (interval, users) = pair
            let figures = Distribution(interval.response)
            let start = Nanoseconds(Int64(index) * span)
            let length = Nanoseconds(self.length(of: index))
            var point = TimelinePoint(
                start: start.roundedSeconds, seconds: length.roundedSeconds,
                phase: phase(start, start + length, interval))
            point.exchanges = figures.count + interval.failed
            point.failed = interval.failed
            point.rejected = interval.rejected
            (point.turns, point.warmup) = (interval.turns, interval.warmup)
            point.users = users
            (point.mean, point.p50) = (figures.mean, figures.p50)
            (point.p99, point.max) = (figures.p99, figures.max)
            point.lagMean = interval.lag.mean.map(Distribution.milliseconds)
            if interval.lag.count > 0 {
                point.lagMax = Distribution.milliseconds(interval.lag.greatest)
            }
            return point
        }
    }

    private func length(of index: Int) -> Int64 { index == intervals.count - 1 ? lastSpan : span }

    /// How many users were in a conversation, on average over each interval: the time they spent in
    /// it by its length. Those who were at work before stay for all of it but for what remains after
    /// their end; those who begin are there from then on.
    private var meanUsers: [Double] {
        var atWork = 0
        return intervals.enumerated().map { index, interval in
            let length = self.length(of: index)
            let time =
                Int128(atWork) * Int128(length) + interval.begins.rest(of: length)
                - interval.ends.rest(of: length)
            atWork += interval.begins.count - interval.ends.count
            return length > 0 ? (Double(time) / Double(length) * 1_000).rounded() / 1_000 : 0
        }
    }

    /// The response times of the successes by when they ended, in at most `HeatMapFigures.columns`
    /// columns.
    var heatMap: HeatMapFigures {
        var joined = 1
        while intervals.count > joined * HeatMapFigures.columns { joined *= 2 }
        let rows = PreferredNumbers.tenths.count + 1
        var columns: [[Int]] = []
        for (index, interval) in intervals.enumerated() {
            if index.isMultiple(of: joined) { columns.append([Int](repeating: 0, count: rows)) }
            let counts = interval.response.counts(between: PreferredNumbers.tenths)
            for row in counts.indices { columns[index / joined][row] += counts[row] }
        }
        return HeatMapFigures(
            seconds: Nanoseconds(Int64(joined) * span).roundedSeconds, columns: columns)
    }
}

extension LoadPhases {
    /// The phase that most of the time between two points is in, the earlier of two that have as
    /// much of it; what comes after `loadEnd` is the drain.
    func phase(from start: Nanoseconds, to end: Nanoseconds, loadEnd: Nanoseconds) -> RunPhase {
        var found = RunPhase.drain
        var longest: Int64 = 0
        for phase in [RunPhase.warmup, .ramp, .main] {
            let parts = stretches(in: [phase], from: start, to: min(end, loadEnd))
            let length = parts.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
            if length > longest { (found, longest) = (phase, length) }
        }
        return end - max(start, min(end, loadEnd)) > Nanoseconds(longest) ? .drain : found
    }

    /// The load of a run that did not write down what it means to do.
    static let unknown = {
        var phases = LoadPhases()
        phases.append(.main, until: .never)
        return phases
    }()
}
