package import Networking

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
package struct LoopStalls: Codable, Equatable, Sendable {
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
