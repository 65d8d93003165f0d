import Synchronization

/// What the workers of a run share: who plays which conversation next, how many exchanges are left,
/// and whether the run is coming to its end.
///
/// One atomic step per conversation (and per exchange only where `--exchanges` limits them) keeps
/// the concurrency exact on any number of workers: no user is idle while a conversation remains.
final class RunControl: Sendable {
    private let tickets = Atomic<Int>(0)
    private let exchanges = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)
    private let listeners = Mutex<[@Sendable () -> Void]>([])
    private let ticketLimit: Int
    private let exchangeLimit: Int?

    init(conversations: Int?, exchanges: Int?) {
        ticketLimit = conversations ?? .max
        exchangeLimit = exchanges
    }

    /// Whether no new turn may begin.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// From now on no new turn begins.
    func drain() {
        let isFirst = listeners.withLock { _ in
            !draining.exchange(true, ordering: .relaxed)
        }
        guard isFirst else { return }
        for listener in listeners.withLock({ $0 }) { listener() }
    }

    /// Calls `listener` once, from any thread, when the run is coming to its end; at once if it is.
    func whenDraining(_ listener: @escaping @Sendable () -> Void) {
        let isLate = listeners.withLock { listeners in
            listeners.append(listener)
            return isDraining
        }
        if isLate { listener() }
    }

    /// The next conversation's ticket, from 1; nil when none is left.
    func nextTicket() -> Int? {
        // A look first, so that users that come for more at the end cannot count up without bound.
        guard !isDraining, tickets.load(ordering: .relaxed) < ticketLimit else { return nil }
        let ticket = tickets.add(1, ordering: .relaxed).newValue
        return ticket <= ticketLimit ? ticket : nil
    }

    /// Whether one more exchange may be made; ends the run when the limit has been reached.
    func claimExchange() -> Bool {
        guard let exchangeLimit else { return true }
        let claimed = exchanges.add(1, ordering: .relaxed).newValue
        if claimed >= exchangeLimit { drain() }
        return claimed <= exchangeLimit
    }
}
