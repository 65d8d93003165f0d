package import Networking

/// A time during which no answer leaves the sandbox; what was due in it leaves at its end.
package struct Stall: Sendable, Equatable, CustomStringConvertible {
    /// When it begins, counted from the sandbox's start.
    package var start: Nanoseconds
    package var length: Nanoseconds

    /// The stall written as `AT:FOR`, such as `3m:10s`; nil for everything else, and for one that
    /// takes no time.
    package init?(parsing text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = Units.parseDuration(String(parts[0])),
            let length = Units.parseDuration(String(parts[1])), length > .zero
        else { return nil }
        self.start = start
        self.length = length
    }

    /// The stall as `init(parsing:)` reads it.
    package var description: String { "\(Units.exact(start)):\(Units.exact(length))" }

    /// When an answer leaves that is due at `time` after the sandbox's start.
    static func release(_ time: Nanoseconds, from stalls: [Stall]) -> Nanoseconds {
        var time = time
        while let stall = stalls.first(where: { $0.start <= time && time < $0.start + $0.length }) {
            time = stall.start + stall.length
        }
        return time
    }
}
