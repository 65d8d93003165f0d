import Glibc

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
                index = Self.nextBackslash(in: start..<range.upperBound, of: bytes)
                buffer.append(bytes.extracting(start..<index))
            }
        }
    }

    /// The first backslash of a range, or its end.
    private static func nextBackslash(in range: Range<Int>, of bytes: Span<UInt8>) -> Int {
        bytes.extracting(range).withUnsafeBytes { raw in
            guard let start = raw.baseAddress,
                let found = memchr(start, Int32(backslash), raw.count)
            else { return range.upperBound }
            return range.lowerBound + (UnsafeRawPointer(found) - start)
        }
    }

    /// The text with its escapes resolved.
    package func string(in bytes: Span<UInt8>) -> String {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return "" }
        if !hasEscapes {
            return bytes.extracting(range).withUnsafeBufferPointer {
                String(decoding: $0, as: UTF8.self)
            }
        }
        var buffer = ByteBuffer(capacity: range.count)
        append(to: &buffer, from: bytes)
        return buffer.text
    }

    /// Whether the text with its escapes resolved is exactly `text`, byte for byte.
    package func equals(_ text: StaticString, in bytes: Span<UInt8>) -> Bool {
        guard hasEscapes else { return bytes.holds(text, at: range) }
        var buffer = ByteBuffer(capacity: range.count)
        append(to: &buffer, from: bytes)
        return buffer.bytes.span.holds(text, at: 0..<buffer.count)
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
            guard let digit = Self.hexDigit(bytes[offset]) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
