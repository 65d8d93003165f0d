import Base

/// Syntax of a message's head in both directions (RFC 9112 §2.2, §5), without making texts of it.
package enum HeadSyntax {
    /// The position of the next line feed.
    static func lineEnd(_ bytes: Span<UInt8>, from start: Int, to end: Int = .max) -> Int? {
        bytes.firstIndex(of: UInt8(ascii: "\n"), from: start, to: end)
    }

    /// The line from `start` up to its line feed at `end`, without the carriage return before that.
    static func line(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Range<Int> {
        start..<(end > start && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end)
    }

    /// The length of the field name; nil when the line has no colon, 0 when it begins with one or
    /// with white space.
    static func nameLength(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Int? {
        // Letters, which names are made of, come behind all that ends one.
        for position in line where bytes[position] <= UInt8(ascii: ":") {
            switch bytes[position] {
            case UInt8(ascii: ":"): return position - line.lowerBound
            case UInt8(ascii: " "), UInt8(ascii: "\t"):
                return position == line.lowerBound ? 0 : nil
            default: continue
            }
        }
        return nil
    }

    /// The value of the field whose name is `nameLength` long, without the white space around it.
    static func value(_ bytes: Span<UInt8>, _ line: Range<Int>, _ nameLength: Int) -> Range<Int> {
        bytes.trimmed(line.dropFirst(nameLength + 1))
    }

    /// What a `Content-Length` says, of so many digits at most; eighteen cannot overflow.
    static func length(_ bytes: Span<UInt8>, _ value: Range<Int>, digits most: Int) -> Int? {
        guard (1...most).contains(value.count) else { return nil }
        var number = 0
        for position in value {
            guard bytes[position].isDigit else { return nil }
            number = number * 10 + Int(bytes[position] - UInt8(ascii: "0"))
        }
        return number
    }

    /// Whether the range holds `text` anywhere, but for the case of letters.
    static func contains(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard range.count >= count else { return false }
        for start in range.lowerBound...(range.upperBound - count)
        where bytes.matchesIgnoringCase(text, at: start) {
            return true
        }
        return false
    }

    /// Whether a field begins here that tells of the service's limits.
    static func isRateLimit(_ bytes: Span<UInt8>, at position: Int) -> Bool {
        // Few other fields begin with these letters.
        guard position < bytes.count else { return false }
        switch bytes[position].lowercased {
        case UInt8(ascii: "x"): return bytes.matchesIgnoringCase("x-ratelimit-", at: position)
        case UInt8(ascii: "a"):
            return bytes.matchesIgnoringCase("anthropic-ratelimit-", at: position)
        default: return false
        }
    }

    // MARK: Raw heads of responses

    /// Calls `body` with the value of every `Set-Cookie` in a raw head, status line included.
    package static func forEachSetCookie(in head: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        forEachLine(in: head) { line in
            if head.matchesIgnoringCase("set-cookie:", at: line.lowerBound) {
                body(head.extracting(value(head, line, 10)))
            }
        }
    }

    /// Calls `body` with every line of a raw head, as it stands, in which the service tells how much
    /// of its own limits is left.
    package static func forEachRateLimit(in head: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        forEachLine(in: head) { line in
            if isRateLimit(head, at: line.lowerBound) { body(head.extracting(line)) }
        }
    }

    /// The reason phrase of a raw head's status line; empty where it has none.
    package static func reason(in head: Span<UInt8>) -> String {
        guard let end = lineEnd(head, from: 0), end > 12 else { return "" }
        return head.extracting(value(head, line(head, from: 0, to: end), 12))
            .text
    }

    /// The value of the first field called `name`, which is in lower case and ends in a colon.
    package static func value(of name: StaticString, in head: Span<UInt8>) -> String? {
        var value: String?
        forEachLine(in: head) { line in
            if value == nil, head.matchesIgnoringCase(name, at: line.lowerBound) {
                let length = name.utf8CodeUnitCount - 1
                value = head.extracting(Self.value(head, line, length)).text
            }
        }
        return value
    }

    private static func forEachLine(in head: Span<UInt8>, _ body: (Range<Int>) -> Void) {
        var position = 0
        while let end = lineEnd(head, from: position) {
            body(line(head, from: position, to: end))
            position = end + 1
        }
    }
}

extension UInt8 {
    /// Whether it may stand in a field's value: no control character other than the tab.
    package var isFieldContent: Bool { self >= 0x20 && self != 0x7F || self == UInt8(ascii: "\t") }
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
