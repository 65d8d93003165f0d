import Testing

@testable import Base
@testable import Networking

@Suite("Requests are read the same in whatever pieces they arrive, and never trap")
struct RequestParserTests {
    static let conversation = """
        \r\nGET /api/chat?a=1&b=%20#x HTTP/1.1\r\nHost: h\r\nOrigin:  http://localhost \r\n\r\n\
        POST /v1 HTTP/1.1\r\nhost: h\r\nCONTENT-LENGTH: 5\r\nContent-Type: text/plain\r\n\r\nhello\
        PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\nCookie: token=a\r\n\r\n\
        5;x=y\r\nhello\r\n1 \r\n!\r\n0\r\nTrailer: t\r\n\r\n\
        GET http://h:1/path?q HTTP/1.0\r\nAuthorization: Token x\r\n\r\n
        """

    static let summaries = [
        "GET /api/chat ?a=1&b=%20 -|-|-|http://localhost keeps ",
        "POST /v1 ? text/plain|-|-|- keeps hello",
        "PUT / ? -|-|token=a|- keeps hello!",
        "GET /path ?q -|Token x|-|- closes ",
    ]

    @Test func readsPipelinedRequests() {
        let parsed = parse(Array(Self.conversation.utf8))
        #expect(parsed.requests.map(\.summary) == Self.summaries)
        #expect(parsed.refusal == nil)
    }

    @Test func readsAtEverySplitPoint() {
        let bytes = Array(Self.conversation.utf8)
        for split in bytes.indices {
            let parsed = parse(bytes, in: [0..<split, split..<bytes.count])
            #expect(parsed.requests.map(\.summary) == Self.summaries, "split at \(split)")
        }
    }

    @Test func readsByteByByte() {
        let bytes = Array(Self.conversation.utf8)
        let parsed = parse(bytes, in: bytes.indices.map { $0..<$0 + 1 })
        #expect(parsed.requests.map(\.summary) == Self.summaries)
    }

    static let refused: [(String, RequestParser.Refusal)] = [
        ("\u{16}\u{3}\u{1} TLS", .malformed),
        ("GET / HTTP/1.1\r\n\r\n", .malformed),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", .malformed),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .malformed),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .malformed),
        ("GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n", .malformed),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .versionNotSupported),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .malformed),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", .malformed),
        ("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", .malformed),
        ("GET / HTTP/1.1\nHost: a\n\n", .malformed),
        ("GET / HTTP/1.1\r\nHost: a\n\n", .malformed),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", .malformed),
        ("GET / HTTP/1.1\n", .malformed),
        ("GET / HTTP/1.1\r\nHost: a\u{0}\r\n\r\n", .malformed),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            .malformed
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", .malformed),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx", .malformed),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", .malformed),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            .malformed
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", .malformed),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 26214401\r\n\r\n", .bodyTooLarge),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", .malformed),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", .malformed),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", .malformed),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1900001\r\n",
            .bodyTooLarge
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
            .malformed
        ),
    ]

    @Test(arguments: refused)
    func refuses(raw: String, refusal: RequestParser.Refusal) {
        #expect(parse(Array(raw.utf8)).refusal == refusal)
    }

    @Test func boundsTheHead() {
        let endless = Array("GET /".utf8) + [UInt8](repeating: 0x61, count: 40_000)
        #expect(parse(endless).refusal == .headTooLarge)
        let long =
            "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "y", count: 33_000))\r\n\r\n"
        #expect(parse(Array(long.utf8)).refusal == .headTooLarge)
    }

    /// Also where the limit of the head is: neither the pieces nor a line feed at its edge matter.
    @Test func findsTheEndOfTheHeadInAnyPieces() {
        let limits = HTTPLimits(head: 40, body: 10)
        for filler in 0..<30 {
            let start = "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "y", count: filler)
            for end in ["\r\n\r\n", "\n", "\n\n", "\r\n\n", "\r\r\n\r\n", "\r", ""] {
                let bytes = Array((start + end).utf8)
                let whole = parse(bytes, limits: limits)
                let single = parse(bytes, in: bytes.indices.map { $0..<$0 + 1 }, limits: limits)
                #expect(whole.refusal == single.refusal)
                #expect(whole.requests.map(\.summary) == single.requests.map(\.summary))
                if end == "\r\n\r\n" { #expect(whole.requests.isEmpty == (bytes.count > 40)) }
            }
        }
    }

    @Test func askedToContinueOnlyBeforeTheBody() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        let bytes = Array((head + "ok").utf8)
        let inTwo = parse(bytes, in: [0..<head.utf8.count, head.utf8.count..<bytes.count])
        #expect(inTwo.continues == 1)
        #expect(inTwo.requests.map(\.summary) == ["POST / ? -|-|-|- keeps ok"])
        #expect(parse(bytes).continues == 0)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x , close\r\n\r\n", false),
        ("GET / HTTP/1.0\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true),
    ])
    func knowsWhetherTheConnectionLives(raw: String, keepsAlive: Bool) {
        #expect(parse(Array(raw.utf8)).requests.first?.fields.keepsAlive == keepsAlive)
    }
}
