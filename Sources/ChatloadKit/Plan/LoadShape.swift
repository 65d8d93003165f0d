package import Base
import Networking

/// How many users or how many starts, and when to stop: whichever limit comes first.
package struct LoadShape: Sendable, Equatable {
    /// Simulated users at once: as many as there are in the closed model, at most in the open one.
    package var users: Int
    /// When conversations start in the open model; nil in the closed one, where each user starts
    /// its next conversation when its last has ended.
    package var arrivals: Arrivals?
    /// The users wanted (closed) or the starts a second (open) over the run; nil when they do not
    /// change. Its peak is `users`, or the rate of `arrivals`.
    package var curve: LoadCurve?
    package var conversations: Int?
    package var exchanges: Int?
    package var duration: Nanoseconds?
    /// What is under way when the run ends may finish within this time.
    package var grace = Nanoseconds.seconds(30)
    /// Think time before every turn instead of what the scripts say.
    package var thinkOverride: ThinkTime?
    /// The part at the beginning that is logged and left out of every figure; nil for none.
    package var warmup: Warmup?
    /// In the closed model each user begins up to this much later, drawn evenly.
    package var startJitter = Nanoseconds.zero
    /// Whether the users of the closed model begin one after another where no curve says when.
    package var startsGently = false

    /// What is wanted over the run, changing or not: users, or starts a second.
    package var level: LoadCurve {
        curve ?? LoadCurve(constant: arrivals?.rate ?? Double(users))
    }

    /// So few users begin at once in any case: that is no burst.
    private static let handful = 20

    /// The time over which the users of the closed model begin, evenly, because nothing else was
    /// asked for: a thousand a second, and a tenth of the duration at most; nothing where they begin
    /// at once or along a curve. What is due meanwhile is a ramp.
    package var startSpan: Nanoseconds {
        guard startsGently, arrivals == nil, curve == nil, users > Self.handful else {
            return .zero
        }
        let span = Nanoseconds(seconds: Double(users) / 1_000)
        return duration.map { min(span, Nanoseconds($0.count / 10)) } ?? span
    }

    /// How long a warm-up may last that ends when figures have stopped drifting.
    var longestWarmup: Nanoseconds {
        duration.map { Nanoseconds($0.count / 2) } ?? LoadSettings.longestWarmup
    }

    /// When user `number` of the closed model, from 1, is wanted first; nil for never. User k is
    /// wanted where the curve, rounded, is k or more.
    func firstStart(ofUser number: Int) -> Nanoseconds? {
        let span = startSpan
        if span == .zero { return level.firstTime(atLeast: Double(number) - 0.5, from: .zero) }
        return Nanoseconds(seconds: span.seconds * Double(number - 1) / Double(users))
    }

    /// The same shape at another level: so many users, or starts a second in the open model, at the
    /// peak of its curve.
    package func atPeak(_ level: Int) -> LoadShape {
        var shape = self
        if let curve, curve.peak > 0 { shape.curve = curve.scaled(by: Double(level) / curve.peak) }
        if arrivals == nil {
            shape.users = level
        } else {
            shape.arrivals?.rate = Double(level)
        }
        return shape
    }
}

/// How long a run warms up.
package enum Warmup: Sendable, Equatable {
    /// What is due within this time from the run's start.
    case time(Nanoseconds)
    /// The run's first conversations.
    case conversations(Int)
    /// Until figures have stopped drifting, and half of the run's duration at most.
    case automatic
}

/// The starts of the open model.
package struct Arrivals: Sendable, Equatable {
    /// Starts a second, over all workers; with a curve its peak.
    package var rate: Double
    package var process = ArrivalProcess.constant
}

/// How starts follow each other.
package enum ArrivalProcess: Sendable, Equatable {
    /// At equal gaps.
    case constant
    /// Independently of each other.
    case poisson
    /// At gamma-distributed gaps whose shape is the burstiness, as in vLLM: 1 is Poisson, less is
    /// burstier, more is more even. The gaps' coefficient of variation is 1/√burstiness.
    case gamma(burstiness: Double)

    /// The expected coefficient of variation of the gaps.
    package var variation: Double {
        switch self {
        case .constant: 0
        case .poisson: 1
        case .gamma(let burstiness): 1 / burstiness.squareRoot()
        }
    }
}

