import Networking

/// Lets a replay's conversations in, in the order of their starts, and never more of them at once
/// than there may be users.
///
/// The n-th start may be made when as many conversations have ended as lie between it and the
/// ceiling. So the earliest one that waits is always the next, on however many workers, and which
/// worker a user became free on is nobody's business.
final class Turnstile: Sendable {
    private struct State {
        var ended = 0
        /// Who waits, by position.
        var waiting: [Int: @Sendable () -> Void] = [:]
    }

    private let ceiling: Int
    private let state = Guarded(State())

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
