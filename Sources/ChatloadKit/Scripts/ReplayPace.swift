package import Base

/// When the later turns of a replayed conversation are taken.
package enum TurnTiming: String, CaseIterable, Sendable {
    /// At their recorded times, but not before the reply to the turn before.
    case recorded
    /// After the reply to the turn before and the recorded think time.
    case think
    /// At their recorded times, whether or not the reply to the turn before is there.
    case strict
}

/// How recorded times become played ones.
package struct ReplayPace: Sendable, Equatable {
    /// Recorded seconds that pass in a second; above zero.
    package var speed: Double
    /// The longest time from one start to the next, and from one turn of a conversation to the next,
    /// on the played clock; nil for as long as recorded.
    package var maxGap: Nanoseconds?
    package var turns = TurnTiming.recorded

    /// A recorded time on the played clock.
    package func played(_ recorded: Nanoseconds) -> Nanoseconds {
        speed == 1 ? recorded : Nanoseconds(seconds: recorded.seconds / speed)
    }

    /// A recorded think time on the played clock.
    func played(think: Nanoseconds) -> Nanoseconds { min(played(think), maxGap ?? .never) }

    /// When each turn is to be taken, counted from its conversation's played start; nil for a turn
    /// that follows the reply before it. Never falling, whatever is recorded.
    func offsets(of turns: [Turn]) -> [Nanoseconds?] {
        guard self.turns != .think else { return turns.map { _ in nil } }
        var warp = GapCut(longest: maxGap)
        return turns.map { turn in turn.at.map { warp.cut(played($0)) } }
    }
}

/// Cuts the gaps between times that come one after the other.
///
/// What is taken away is added up and each time moved by the whole sum, so that nothing is rounded
/// twice.
struct GapCut {
    private let longest: Nanoseconds
    private var latest = Nanoseconds.zero
    private var taken = Nanoseconds.zero

    /// Gaps of at most `longest`; nil leaves them as they are.
    init(longest: Nanoseconds?) { self.longest = longest ?? .never }

    /// The next time with all cuts so far; one that is before the latest counts as that.
    mutating func cut(_ time: Nanoseconds) -> Nanoseconds {
        let time = max(time, latest)
        taken = taken + max(time - latest - longest, .zero)
        latest = time
        return time - taken
    }
}