/// One stretch of a changing load: from the level before to `level`, evenly over `length`.
package struct LoadStage: Sendable, Equatable {
    package var length: Nanoseconds
    /// Users, or starts a second; not negative.
    package var level: Double

    package init(length: Nanoseconds, level: Double) {
        self.length = length
        self.level = level
    }
}

/// A level over time: stretches of straight lines, the last level lasting for ever.
///
/// It says how many users are wanted, or how many conversations start a second; in the second case
/// its integral up to a time is the number of starts expected until then.
package struct LoadCurve: Sendable, Equatable {
    /// A straight stretch, in seconds. One without length is a jump, which needs no stretch.
    struct Stretch: Sendable, Equatable {
        var start: Double
        var length: Double
        var from: Double
        var to: Double
        /// The integral up to its start.
        var areaBefore: Double

        var end: Double { start + length }
        var area: Double { (from + to) / 2 * length }
        private var slope: Double { (to - from) / length }

        func level(at time: Double) -> Double { from + slope * (time - start) }

        func area(until time: Double) -> Double {
            areaBefore + (from + level(at: time)) / 2 * (time - start)
        }

        /// When the integral has grown by `area` over this stretch: the root of
        /// from·t + slope·t²/2 = area, in the form that cancels nothing.
        func time(ofArea area: Double) -> Double {
            let root = max(from * from + 2 * slope * area, 0).squareRoot()
            let sum = from + root
            return start + (sum > 0 ? min(2 * area / sum, length) : 0)
        }
    }

    private(set) var stretches: [Stretch] = []
    /// The level after the last stretch.
    private(set) var last: Double

    /// The same level for ever.
    package init(constant level: Double) { last = level }

    /// A curve that begins at `start` and goes through the stages.
    package init(from start: Double, through stages: [LoadStage]) {
        last = start
        var time = 0.0
        var area = 0.0
        for stage in stages {
            let stretch = Stretch(
                start: time, length: stage.length.seconds, from: last, to: stage.level,
                areaBefore: area)
            last = stage.level
            guard stretch.length > 0 else { continue }
            stretches.append(stretch)
            time = stretch.end
            area += stretch.area
        }
    }

    /// The curve with all its levels multiplied.
    func scaled(by factor: Double) -> LoadCurve {
        var scaled = self
        scaled.last *= factor
        for place in scaled.stretches.indices {
            scaled.stretches[place].from *= factor
            scaled.stretches[place].to *= factor
            scaled.stretches[place].areaBefore *= factor
        }
        return scaled
    }

    /// When the last stretch ends.
    package var end: Nanoseconds { Nanoseconds(seconds: stretches.last?.end ?? 0) }

    /// The highest level there ever is.
    package var peak: Double { stretches.reduce(last) { max($0, $1.from, $1.to) } }

    /// The highest level up to a time.
    func peak(until time: Nanoseconds) -> Double {
        let begun = stretches.filter { $0.start <= time.seconds }
        return begun.reduce(level(at: time)) { high, stretch in
            let isOver = stretch.end <= time.seconds
            return max(high, stretch.from, isOver ? stretch.to : high)
        }
    }

    /// The level at a time.
    package func level(at time: Nanoseconds) -> Double {
        let seconds = time.seconds
        return stretches.first { seconds < $0.end }?.level(at: seconds) ?? last
    }

    /// The integral from the start to a time.
    package func area(until time: Nanoseconds) -> Double {
        let seconds = time.seconds
        if let stretch = stretches.first(where: { seconds < $0.end }) {
            return stretch.area(until: seconds)
        }
        let end = stretches.last?.end ?? 0
        return wholeArea + last * (seconds - end)
    }

    /// When the integral reaches `area`; nil if it never does.
    package func time(ofArea area: Double) -> Nanoseconds? {
        if let stretch = stretches.first(where: { area < $0.areaBefore + $0.area }) {
            return Nanoseconds(seconds: stretch.time(ofArea: area - stretch.areaBefore))
        }
        guard last > 0 else { return nil }
        return Nanoseconds(seconds: (stretches.last?.end ?? 0) + (area - wholeArea) / last)
    }

    /// The first time from `start` on at which the level is `wanted` or more; nil if there is none.
    func firstTime(atLeast wanted: Double, from start: Nanoseconds) -> Nanoseconds? {
        for stretch in stretches where start.seconds < stretch.end {
            let begin = max(start.seconds, stretch.start)
            let level = stretch.level(at: begin)
            if level >= wanted { return max(start, Nanoseconds(seconds: begin)) }
            guard stretch.to >= wanted else { continue }
            let share = (wanted - stretch.from) / (stretch.to - stretch.from)
            return max(start, Nanoseconds(seconds: stretch.start + share * stretch.length))
        }
        return last >= wanted ? max(start, end) : nil
    }

    /// The stretches in words: `0 to 50 in 10s, 50 for 1m, then 50`.
    package var specification: String {
        let words = stretches.map { stretch in
            let length = Units.exact(Nanoseconds(seconds: stretch.length))
            let (from, to) = (Self.text(of: stretch.from), Self.text(of: stretch.to))
            return from == to ? "\(from) for \(length)" : "\(from) to \(to) in \(length)"
        }
        return (words + ["then \(Self.text(of: last))"]).joined(separator: ", ")
    }

    private static func text(of level: Double) -> String {
        level.rounded() == level && level < 1e15 ? "\(Int(level))" : "\(level)"
    }

    private var wholeArea: Double { stretches.last.map { $0.areaBefore + $0.area } ?? 0 }
}

