import Networking
import Synchronization

/// Something that happens at most once in a run and that everybody must hear of.
final class Announcement: Sendable {
    private let isMade = Atomic<Bool>(false)
    private let listeners = Guarded<[@Sendable () -> Void]>([])

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
