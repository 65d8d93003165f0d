/// A dictionary that forgets what has been unused for longest, so that a server's memory is bounded.
///
/// Two generations do that without a queue: when the young one is full it becomes the old one and
/// the old one is dropped; what is asked for moves to the young one. At most 2 × `capacity` values
/// are kept, and the `capacity` used last certainly are.
struct GenerationTable<Key: Hashable, Value> {
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
