import ChatloadKit
import Glibc
import Base
import Networking
import Testing

@testable import chatload

/// Nothing that a probe shows holds a secret, whatever the service says back.
@Suite struct ProbeSecretTests {
    private static let secret = "s3cr/t \"q\" é+&=<"
    private static let cookie = "eyJhbGciOiJIUzI1NiJ9.session"

    /// The ways in which services and proxies repeat things.
    private static var echoes: [String] {
        var percent = ByteBuffer()
        percent.append(percentEncoded: secret)
        var json = ByteBuffer()
        json.append(jsonEscaped: secret)
        let base64 = ["", "u:", "id:"].map { base64Text($0 + secret) }
        return [secret, percent.text, percent.text.lowercased(), json.text] + base64
    }

    private static var run: ProbeRun {
        let head = "HTTP/1.1 200 OK\r\nX-Echo: \(echoes[1])\r\nSet-Cookie: sid=\(cookie); Path=/"
        let body = echoes.joined(separator: " | ") + " and the cookie \(cookie)"
        var run = ProbeRun(service: .tamako, settings: ["svcsecret": secret, "prvid": "prv-id-1"])
        run.headers = [HeaderField("Authorization", "Bearer h34d3r-s3cret")]
        run.says = ["one", "two"]
        run.answers = [
            answer(head, body),
            answer("HTTP/1.1 500 Oh\r\nX: prv-id-1 h34d3r-s3cret", "{\"error\":\"\(cookie)\"}"),
        ]
        return run
    }

    @Test func noFormOfTheProbeShowsOne() async throws {
        let texts = [
            try await Self.run.text(), try await Self.run.text(showsAll: true),
            try await Self.run.text { ProbeJSON(of: $0, conversation: $1.id) },
            try await Self.run.text { order, conversation in
                ProbeCurl(
                    origin: order.plan.target, conversation: conversation, RunSettings(),
                    in: .made())
            },
        ]
        for text in texts {
            #expect(text.contains(Secrets.mark))
            for secret in ["prv-id-1", "h34d3r-s3cret", Self.cookie, "s3cr"] {
                #expect(!text.contains(secret), "\(secret) in \(text)")
            }
            for echo in Self.echoes {
                #expect(!text.contains(echo.dropFirst(4).dropLast(4)), "\(echo) in \(text)")
            }
        }
    }

    @Test func cookiesAreKnownByTheirNamesAlone() {
        var mask = ProbeMask(Secrets([]))
        mask.learn(from: Array("HTTP/1.1 200 OK\r\nSet-Cookie: lang=en; Path=/\r\n\r\n".utf8))
        let head = Array("GET / HTTP/1.1\r\nCOOKIE: lang=en; sid=1\r\nAccept: en\r\n\r\n".utf8)
        #expect(
            mask.lines(ofHead: head) == [
                "GET / HTTP/1.1", "COOKIE: lang=***; sid=***", "Accept: en",
            ])
        #expect(mask.cookies == ["lang"])
    }

    /// RFC 4648 §4, by the machine's own means.
    private static func base64Text(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bits = text.utf8.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        let padded = bits + [UInt8](repeating: 0, count: (6 - bits.count % 6) % 6)
        let digits = stride(from: 0, to: padded.count, by: 6).map { start in
            alphabet[padded[start..<start + 6].reduce(0) { $0 << 1 | Int($1) }]
        }
        return String(digits) + String(repeating: "=", count: (4 - digits.count % 4) % 4)
    }
}
