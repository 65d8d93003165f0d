import Testing

@testable import Base
@testable import Networking

@Suite struct ResponseMemoryTests {
    /// Ten thousand users who think would otherwise hold ten thousand last responses.
    @Test func aReadResponseIsNotKept() throws {
        var parser = ResponseParser(limits: HTTPLimits())
        parser.reset(isReplyToHead: false)
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".utf8)
        let body = [UInt8](repeating: 97, count: 100_000)
        #expect(try !parser.feed(head.span))
        #expect(try parser.feed(body.span))
        #expect(parser.stored.count > body.count)
        parser.releaseMemory()
        #expect(parser.stored.capacity <= 4_096)
        #expect(parser.keepsAlive)
    }
}