/// When each conversation of a replay at recorded times starts.
///
/// Eight bytes a conversation, and four more where the workload is not in the order of its times.
/// Every time is the recorded offset from the replay's start divided by the speed, less the gaps cut
/// before it: whatever becomes of one conversation, no other is moved by it.
package struct ReplayClock: Sendable {
    package let pace: ReplayPace
    /// The played start by conversation, from the replay's start.
    private var starts: [Nanoseconds]
    /// The conversations to play in the order of their starts; nil when that is their own order.
    private var order: [UInt32]?
    /// The number of conversations to play.
    package let count: Int
    /// From the first recorded start to the last.
    package private(set) var recordedSpan = Nanoseconds.zero

    /// The times of those conversations of a workload that `playing` plays.
    ///
    /// - Parameters:
    ///   - recorded: the recorded start of each conversation of the workload.
    ///   - elapsed: how long the parts took that a replay has had before, without the pauses between
    ///     them. What was due then is due at once, and everything else as long after it as ever.
    package init(
        recorded: [Nanoseconds], playing: PlayOrder, at pace: ReplayPace,
        after elapsed: Nanoseconds = .zero
    ) {
        self.pace = pace
        starts = recorded
        count = playing.count ?? recorded.count
        let everyone = Self.order(of: recorded.prefix(playing.limit ?? recorded.count))
        var warp = GapCut(longest: pace.maxGap)
        for position in 0..<min(playing.limit ?? recorded.count, recorded.count) {
            let conversation = everyone.map { Int($0[position]) } ?? position
            let start = warp.cut(pace.played(recorded[conversation]))
            starts[conversation] = max(start - elapsed, .zero)
        }
        order = everyone
        if case .remaining(let left) = playing {
            let all = everyone ?? Array(0..<UInt32(truncatingIfNeeded: left.limit))
            order = all.filter { left.contains(Int($0)) }
        }
        guard count > 0 else { return }
        recordedSpan = recorded[conversation(at: count - 1)] - recorded[conversation(at: 0)]
    }

    /// The conversation with the `position`-th start, from 0; equal starts follow the workload.
    package func conversation(at position: Int) -> Int {
        order.map { Int($0[position]) } ?? position
    }

    /// When the `position`-th start is due, counted from the replay's start.
    package func start(at position: Int) -> Nanoseconds { starts[conversation(at: position)] }

    /// When the last start is due.
    package var end: Nanoseconds { count > 0 ? start(at: count - 1) : .zero }

    /// The conversations in the order of their times; nil when that is their own order.
    private static func order(of times: ArraySlice<Nanoseconds>) -> [UInt32]? {
        if zip(times, times.dropFirst()).allSatisfy({ $0 <= $1 }) { return nil }
        var order = times.indices.map { UInt32(truncatingIfNeeded: $0) }
        order.sort { (times[Int($0)], $0) < (times[Int($1)], $1) }
        return order
    }
}
