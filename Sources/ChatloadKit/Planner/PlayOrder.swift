/// Which conversations are played, and in which order.
///
/// Workers draw places, counted from 1. A run's place is its ticket. In a replay the ticket is the
/// conversation's number in the workload, so that it means the same conversation in every part of
/// a replay that was resumed.
package enum PlayOrder: Sendable {
    /// As often as the scripts' weights say, without end.
    case weighted(ScriptChooser)
    /// Each of the workload's first conversations once, whatever their weights.
    case once(Int)
    /// Those conversations once that are left of a replay.
    case remaining(ConversationSet)

    /// The number of places; nil when they never end.
    package var count: Int? {
        switch self {
        case .weighted: nil
        case .once(let count): count
        case .remaining(let left): left.count
        }
    }

    /// Of a replay, conversations from this one on are never played, not even by an earlier part.
    var limit: Int? {
        switch self {
        case .weighted: nil
        case .once(let count): count
        case .remaining(let left): left.limit
        }
    }

    /// Whether every conversation is played once.
    package var isReplay: Bool { count != nil }

    /// The ticket of a place, which must be in 1...count.
    func ticket(atPlace place: Int) -> Int {
        switch self {
        case .weighted, .once: place
        case .remaining(let left): left.member(at: place - 1) + 1
        }
    }

    /// The index of the conversation that a ticket plays.
    package func script(forTicket ticket: Int) -> Int {
        switch self {
        case .weighted(let chooser): chooser.script(forTicket: ticket)
        case .once, .remaining: ticket - 1
        }
    }

    /// Whether the conversation at an index of the workload is played.
    func plays(_ index: Int) -> Bool {
        switch self {
        case .weighted: true
        case .once(let count): index < count
        case .remaining(let left): left.contains(index)
        }
    }
}
