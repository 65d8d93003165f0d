/// The conversations that a service knows by a client's key: how many turns each has had, and its
/// number. Bounded by a `GenerationTable`.
struct ConversationTable {
    /// One conversation after a turn.
    struct Entry: Equatable {
        /// The conversation's number, from 1 on in the order they began.
        var number: Int
        /// How many turns it has had, this one included.
        var turn: Int
    }

    private var entries: GenerationTable<HashedKey, Entry>
    private var begun = 0

    init(capacity: Int = 100_000) { entries = GenerationTable(capacity: capacity) }

    /// How many conversations are remembered.
    var count: Int { entries.count }

    /// Counts one more turn of a conversation, which may be its first.
    mutating func advance(_ key: HashedKey) -> Entry {
        let next = begun + 1
        let entry = entries.update(key, initial: Entry(number: next, turn: 0)) { $0.turn += 1 }
        if entry.number == next { begun = next }
        return entry
    }
}
