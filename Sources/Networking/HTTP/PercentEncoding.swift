extension ByteBuffer {
    /// Appends a text percent-encoded for a query value or a path segment: everything but the
    /// unreserved characters of RFC 3986 §2.3 (letters, digits, `-._~`) becomes `%XX`.
    ///
    /// A `#`, `&`, `+` or space left bare would cut or change a value on its way to the server.
    package mutating func append(percentEncoded text: String) {
        let utf8 = text.utf8
        append(percentEncoded: utf8.span)
    }

    /// Appends bytes percent-encoded, as above.
    package mutating func append(percentEncoded text: Span<UInt8>) {
        var runStart = 0
        for index in text.indices where !text[index].isUnreserved {
            append(text.extracting(runStart..<index))
            append(byte: UInt8(ascii: "%"))
            append(byte: (text[index] >> 4).upperHexDigit)
            append(byte: (text[index] & 0xF).upperHexDigit)
            runStart = index + 1
        }
        append(text.extracting(runStart..<text.count))
    }
}

extension UInt8 {
    /// Whether RFC 3986 lets the byte stand for itself everywhere in a URI.
    fileprivate var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// The digit of a number below 16, in upper case as RFC 3986 §2.1 recommends.
    fileprivate var upperHexDigit: UInt8 {
        self < 10 ? UInt8(ascii: "0") &+ self : UInt8(ascii: "A") &+ (self &- 10)
    }
}
