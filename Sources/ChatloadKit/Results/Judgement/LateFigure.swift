package import Base
import Networking

/// Figure of the response time that holds some of the generator's own lateness, beside what it
/// would be if all requests had left in time.
///
/// Samples that were late are taken for what they would have been, and not left out: of a few
/// hundred samples any dozen that is left out moves percentiles by chance.
package struct LateFigure: Codable, Equatable, Sendable {
    /// Of which exchanges the figure is: `run`, `steady`, or `step`.
    package enum Scope: String, Codable, Sendable {
        case run, steady, step
    }

    package var scope: Scope
    /// The step's name; nil but of a step's figure.
    package var step: String?
    /// As in `Distribution.statistics`.
    package var statistic: String
    /// The figure, in milliseconds.
    package var value: Double
    /// The figure without that lateness, in milliseconds.
    package var without: Double
    /// The late samples in its scope.
    package var samples: Int
    /// Whether their lateness changes it by more than a millisecond and by more than a twentieth.
    package var isMaterial: Bool

    enum CodingKeys: String, CodingKey {
        case scope, step, statistic, value, without, samples
        case isMaterial = "material"
    }

    /// The most that are kept of one run.
    static let most = 100

    /// The figures of one scope that would be others if all requests had left in time.
    static func figures(
        of tally: borrowing Tally, _ scope: Scope, step: String? = nil
    ) -> [LateFigure] {
        let late = tally[.lateResponse]
        if late.count == 0 { return [] }
        let all = tally[.response]
        var inTime = all.since(late)
        inTime.merge(tally[.responseInTime])
        return judged.compactMap { statistic in
            guard let value = statistic.value(of: all), let without = statistic.value(of: inTime)
            else {
                return nil
            }
            let change = max(value - without, without - value)
            // Less than a hundredth is less than three digits show.
            if change.count <= value.count / 100 { return nil }
            return LateFigure(
                scope: scope, step: step, statistic: statistic.rawValue,
                value: Distribution.milliseconds(value),
                without: Distribution.milliseconds(without), samples: late.count,
                isMaterial: change > Exchange.tolerance(of: value))
        }
    }

    /// What it is a figure of: `response of the step say`.
    var subject: String {
        switch scope {
        case .run: "response"
        case .steady: "response in the steady window"
        case .step: "response of the step \(step ?? "")"
        }
    }

    /// The lowest percentile first: the more a run's figures stand on it, the worse it is when it is
    /// the generator's.
    private static let judged: [Statistic] = [
        .p50, .p75, .p90, .p95, .p99, .p99_9, .max, .mean,
    ]
}

extension [LateFigure] {
    /// Of all these as many as are kept, those that make the run suspect before the others.
    var kept: [LateFigure] {
        if count <= LateFigure.most { return self }
        return Array((filter(\.isMaterial) + filter { !$0.isMaterial }).prefix(LateFigure.most))
    }
}

/// Loop stall: a stretch of time in which its event loops did nothing, because the
/// process was stopped, the machine busy, or a loop held up by its own work.
package struct LoopStall: Codable, Equatable, Sendable {
    /// When a loop should have gone on, in seconds since the run's start.
    package var at: Double
    /// How much later it did, in milliseconds.
    package var length: Double
    /// The loops that it held up.
    package var loops = 1

    /// One loop's, that should have gone on at a time since the run's start and did so `length` later.
    package init(at start: Nanoseconds, length: Nanoseconds) {
        at = start.roundedSeconds
        self.length = Distribution.milliseconds(length)
    }

    enum CodingKeys: String, CodingKey {
        case at = "at_s"
        case length = "length_ms"
        case loops
    }

    private var end: Double { at + length / 1_000 }

    /// What two loops saw of one stall; nil where it is not the same.
    fileprivate func joined(with other: LoopStall) -> LoopStall? {
        guard at <= other.end, other.at <= end else { return nil }
        var stall = self
        stall.at = Swift.min(at, other.at)
        stall.length = ((Swift.max(end, other.end) - stall.at) * 1_000_000).rounded() / 1_000
        stall.loops &+= other.loops
        return stall
    }

    /// `150 ms at 8.02 s`.
    package var description: String {
        let length = Units.format(Nanoseconds(seconds: length / 1_000))
        return "\(length) at \(Units.format(Nanoseconds(seconds: at)))"
    }
}

/// LoopStalls of a run: the longest by time and length, the others by their number.
package struct LoopStalls: Codable, Equatable, Sendable, Empty {
    /// The longest, in the order of their times.
    package private(set) var longest: [LoopStall] = []
    /// How many more there were.
    package private(set) var others = 0

    /// Shorter ones are what any machine does now and then.
    package static let least = Nanoseconds.milliseconds(20)
    /// The most that are named.
    static let most = 20

    /// None.
    package init() {}

    package var isEmpty: Bool { longest.isEmpty }

    /// The longest of them all.
    package var worst: LoopStall? { longest.max { $0.length < $1.length } }

    /// Takes note of one.
    mutating func add(_ stall: LoopStall) {
        longest.append(stall)
        cut()
    }

    /// Adds what other loops saw. What they saw at once is one stall, unless their time is another.
    mutating func merge(_ other: LoopStalls, onOneClock: Bool) {
        others &+= other.others
        for stall in other.longest { onOneClock ? join(stall) : longest.append(stall) }
        cut()
    }

    /// A stall that bridges several makes one of them all.
    private mutating func join(_ stall: LoopStall) {
        var whole = stall
        longest.removeAll { one in
            guard let joined = one.joined(with: whole) else { return false }
            whole = joined
            return true
        }
        longest.append(whole)
    }

    private mutating func cut() {
        if longest.count > Self.most {
            longest.sort { ($0.length, $1.at) > ($1.length, $0.at) }
            others &+= longest.count - Self.most
            longest.removeLast(longest.count - Self.most)
        }
        longest.sort { ($0.at, $0.length, $0.loops) < ($1.at, $1.length, $1.loops) }
    }
}
