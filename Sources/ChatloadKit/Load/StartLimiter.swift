import Base
import Networking

/// A limiter of starts: lets a replay's conversations begin in the order of their starts, and never
/// more of them at once than there may be users.
///
/// The n-th start may be made when as many conversations have ended as lie between it and the
/// ceiling. So the earliest one that waits is always the next, on however many workers, independent
/// of the worker that a user became free on.
final class StartLimiter: Sendable {
    /// How many conversations have ended, and who waits, by position.
    private typealias State = (ended: Int, waiting: [Int: @Sendable () -> Void])

    private let ceiling: Int
    private let state = Locked<State>((0, [:]))

    init(ceiling: Int) { self.ceiling = ceiling }

    /// Whether the start at `position`, from 0, may be made; if not, `ready` is called once when it
    /// may, on any thread.
    func admits(_ position: Int, orCalls ready: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if position < state.ended + ceiling { return true }
            state.waiting[position] = ready
            return false
        }
    }

    /// A conversation has ended.
    func leave() {
        let ready = state.withLock { state in
            state.ended += 1
            return state.waiting.removeValue(forKey: state.ended + ceiling - 1)
        }
        ready?()
    }
}

/// A tally of starts: how one worker has kept its share of the schedule.
struct StartTally: Sendable {
    var started = 0
    var dropped = 0
    /// Those of them that the worker came to late itself.
    var droppedLate = 0
    var missed = 0
    /// Starts that had to wait for a user.
    var waited = 0
    /// How long users waited after failures that had cost nothing.
    var backedOff = Nanoseconds.zero
    private(set) var gaps = 0
    private(set) var gapSum = 0.0
    private(set) var gapSquares = 0.0
    private(set) var lastStart = Nanoseconds.zero
    /// When the load ended, counted from the run's start; nil where nobody ended it.
    var loadEnd: Nanoseconds?
    /// Until when the schedule reached: where it was cut off or would have gone on; nil before.
    var scheduleEnd: Nanoseconds?

    /// Counts a start at a time, with the gap to the one before it on any worker, in expected
    /// starts; nil for the first.
    mutating func addStart(at time: Nanoseconds, gap: Double?) {
        started += 1
        lastStart = max(lastStart, time)
        guard let gap else { return }
        gaps += 1
        gapSum += gap
        gapSquares += gap * gap
    }

    mutating func merge(_ other: StartTally) {
        started += other.started
        dropped += other.dropped
        droppedLate += other.droppedLate
        missed += other.missed
        waited += other.waited
        backedOff = backedOff + other.backedOff
        gaps += other.gaps
        gapSum += other.gapSum
        gapSquares += other.gapSquares
        lastStart = max(lastStart, other.lastStart)
        loadEnd = [loadEnd, other.loadEnd].compactMap(\.self).max()
        if let end = other.scheduleEnd { scheduleEnd = min(scheduleEnd ?? end, end) }
    }

    /// The coefficient of variation of the gaps; nil with fewer than two.
    var variation: Double? {
        guard gaps >= 2, gapSum > 0 else { return nil }
        let mean = gapSum / Double(gaps)
        return max(gapSquares / Double(gaps) - mean * mean, 0).squareRoot() / mean
    }
}
