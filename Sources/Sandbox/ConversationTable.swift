/// The conversations that a service knows by a client's key: how many turns each has had, and its
/// number. Bounded by a `GenerationTable`.
struct ConversationTable {
    /// Whose conversation: a hash of 128 bits, so that keys of any length cost the same.
    struct Key: Hashable {
        private let first: Int
        private let second: Int

        /// The key of two texts together.
        init(_ owner: Span<UInt8>, _ user: Span<UInt8>) {
            first = Self.hash(owner, user, salt: 1)
            second = Self.hash(owner, user, salt: 2)
        }

        private static func hash(_ owner: Span<UInt8>, _ user: Span<UInt8>, salt: Int) -> Int {
            var hasher = Hasher()
            hasher.combine(salt)
            hasher.combine(owner.count)
            owner.withUnsafeBytes { hasher.combine(bytes: $0) }
            user.withUnsafeBytes { hasher.combine(bytes: $0) }
            return hasher.finalize()
        }
    }

    /// One conversation after a turn.
    struct Entry: Equatable {
        /// The conversation's number, from 1 on in the order they began.
        var number: Int
        /// How many turns it has had, this one included.
        var turn: Int
    }

    private var entries: GenerationTable<Key, Entry>
    private var begun = 0

    init(capacity: Int = 100_000) { entries = GenerationTable(capacity: capacity) }

    /// How many conversations are remembered.
    var count: Int { entries.count }

    /// Counts one more turn of a conversation, which may be its first.
    mutating func advance(_ key: Key) -> Entry {
        let next = begun + 1
        let entry = entries.update(key, initial: Entry(number: next, turn: 0)) { $0.turn += 1 }
        if entry.number == next { begun = next }
        return entry
    }
}
