import Synchronization

/// How many connections are open, the most there were at once, and what became of idle ones; of as
/// many loops as share it.
package final class ConnectionCount: Sendable {
    private let open = Atomic<Int>(0)
    private let most = Atomic<Int>(0)
    private let opensAgain = Atomic<Int>(0)
    private let repeats = Atomic<Int>(0)

    /// None yet.
    package init() {}

    /// The connections that are open.
    package var current: Int { open.load(ordering: .relaxed) }

    /// The most that were open at once.
    package var highest: Int { most.load(ordering: .relaxed) }

    /// Connections that were opened anew because the server had closed the kept-alive one.
    package var reconnects: Int { opensAgain.load(ordering: .relaxed) }

    /// Requests that were sent again on a new connection after the server had closed the kept-alive
    /// one.
    package var repeatedRequests: Int { repeats.load(ordering: .relaxed) }

    func opened() {
        most.max(open.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
    }

    func closed() { open.wrappingSubtract(1, ordering: .relaxed) }

    func reopened() { opensAgain.wrappingAdd(1, ordering: .relaxed) }

    func repeated() { repeats.wrappingAdd(1, ordering: .relaxed) }
}
