package import Networking

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
