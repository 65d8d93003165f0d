import Base

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
