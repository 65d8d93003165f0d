package import Networking

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
    /// What is left of a replay begins at once with its first conversation.
    ///
    /// - Parameter recorded: the recorded start of each conversation of the workload.
    package init(recorded: [Nanoseconds], playing: PlayOrder, at pace: ReplayPace) {
        self.pace = pace
        starts = recorded
        count = playing.count ?? recorded.count
        order = Self.order(of: recorded, playing)
        guard count > 0 else { return }
        recordedSpan = recorded[conversation(at: count - 1)] - recorded[conversation(at: 0)]
        var warp = GapCut(longest: pace.maxGap)
        for position in 0..<count {
            let conversation = conversation(at: position)
            starts[conversation] = warp.cut(pace.played(recorded[conversation]))
        }
        if case .remaining = playing { begin(at: starts[conversation(at: 0)]) }
    }

    /// The conversation with the `position`-th start, from 0; equal starts follow the workload.
    package func conversation(at position: Int) -> Int {
        order.map { Int($0[position]) } ?? position
    }

    /// When the `position`-th start is due, counted from the replay's start.
    package func start(at position: Int) -> Nanoseconds { starts[conversation(at: position)] }

    /// When the last start is due.
    package var end: Nanoseconds { count > 0 ? start(at: count - 1) : .zero }

    private mutating func begin(at first: Nanoseconds) {
        for position in 0..<count {
            let conversation = conversation(at: position)
            starts[conversation] = starts[conversation] - first
        }
    }

    private static func order(of times: [Nanoseconds], _ playing: PlayOrder) -> [UInt32]? {
        if case .once = playing, zip(times, times.dropFirst()).allSatisfy({ $0 <= $1 }) {
            return nil
        }
        var order = times.indices.filter(playing.plays).map { UInt32(truncatingIfNeeded: $0) }
        order.sort { (times[Int($0)], $0) < (times[Int($1)], $1) }
        return order
    }
}
