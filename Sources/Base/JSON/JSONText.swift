/// A string of a JSON document: where it stands in the scanned bytes.
///
/// The scanner has checked that the range is valid UTF-8 with well-formed escapes. Reading it from
/// other bytes than those is a mistake that gives a wrong text, not a trap.
package struct JSONText: Equatable, Sendable {
    /// The bytes between the quotes.
    package var range: Range<Int>
    /// Whether there are escapes to resolve.
    package var hasEscapes: Bool

    /// The text at `range`.
    package init(range: Range<Int>, hasEscapes: Bool) {
        self.range = range
        self.hasEscapes = hasEscapes
    }

    /// Appends the text as UTF-8 with its escapes resolved; a lone surrogate becomes U+FFFD.
    package func append(to buffer: inout ByteBuffer, from bytes: Span<UInt8>) {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return }
        guard hasEscapes else { return buffer.append(bytes.extracting(range)) }
        var index = range.lowerBound
        while index < range.upperBound {
            if bytes[index] == Self.backslash {
                index = appendEscape(at: index + 1, to: &buffer, from: bytes)
            } else {
                let start = index
                index =
                    bytes.firstIndex(of: Self.backslash, from: start, to: range.upperBound)
                    ?? range.upperBound
                buffer.append(bytes.extracting(start..<index))
            }
        }
    }

    /// The text with its escapes resolved.
    package func string(in bytes: Span<UInt8>) -> String {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return "" }
        if !hasEscapes { return bytes.extracting(range).text }
        var buffer = ByteBuffer(capacity: range.count)
        append(to: &buffer, from: bytes)
        return buffer.text
    }

    /// Whether the text with its escapes resolved is exactly `text`, byte for byte.
    package func equals(_ text: StaticString, in bytes: Span<UInt8>) -> Bool {
        guard hasEscapes else { return bytes.equals(text, range) }
        var buffer = ByteBuffer(capacity: range.count)
        append(to: &buffer, from: bytes)
        return buffer.bytes.span.equals(text, 0..<buffer.count)
    }

    /// Whether the text with its escapes resolved is exactly `text`.
    package func equals(_ text: Span<UInt8>, in bytes: Span<UInt8>) -> Bool {
        guard hasEscapes else { return bytes.extracting(range).isEqual(to: text) }
        var buffer = ByteBuffer(capacity: range.count)
        append(to: &buffer, from: bytes)
        return buffer.bytes.span.isEqual(to: text)
    }

    /// Resolves the escape whose letter is at `index` and returns the index behind it.
    private func appendEscape(
        at index: Int, to buffer: inout ByteBuffer, from bytes: Span<UInt8>
    ) -> Int {
        guard index < range.upperBound else { return index }
        switch bytes[index] {
        case UInt8(ascii: "b"): buffer.append(byte: 0x08)
        case UInt8(ascii: "f"): buffer.append(byte: 0x0C)
        case UInt8(ascii: "n"): buffer.append(byte: 0x0A)
        case UInt8(ascii: "r"): buffer.append(byte: 0x0D)
        case UInt8(ascii: "t"): buffer.append(byte: 0x09)
        case UInt8(ascii: "u"): return appendUnicode(at: index + 1, to: &buffer, from: bytes)
        case let itself: buffer.append(byte: itself)
        }
        return index + 1
    }

    /// Resolves four digits at `index`, and a low surrogate's escape that belongs to them.
    private func appendUnicode(
        at index: Int, to buffer: inout ByteBuffer, from bytes: Span<UInt8>
    ) -> Int {
        let first = codeUnit(at: index, in: bytes) ?? 0xFFFD
        var value = first
        var end = min(index + 4, range.upperBound)
        if first & 0xFC00 == 0xD800, end + 6 <= range.upperBound,
            bytes[end] == Self.backslash, bytes[end + 1] == UInt8(ascii: "u"),
            let second = codeUnit(at: end + 2, in: bytes), second & 0xFC00 == 0xDC00
        {
            value = 0x10000 + (first & 0x3FF) << 10 + (second & 0x3FF)
            end += 6
        }
        for byte in UTF8.encode(Unicode.Scalar(value) ?? "\u{FFFD}")
            ?? UTF8.encodedReplacementCharacter
        {
            buffer.append(byte: byte)
        }
        return end
    }

    private func codeUnit(at index: Int, in bytes: Span<UInt8>) -> UInt32? {
        guard index + 4 <= range.upperBound else { return nil }
        var value: UInt32 = 0
        for offset in index..<index + 4 {
            guard let digit = bytes[offset].hexDigit else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}

extension JSONText {
    static let backslash = UInt8(ascii: "\\")

    /// The string whose opening quote is at `start`.
    static func scan(from start: Int, in bytes: Span<UInt8>) throws(JSONError) -> JSONText {
        var index = start + 1
        var hasEscapes = false
        while true {
            index = bytes.endOfPlainRun(from: index, isASCII: true)
            guard index < bytes.count else {
                throw JSONError(offset: bytes.count, reason: "the text ends inside a string")
            }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                return JSONText(range: start + 1..<index, hasEscapes: hasEscapes)
            case backslash:
                hasEscapes = true
                index = try endOfEscape(at: index, in: bytes)
            case 0x80...:
                index = try endOfSequences(from: index, in: bytes)
            default:
                throw JSONError(offset: index, reason: "a control character must be escaped")
            }
        }
    }

    /// The index behind the escape whose backslash is at `index`.
    private static func endOfEscape(at index: Int, in bytes: Span<UInt8>) throws(JSONError) -> Int {
        guard index + 1 < bytes.count else {
            throw JSONError(offset: bytes.count, reason: "the text ends inside a string")
        }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), backslash, UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return index + 2
        case UInt8(ascii: "u"):
            for offset in index + 2..<index + 6 {
                guard offset < bytes.count else {
                    throw JSONError(offset: bytes.count, reason: "the text ends inside a string")
                }
                guard bytes[offset].hexDigit != nil else {
                    throw JSONError(offset: offset, reason: "\\u needs four hexadecimal digits")
                }
            }
            return index + 6
        default:
            throw JSONError(offset: index, reason: "JSON has no such escape")
        }
    }

    /// The index behind the run of multi-byte UTF-8 sequences that begins at `start` (Unicode 16,
    /// table 3-7).
    private static func endOfSequences(
        from start: Int, in bytes: Span<UInt8>
    ) throws(JSONError) -> Int {
        var index = start
        while index < bytes.count, bytes[index] >= 0x80 {
            let second: ClosedRange<UInt8>
            let length: Int
            switch bytes[index] {
            case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
            case 0xE0: (second, length) = (0xA0...0xBF, 3)
            case 0xED: (second, length) = (0x80...0x9F, 3)
            case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
            case 0xF0: (second, length) = (0x90...0xBF, 4)
            case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
            case 0xF4: (second, length) = (0x80...0x8F, 4)
            default: throw JSONError(offset: index, reason: "the string is not UTF-8")
            }
            guard index + length <= bytes.count, second.contains(bytes[index + 1]),
                length < 3 || bytes[index + 2] & 0xC0 == 0x80,
                length < 4 || bytes[index + 3] & 0xC0 == 0x80
            else {
                throw JSONError(offset: index, reason: "the string is not UTF-8")
            }
            index += length
        }
        return index
    }
}
