import Base

/// Looking at header lines without making texts of them.
extension HeadReader {
    /// The length of the field name; nil when the line has no colon, 0 when it begins with one or
    /// with white space.
    static func nameLength(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Int? {
        for position in line {
            switch bytes[position] {
            case UInt8(ascii: ":"): return position - line.lowerBound
            case UInt8(ascii: " "), UInt8(ascii: "\t"):
                return position == line.lowerBound ? 0 : nil
            default: continue
            }
        }
        return nil
    }

    /// Whether the bytes at `position` are `text` but for the case of letters; `text` is lower case.
    static func matches(_ bytes: Span<UInt8>, at position: Int, _ text: StaticString) -> Bool {
        guard position + text.utf8CodeUnitCount <= bytes.count else { return false }
        return text.withUTF8Buffer { expected in
            for offset in 0..<expected.count
            where lowercase(bytes[position + offset]) != expected[offset] {
                return false
            }
            return true
        }
    }

    /// The value of the field whose name is `nameLength` long, without the white space around it.
    static func value(_ bytes: Span<UInt8>, _ line: Range<Int>, _ nameLength: Int) -> Range<Int> {
        var start = min(line.lowerBound + nameLength + 1, line.upperBound)
        var end = line.upperBound
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    /// Whether the range holds `text` anywhere, but for the case of letters.
    static func contains(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard range.count >= count else { return false }
        for start in range.lowerBound...(range.upperBound - count)
        where matches(bytes, at: start, text) {
            return true
        }
        return false
    }

    static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// Whether a field begins here that tells of the service's limits.
    static func isRateLimit(_ bytes: Span<UInt8>, at position: Int) -> Bool {
        // Few other fields begin with these letters.
        guard position < bytes.count else { return false }
        switch lowercase(bytes[position]) {
        case UInt8(ascii: "x"): return matches(bytes, at: position, "x-ratelimit-")
        case UInt8(ascii: "a"): return matches(bytes, at: position, "anthropic-ratelimit-")
        default: return false
        }
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}

/// The header fields of a raw response head.
package enum HeaderFields {
    /// Calls `body` with the value of every `Set-Cookie` in a raw head, status line included.
    package static func forEachSetCookie(in head: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        forEachLine(in: head) { line in
            if HeadReader.matches(head, at: line.lowerBound, "set-cookie:") {
                body(head.extracting(HeadReader.value(head, line, 10)))
            }
        }
    }

    /// Calls `body` with every line of a raw head, as it stands, in which the service tells how much
    /// of its own limits is left.
    package static func forEachRateLimit(in head: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        forEachLine(in: head) { line in
            if HeadReader.isRateLimit(head, at: line.lowerBound) { body(head.extracting(line)) }
        }
    }

    /// The reason phrase of a raw head's status line; empty where it has none.
    package static func reason(in head: Span<UInt8>) -> String {
        guard let end = HeadReader.lineEnd(head, from: 0), end > 12 else { return "" }
        return HeadReader.text(
            head, HeadReader.value(head, 0..<end - (head[end - 1] == 0x0D ? 1 : 0), 12))
    }

    /// The value of the first field called `name`, which is in lower case and ends in a colon.
    package static func value(of name: StaticString, in head: Span<UInt8>) -> String? {
        var value: String?
        forEachLine(in: head) { line in
            if value == nil, HeadReader.matches(head, at: line.lowerBound, name) {
                let length = name.utf8CodeUnitCount - 1
                value = HeadReader.text(head, HeadReader.value(head, line, length))
            }
        }
        return value
    }

    private static func forEachLine(in head: Span<UInt8>, _ body: (Range<Int>) -> Void) {
        var position = 0
        while let end = HeadReader.lineEnd(head, from: position) {
            let last = end > position && head[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
            body(position..<last)
            position = end + 1
        }
    }
}

/// The parts of a response head that clients act on.
package struct ResponseHead: Sendable, Equatable {
    /// The status code, 100…999.
    package var status: Int
    /// Whether the connection may carry another request afterwards.
    package var keepsAlive = true
    /// Whether the head has at least one `Set-Cookie`.
    package var setsCookie = false
    /// Whether the head tells how much of the service's own limits is left.
    package var hasRateLimits = false
    /// The redirect's `Location`, when there is one.
    package var location: String?
    /// The raw `Retry-After`, when there is one.
    package var retryAfter: String?

    /// What the body was coded with, in the order it was applied; empty nearly always.
    package var codings: [ContentCoding] = []
    /// Why the body stands as it came, still coded; nil where it does not.
    package var contentProblem: HTTPError?

    /// Whether codings were taken off the body.
    var isDecoded: Bool { !codings.isEmpty && contentProblem == nil }

    /// A head with this status and nothing else.
    package init(status: Int) { self.status = status }
}
