import Support
import Testing

@testable import Base
@testable import Networking

@Suite struct RequestFuzzTests {
    private static let fuzz = Fuzz(
        "request", texts: [RequestParserTests.conversation] + RequestParserTests.refused.map(\.0),
        words: [
            "GET / HTTP/1.1\r\n", "Host: h\r\n", "\r\n", "\r\n\r\n", "\n", "Content-Length: ", ": ",
            "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n", "Connection: close\r\n",
            "X-Sandbox-Fault: ", "http://", "HTTP/1.0", "?", "#", "%", "0\r\n\r\n", "1;x\r\ny\r\n",
        ])

    /// However the bytes are cut, they are the same requests, and refused for the same reason.
    @Test func thePiecesMakeNoDifference() throws {
        var (read, refused) = (0, 0)
        let limits = HTTPLimits(head: 300, body: 100)
        try Self.fuzz.play { input in
            let whole = parse(input.bytes, limits: limits)
            var place = 0
            let ranges = input.pieces().map { piece in
                defer { place += piece.count }
                return place..<place + piece.count
            }
            let pieces = parse(input.bytes, in: ranges, limits: limits)
            try #require(
                whole.requests.map(\.summary) == pieces.requests.map(\.summary), "\(input)")
            try #require(whole.refusal == pieces.refusal, "\(input)")
            for request in whole.requests {
                read += 1
                try #require(request.body.count <= limits.body)
                try #require(request.body.upperBound <= request.bodyBytes.count)
                try #require(request.query.upperBound <= request.bytes.count)
            }
            refused += whole.refusal == nil ? 0 : 1
        }
        #expect(read > 50 && refused > 200)
    }

    /// Much of one thing takes time in proportion, and not more memory than the limits say.
    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            ("", "\r\n"), ("GET / HTTP/1.1\r\n", "a: b\r\n"), ("GET /?", "a=b&"),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: ", "close, "),
            ("", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "1;a=b\r\nx\r\n"),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "a: b\r\n"),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n", "x"),
        ])
    func muchOfOneThing(start: String, unit: String) {
        let wire = Array((start + String(repeating: unit, count: 300_000 / unit.utf8.count)).utf8)
        for size in [100_000, 1_000, 1] {
            var parser = RequestParser(limits: requestLimits)
            var (place, isRefused) = (0, false)
            while place < wire.count, !isRefused {
                parser.input += wire[place..<min(place + size, wire.count)]
                place += size
                var outcome = parser.next()
                while case .request = outcome {
                    outcome = .incomplete
                    parser.compact()
                    outcome = parser.next()
                }
                if case .refused = outcome { isRefused = true }
                parser.compact()
                if parser.heldBytes > 1_050_000 { Issue.record("\(parser.heldBytes) bytes held") }
            }
        }
    }
}
