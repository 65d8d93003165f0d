import Base
import Networking
import Testing

@testable import ChatloadKit

/// Failures of HTTP in words.
@Suite struct RefusedRequestTests {
    /// The status line and `Location` of an answer to `POST /base/x?secret=1`, and what is said.
    struct Row: Sendable, CustomTestStringConvertible {
        let answer: String
        let location: String?
        let text: String
        let words: String
        var testDescription: String { words }

        init(_ answer: String, _ location: String? = nil, _ text: String = "", says words: String) {
            (self.answer, self.location, self.text, self.words) = (answer, location, text, words)
        }
    }

    @Test(arguments: [
        Row("404 Not Found", nil, "no such bot", says: "404 Not Found: no such bot"),
        Row("404", says: "404"), Row("503 Out  of\tOrder ", says: "503 Out  of\tOrder"),
        Row(
            "301 Moved", "https://a.example/y", "<p>", says: "301 Moved to https://a.example/y: <p>"
        ),
        Row("308 Moved", "../y/", says: "308 Moved to ../y/"),
        Row("307 Moved", "", says: "307 Moved without a Location"),
        Row("302 Found", says: "302 Found without a Location"),
        Row("304 Not Modified", says: "304 Not Modified"),
        Row(
            "301 Moved", "https://chat.example/base/x?secret=1",
            says: "301 Moved to https://chat.example/base/x?secret=1 (begin --target with https://)"
        ),
        Row(
            "308 Moved", "/base/x/",
            says: "308 Moved to /base/x/ (only the slash at the end differs; see --target)"),
        Row(
            "308 Moved", "HTTP://CHAT.example:8080/base/x/?secret=1",
            says:
                "308 Moved to HTTP://CHAT.example:8080/base/x/?secret=1 (only the slash at the end"
                + " differs; see --target)"),
        Row(
            "301 Moved", "https://chat.example/login",
            says: "301 Moved to https://chat.example/login"),
        Row("301 Moved", "//chat.example/base/x", says: "301 Moved to //chat.example/base/x"),
    ])
    func naming(row: Row) {
        var request = ByteBuffer()
        request.append("POST /base/x?secret=1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /other HTTP/1.1\r\n")
        var head = ResponseHead(status: Int(row.answer.prefix(3)) ?? 0)
        head.location = row.location
        let named = RefusedRequest(request).naming(
            ExchangeFailure(.httpUnexpected, row.text), head,
            Array("HTTP/1.1 \(row.answer)\r\nX: y\r\n\r\n".utf8).span,
            from: "http://chat.example:8080")
        #expect(named == ExchangeFailure(.httpUnexpected, "POST /base/x: " + row.words))
    }

    /// Whatever a server writes there, there are words for it.
    @Test func noLocationHurts() {
        var random = SeededRandom(seed: 3)
        let pieces = [
            "http", "s", "://", "/", "//", ":", "[", "]", "?", "#", "@", "x", "\u{0}", "é",
        ]
        var request = ByteBuffer()
        request.append("GET / HTTP/1.1\r\n\r\n")
        for _ in 0..<2_000 {
            let location = (0..<random.next() % 8).map { _ in
                pieces[Int(random.next() % UInt64(pieces.count))]
            }.joined()
            let hint = RefusedRequest(request).hint(on: location, from: "http://[::1]:80")
            #expect(hint?.isEmpty != true)
        }
    }
}
