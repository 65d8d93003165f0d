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

    /// Whether a raw head says that the body is one JSON value.
    package static func isJSON(_ head: Span<UInt8>) -> Bool {
        let type = value(of: "content-type:", in: head)?.lowercased() ?? ""
        return type.prefix { $0 != ";" && $0 != " " } == "application/json"
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

/// Framing of a body: how its end is known (RFC 9112 §6.3).
enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked
    case untilClose
}

/// Reader of the head of a response, which lies in bytes from its first byte on. It takes what servers
/// send, and refuses what would leave the end of the body unknown.
struct HeadReader {
    private(set) var head = ResponseHead(status: 0)
    private(set) var framing = BodyFraming.untilClose
    /// The position after the empty line that ends the head.
    private(set) var end = 0
    /// Whether a field goes on in the next line (RFC 9112 §5.2). Then the lines have to be joined and
    /// read again.
    private(set) var hasFolds = false
    private var length: Int?
    private var asksToClose = false
    private var isChunked = false
    private var hasOtherCoding = false

    /// Reads the head that begins at `start`.
    ///
    /// - Returns: whether the head is complete.
    mutating func read(
        _ bytes: Span<UInt8>, from start: Int, isReplyToHead: Bool
    ) throws(HTTPError) -> Bool {
        var position = start
        var isFirst = true
        var field = start..<start
        while let end = HeadSyntax.lineEnd(bytes, from: position) {
            let line = HeadSyntax.line(bytes, from: position, to: end)
            if isFirst {
                try readStatusLine(bytes, line)
                isFirst = false
            } else if line.isEmpty {
                try decideFraming(isReplyToHead: isReplyToHead)
                self.end = end + 1
                return true
            } else if bytes[position].isBlank {
                try checkFold(of: field, in: bytes)
            } else {
                field = line
                try readField(bytes, field)
            }
            position = end + 1
        }
        return false
    }

    static let noStatusLine = HTTPError.malformed(
        "the response does not begin with an HTTP/1.x status line")

    /// Why the bytes, which hold no status line, are none. A server that expects TLS answers with an
    /// alert: a record of type 21 and version 3.
    static func complaint(about bytes: Span<UInt8>, at start: Int) -> HTTPError {
        guard bytes.count - start >= 2, bytes[start] == 21, bytes[start + 1] == 3 else {
            return noStatusLine
        }
        return .malformed("the server speaks TLS on this port: its target begins with https://")
    }

    /// Whether the bytes may be the beginning of a response head.
    static func mayBegin(_ bytes: Span<UInt8>) -> Bool {
        let beginning: StaticString = "http/1."
        return beginning.withUTF8Buffer { expected in
            for index in 0..<min(bytes.count, expected.count)
            where bytes[index].lowercased != expected[index] {
                return false
            }
            return true
        }
    }

    /// A line that goes on with the one before. Where that decides how the body is framed, two readers
    /// might understand two things.
    private mutating func checkFold(
        of field: Range<Int>, in bytes: Span<UInt8>
    ) throws(HTTPError) {
        guard !field.isEmpty else { throw .malformed("a header line has no name") }
        for name: StaticString in ["content-length:", "transfer-encoding:"]
        where bytes.matchesIgnoringCase(name, at: field.lowerBound) {
            throw .malformed("a header line that frames the body is folded")
        }
        hasFolds = true
    }

    /// Joins the folded lines of the head that `bytes` begins with: blanks stand where lines ended, so
    /// that nothing moves.
    static func unfold(_ bytes: inout [UInt8], before end: Int) {
        for position in 1..<max(end - 1, 1)
        where bytes[position] == UInt8(ascii: "\n") && bytes[position + 1].isBlank {
            bytes[position] = UInt8(ascii: " ")
            if bytes[position - 1] == UInt8(ascii: "\r") {
                bytes[position - 1] = UInt8(ascii: " ")
            }
        }
    }

    private mutating func readStatusLine(
        _ bytes: Span<UInt8>, _ line: Range<Int>
    ) throws(HTTPError) {
        guard line.count >= 12, bytes.matchesIgnoringCase("http/1.", at: line.lowerBound),
            bytes[line.lowerBound + 8] == UInt8(ascii: " ")
        else { throw Self.complaint(about: bytes, at: line.lowerBound) }
        var status = 0
        for position in line.lowerBound + 9..<line.lowerBound + 12 {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { throw .malformed("the status code is not a number") }
            status = status * 10 + Int(digit)
        }
        guard status >= 100, line.count == 12 || bytes[line.lowerBound + 12] == UInt8(ascii: " ")
        else { throw .malformed("the status code is not a number from 100 to 999") }
        head.status = status
        head.keepsAlive = bytes[line.lowerBound + 7] != UInt8(ascii: "0")
    }

