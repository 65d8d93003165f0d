import Testing

@testable import Base
@testable import Networking

/// What readers of a raw head find in folded lines.
@Suite struct FoldedFieldTests {
    @Test func foldedFieldsAreRead() throws {
        let wire = Array(
            ("HTTP/1.1 302 Found\r\nSet-Cookie: a=1;\r\n Path=/x\r\nLocation: /new\r\n\t\r\n"
                + "X-RateLimit-Remaining:\r\n 7\r\nContent-Length: 0\r\n\r\n").utf8)
        var parser = ResponseParser(limits: HTTPLimits())
        parser.reset(isReplyToHead: false)
        try #require(try parser.feed(wire.span))
        #expect(parser.head.location == "/new")
        var (cookies, limits, heads) = ([String](), [String](), [UInt8]())
        parser.withMessage(input: wire.span) { head, _ in
            heads = head.withUnsafeBufferPointer { Array($0) }
            HeadSyntax.forEachSetCookie(in: head) {
                cookies.append($0.text)
            }
            HeadSyntax.forEachRateLimit(in: head) {
                limits.append($0.text)
            }
        }
        #expect(cookies == ["a=1;   Path=/x"])
        #expect(limits == ["X-RateLimit-Remaining:   7"])
        #expect(heads.count == wire.count)
    }
}
