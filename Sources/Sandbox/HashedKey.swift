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
