/// A place in a text between two scalars.
struct TextPlace {
    /// In bytes from the text's start.
    private(set) var position = 0
    /// What stands before it; nil at the text's start.
    private var previous: UInt32?
    /// What stands after it; nil at the text's end.
    private(set) var scalar: UInt32?
    /// The bytes of `scalar`.
    private var length = 0
    /// Whether nothing follows `scalar`.
    private var isLast = false

    /// The start of a text.
    init(in bytes: Span<UInt8>) { look(at: bytes) }

    /// Goes behind the next scalar; stays where it is at the end.
    mutating func advance(in bytes: Span<UInt8>) {
        guard let scalar else { return }
        previous = scalar
        position += length
        look(at: bytes)
    }

    func satisfies(_ assertion: PatternAssertion) -> Bool {
        switch assertion {
        case .textStart: previous == nil
        case .veryEnd: scalar == nil
        case .textEnd: scalar == nil || scalar == 0x0A && isLast
        case .lineStart: previous == nil || previous == 0x0A
        case .lineEnd: scalar == nil || scalar == 0x0A
        case .wordBorder: isBorder
        case .noWordBorder: !isBorder
        }
    }

    private var isBorder: Bool {
        let before = previous.map(ScalarSet.Kind.word.contains) ?? false
        let after = scalar.map(ScalarSet.Kind.word.contains) ?? false
        return before != after
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
    private static func decode(_ bytes: Span<UInt8>, at position: Int) -> (UInt32, Int) {
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
}
