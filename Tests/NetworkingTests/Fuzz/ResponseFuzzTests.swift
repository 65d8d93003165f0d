import Support
import Testing

@testable import Base
@testable import Networking

/// Responses as a peer may send them, in pieces as the network may cut them.
@Suite struct ResponseFuzzTests {
    static let words = [
        "HTTP/1.1 200 OK\r\n", "HTTP/1.0 ", "HTTP/1.1 100 Continue\r\n\r\n", "\r\n", "\r\n\r\n",
        "\n", "Content-Length: ", "Transfer-Encoding: chunked\r\n", "identity", ", chunked",
        "Connection: close\r\n", "Connection: keep-alive\r\n", "Location: ", "Retry-After: ", "304",
        "Set-Cookie: a=b\r\n", "X-RateLimit-Remaining: 0\r\n", "204", "101", ":", ";", " ", "\t",
        "0\r\n\r\n", "5;x\r\n", "Content-Encoding: gzip\r\n", "deflate", "\r\n ", "\r\n\t",
    ]

    private static let fuzz = Fuzz(
        "response", texts: (goodResponses + badResponses + foldedResponses).map(\.wire) + [limited],
        words: words)

    /// Every field that decides something, and a body that comes near its limit.
    private static let limited =
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 2\r\nSet-Cookie: a=b; Max-Age=0\r\n"
        + "X-RateLimit-Limit: 5\r\nLocation: /x\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"
        + String(repeating: "b", count: 990)

    private struct Message: Equatable {
        var status: Int
        var keepsAlive: Bool
        var head: [UInt8]
        var body: [UInt8]
    }

    @Test func thePiecesMakeNoDifference() throws {
        var (messages, failures) = (0, 0)
        try Self.fuzz.play { input in
            let isReplyToHead = input.random.next() % 8 == 0
            let whole = Self.read([input.bytes], isReplyToHead)
            let pieces = Self.read(input.pieces(), isReplyToHead)
            try #require(whole == pieces, "\(input)")
            guard let whole else { return failures += 1 }
            messages += 1
            try #require((100...999).contains(whole.status))
            try #require(whole.body.count <= Self.limits.body, "\(input)")
            try #require(whole.head.count <= Self.limits.head, "\(input)")
            try Self.look(at: whole.head)
        }
        #expect(messages * 20 > failures && failures * 20 > messages, "\(messages), \(failures)")
    }

    /// What readers of a whole head make of it.
    private static func look(at head: [UInt8]) throws {
        var reader = HeadReader()
        try #require(try reader.read(head.span, from: 0, isReplyToHead: false))
        var cookies = 0
        var jar = CookieJar()
        HeadSyntax.forEachSetCookie(in: head.span) {
            cookies += 1
            jar.update(setCookie: $0)
        }
        try #require(reader.head.setsCookie == (cookies > 0))
        var limits = 0
        HeadSyntax.forEachRateLimit(in: head.span) { line in limits += line.isEmpty ? 0 : 1 }
        try #require(reader.head.hasRateLimits == (limits > 0))
        let pause = RetryAfter(inHead: head.span, now: 784_111_777)
        if case .delay(let delay) = pause { try #require(delay >= .zero) }
        if reader.head.retryAfter != nil { try #require(pause != .absent) }
    }

    private static let limits = HTTPLimits(head: 500, body: 1_000)

    /// The message in the pieces, after which the peer closes.
    private static func read(_ pieces: [[UInt8]], _ isReplyToHead: Bool) -> Message? {
        var parser = ResponseParser(limits: limits)
        parser.reset(isReplyToHead: isReplyToHead)
        for piece in pieces where !piece.isEmpty {
            do throws(HTTPError) {
                if try parser.feed(piece.span) { return message(parser, input: piece.span) }
            } catch {
                return nil
            }
        }
        let nothing: [UInt8] = []
        return (try? parser.end()) == true ? message(parser, input: nothing.span) : nil
    }

    private static func message(_ parser: ResponseParser, input: Span<UInt8>) -> Message {
        // What follows the message ends the connection, and is seen only in the piece that ends it.
        var message = Message(
            status: parser.head.status, keepsAlive: parser.head.keepsAlive, head: [], body: [])
        parser.withMessage(input: input) { head, body in
            message.head = head.withUnsafeBufferPointer { Array($0) }
            message.body = body.withUnsafeBufferPointer { Array($0) }
        }
        return message
    }

    /// Much of one thing takes time in proportion, and not more memory than was sent.
    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            ("", "\n"), ("HTTP/1.1 200 OK\r\n", "a: b\r\n"),
            ("HTTP/1.1 200 OK\r\n", "Set-Cookie: "), ("HTTP/1.1 200 OK\r\na: b\r\n", " c\r\n"),
            ("HTTP/1.1 200 OK\r\n", "Content-Encoding: gzip\r\n"),
            ("HTTP/1.1 200 OK\r\n\r\n", "x"), ("", "HTTP/1.1 100 Continue\r\n\r\n"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;a=b\r\nx\r\n"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "a: b\r\n"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0"),
        ])
    func muchOfOneThing(start: String, unit: String) {
        let limits = HTTPLimits(head: 1 << 21, body: 1 << 21)
        let wire = Array((start + String(repeating: unit, count: 300_000 / unit.count)).utf8)
        for size in [wire.count, 1_000, 1] {
            var parser = ResponseParser(limits: limits)
            parser.reset(isReplyToHead: false)
            var place = 0
            while place < wire.count {
                let piece = wire[place..<min(place + size, wire.count)]
                guard (try? parser.feed(piece.span)) == false else { break }
                place += size
            }
            #expect(parser.stored.count <= wire.count)
        }
    }
}