    private mutating func readField(
        _ bytes: Span<UInt8>, _ line: Range<Int>
    ) throws(HTTPError) {
        guard let length = HeadSyntax.nameLength(bytes, line) else {
            throw .malformed("a header line has no colon")
        }
        let start = line.lowerBound
        // Only the fields that decide something are looked at; most are told apart by their length.
        switch length {
        case 0: throw .malformed("a header line has no name")
        case 8 where bytes.matchesIgnoringCase("location", at: start):
            head.location = Self.text(bytes, line, length)
        case 10 where bytes.matchesIgnoringCase("connection", at: start):
            readConnection(bytes, HeadSyntax.value(bytes, line, length))
        case 10 where bytes.matchesIgnoringCase("set-cookie", at: start): head.setsCookie = true
        case 11 where bytes.matchesIgnoringCase("retry-after", at: start):
            head.retryAfter = Self.text(bytes, line, length)
        case 14 where bytes.matchesIgnoringCase("content-length", at: start):
            try readContentLength(bytes, HeadSyntax.value(bytes, line, length))
        case 16 where bytes.matchesIgnoringCase("content-encoding", at: start):
            head.codings += ContentCoding.list(in: Self.text(bytes, line, length))
        case 17 where bytes.matchesIgnoringCase("transfer-encoding", at: start):
            readTransferEncoding(bytes, HeadSyntax.value(bytes, line, length))
        default: break
        }
        if HeadSyntax.isRateLimit(bytes, at: start) { head.hasRateLimits = true }
    }

    private static func text(_ bytes: Span<UInt8>, _ line: Range<Int>, _ length: Int) -> String {
        bytes.extracting(HeadSyntax.value(bytes, line, length)).text
    }

    private mutating func readConnection(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        if HeadSyntax.contains(bytes, value, "close") {
            asksToClose = true
        } else if HeadSyntax.contains(bytes, value, "keep-alive") {
            head.keepsAlive = true
        }
    }

    private mutating func readContentLength(
        _ bytes: Span<UInt8>, _ value: Range<Int>
    ) throws(HTTPError) {
        guard let number = HeadSyntax.length(bytes, value, digits: 18) else {
            throw .malformed("Content-Length is not a number")
        }
        guard length == nil || length == number else {
            throw .malformed("two Content-Length headers disagree")
        }
        length = number
    }

    /// Any list is refused, too: "gzip, chunked" is compressed underneath.
    private mutating func readTransferEncoding(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        if value.count == 7, bytes.matchesIgnoringCase("chunked", at: value.lowerBound) {
            isChunked = true
        } else if !HeadSyntax.contains(bytes, value, "identity") || value.count > 8 {
            hasOtherCoding = true
        }
    }

    private mutating func decideFraming(isReplyToHead: Bool) throws(HTTPError) {
        if hasOtherCoding { throw .malformed("a transfer coding other than chunked") }
        // Whatever else it says; and after a switch of protocols the connection speaks another one.
        if asksToClose || head.status == 101 { head.keepsAlive = false }
        if isReplyToHead || head.status < 200 || head.status == 204 || head.status == 304 {
            framing = .none
        } else if isChunked {
            framing = .chunked
            // A message framed twice is suspicious: its connection is not used again.
            if length != nil { head.keepsAlive = false }
        } else if let length {
            framing = .length(length)
        } else {
            framing = .untilClose
            head.keepsAlive = false
        }
    }
}

/// How much of a message is taken in before it counts as too large, in bytes.
package struct HTTPLimits: Sendable, Equatable {
    /// Status line and headers together.
    package var head: Int
    package var body: Int

    /// 64 KB of head and 4 MB of body unless said otherwise: a body is kept until it is whole, a
    /// service that goes wrong does so to all users at once, and reading a longer one would hold the
    /// event loop for longer than 50 ms.
    package init(head: Int = 65_536, body: Int = 4_194_304) {
        self.head = head
        self.body = body
    }

    var bodyTooLarge: HTTPError { .tooLarge("body beyond \(body) bytes") }
}
