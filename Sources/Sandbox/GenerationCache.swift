/// A dictionary that forgets what has been unused for longest, so that a server's memory is bounded.
///
/// Two generations do that without a queue: when the young one is full it becomes the old one and
/// the old one is dropped; what is asked for moves to the young one. At most 2 × `capacity` values
/// are kept, and the `capacity` used last certainly are.
struct GenerationCache<Key: Hashable, Value> {
    private let capacity: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    init(capacity: Int) { self.capacity = max(capacity, 1) }

    /// How many values are kept.
    var count: Int { young.count + old.count }

    /// The key's value after `change`, which is given `initial` when there is none.
    mutating func update(
        _ key: Key, initial: @autoclosure () -> Value, _ change: (inout Value) -> Void
    ) -> Value {
        if let index = young.index(forKey: key) {
            change(&young.values[index])
            return young.values[index]
        }
        var value = old.removeValue(forKey: key) ?? initial()
        change(&value)
        makeRoom()
        young[key] = value
        return value
    }

    /// The key's value, which counts as used by this.
    mutating func value(for key: Key) -> Value? {
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        makeRoom()
        young[key] = value
        return value
    }

    private mutating func makeRoom() {
        guard young.count >= capacity else { return }
        old = young
        young = [:]
    }
}

/// The conversations that a service knows by a client's key: how many turns each has had, and its
/// number. Bounded by a `GenerationCache`.
struct ConversationTable {
    /// One conversation after a turn: its number, from 1 on in the order they began, and how many
    /// turns it has had, this one included.
    typealias Entry = (number: Int, turn: Int)

    private var entries: GenerationCache<HashedKey, Entry>
    private var begun = 0

    init(capacity: Int = 100_000) { entries = GenerationCache(capacity: capacity) }

    /// How many conversations are remembered.
    var count: Int { entries.count }

    /// Counts one more turn of a conversation, which may be its first.
    mutating func advance(_ key: HashedKey) -> Entry {
        let next = begun + 1
        let entry = entries.update(key, initial: (next, 0)) { $0.turn += 1 }
        if entry.number == next { begun = next }
        return entry
    }
}

/// A key that a client chose, as a hash of 128 bits: keys of any length cost the same, and a secret
/// is not kept.
struct HashedKey: Hashable {
    private let first: Int
    private let second: Int

    /// The key of two texts together.
    init(_ one: Span<UInt8>, _ other: Span<UInt8>) {
        first = Self.hash(one, other, salt: 1)
        second = Self.hash(one, other, salt: 2)
    }

    private static func hash(_ one: Span<UInt8>, _ other: Span<UInt8>, salt: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(salt)
        hasher.combine(one.count)
        one.withUnsafeBytes { hasher.combine(bytes: $0) }
        other.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}
