import Base
import Networking
import Synchronization

/// A wait group: counts the tasks of a worker's users and waits for the last of them. Confined to the worker.
///
/// It stands in for a task group, which walks the list of all its tasks each time one of them ends:
/// with a hundred thousand users that took over a minute at the end of a run.
final class WaitGroup {
    private var size = 0
    private var waiter: UnsafeContinuation<Void, Never>?

    /// Another task begins.
    func enter() { size += 1 }

    /// A task ends.
    func leave() {
        size -= 1
        guard size == 0, let waiter else { return }
        self.waiter = nil
        waiter.resume()
    }

    /// Waits until no task is left.
    func empty() async {
        guard size > 0 else { return }
        await withUnsafeContinuation { waiter = $0 }
    }
}

/// A signal of something that happens at most once in a run and that all workers must hear of.
final class OneShotSignal: Sendable {
    private let isMade = Atomic<Bool>(false)
    private let listeners = Locked<[@Sendable () -> Void]>([])

    /// Whether it has happened.
    var hasBeenMade: Bool { isMade.load(ordering: .relaxed) }

    /// Tells the listeners, the first time.
    func make() {
        if hasBeenMade { return }
        let waiting = listeners.withLock { listeners in
            isMade.store(true, ordering: .relaxed)
            defer { listeners = [] }
            return listeners
        }
        for listener in waiting { listener() }
    }

    /// Calls `listener` once, from any thread; at once if it has happened.
    func whenMade(_ listener: @escaping @Sendable () -> Void) {
        let isLate = listeners.withLock { listeners in
            if !hasBeenMade { listeners.append(listener) }
            return hasBeenMade
        }
        if isLate { listener() }
    }
}
