/// A place in a text between two scalars.
struct TextPlace {
    /// In bytes from the text's start.
    private(set) var position: Int
    /// What stands before it; nil at the text's start.
    private var previous: UInt32?
    /// What stands after it; nil at the text's end.
    private(set) var scalar: UInt32?
    /// The bytes of `scalar`.
    private var length = 0
    /// Whether nothing follows `scalar`.
    private var isLast = false

    /// The place before the scalar that begins at a position.
    init(in bytes: Span<UInt8>, at position: Int) {
        self.position = position
        previous = Self.decode(bytes, before: position)?.scalar
        look(at: bytes)
    }

    /// Goes behind the next scalar; stays where it is at the end.
    mutating func advance(in bytes: Span<UInt8>) {
        guard let scalar else { return }
        previous = scalar
        position += length
        look(at: bytes)
    }

    func satisfies(_ assertion: PatternAssertion) -> Bool {
        // What was read before is not the last thing, unless that does not matter.
        let before = previous.map { ScalarRole(of: $0, isLast: false) } ?? .edge
        let after = scalar.map { ScalarRole(of: $0, isLast: isLast) } ?? .edge
        return assertion.holds(between: before, and: after)
    }

    private mutating func look(at bytes: Span<UInt8>) {
        guard position < bytes.count else {
            (scalar, length) = (nil, 0)
            return
        }
        (scalar, length) = Self.decode(bytes, at: position)
        isLast = position + length == bytes.count
    }

    /// The scalar at a position (RFC 3629 §4) and its length. What is none counts as U+FFFD, one
    /// byte long.
    static func decode(_ bytes: Span<UInt8>, at position: Int) -> (scalar: UInt32, length: Int) {
        let first = UInt32(bytes[position])
        if first < 0x80 { return (first, 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, first < 0xF5, position + length <= bytes.count else {
            return (0xFFFD, 1)
        }
        var value = first & (0x7F >> UInt32(length))
        for offset in 1..<length {
            let byte = UInt32(bytes[position + offset])
            guard byte & 0xC0 == 0x80 else { return (0xFFFD, 1) }
            value = value << 6 | byte & 0x3F
        }
        let least: UInt32 = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80
        guard value >= least, Unicode.Scalar(value) != nil else { return (0xFFFD, 1) }
        return (value, length)
    }

    /// The scalar that ends at a position and its length; nil at the text's start. Agrees with reading
    /// forwards: whatever begins a scalar is part of no other one.
    static func decode(
        _ bytes: Span<UInt8>, before position: Int
    ) -> (scalar: UInt32, length: Int)? {
        guard position > 0 else { return nil }
        let last = bytes[position - 1]
        if last < 0x80 { return (UInt32(last), 1) }
        guard last & 0xC0 == 0x80 else { return (0xFFFD, 1) }
        for length in 2...4 where length <= position {
            let found = decode(bytes, at: position - length)
            if found.length == length { return found }
        }
        return (0xFFFD, 1)
    }
}
