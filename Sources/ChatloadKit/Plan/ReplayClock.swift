package import Base

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
