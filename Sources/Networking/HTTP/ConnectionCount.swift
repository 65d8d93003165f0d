import Synchronization

/// How many connections are open, and the most there were at once; of as many loops as share it.
package final class ConnectionCount: Sendable {
    private let open = Atomic<Int>(0)
    private let most = Atomic<Int>(0)

    /// None yet.
    package init() {}

    /// The connections that are open.
    package var current: Int { open.load(ordering: .relaxed) }

    /// The most that were open at once.
    package var highest: Int { most.load(ordering: .relaxed) }

    func opened() {
        most.max(open.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
    }

    func closed() { open.wrappingSubtract(1, ordering: .relaxed) }
}
