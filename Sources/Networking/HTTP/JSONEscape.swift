extension ByteBuffer {
    /// Appends a text as the inside of a JSON string (RFC 8259 §7), without the quotes.
    ///
    /// Only what must be escaped is: quotes, backslashes and control characters. Runs without any
    /// of them are copied at once.
    package mutating func append(jsonEscaped text: String) {
        let utf8 = text.utf8
        append(jsonEscaped: utf8.span)
    }

    /// Appends UTF-8 as the inside of a JSON string, as above.
    package mutating func append(jsonEscaped text: Span<UInt8>) {
        var runStart = 0
        for index in text.indices where text[index].needsJSONEscape {
            append(text.extracting(runStart..<index))
            append(escapeOf: text[index])
            runStart = index + 1
        }
        append(text.extracting(runStart..<text.count))
    }

    private mutating func append(escapeOf byte: UInt8) {
        append(byte: UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte: byte)
        case UInt8(ascii: "\n"): append(byte: UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): append(byte: UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): append(byte: UInt8(ascii: "t"))
        default:
            append("u00")
            append(byte: UInt8(ascii: "0") &+ (byte >> 4))
            let low = byte & 0xF
            append(byte: low < 10 ? UInt8(ascii: "0") &+ low : UInt8(ascii: "a") &+ (low &- 10))
        }
    }
}

extension UInt8 {
    @inline(__always)
    fileprivate var needsJSONEscape: Bool {
        self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\")
    }
}
