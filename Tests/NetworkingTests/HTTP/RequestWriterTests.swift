import Base
import Networking
import Support
import Testing

struct RequestWriterTests {
    private let headers = [HeaderField("User-Agent", "chatload"), HeaderField("X", "1")]

    private func jar(_ values: String...) -> CookieJar {
        var jar = CookieJar()
        for value in values { jar.update(setCookie: Array(value.utf8).span) }
        return jar
    }

    @Test func writesAGet() {
        let template = RequestTemplate(method: "GET", target: "/a?b=", headers: headers)
        var buffer = ByteBuffer()
        template.begin(&buffer)
        buffer.append(percentEncoded: "c d")
        template.endTarget(&buffer, host: "h:1", cookies: jar("token=t"))
        template.endHead(&buffer)
        let expected =
            "GET /a?b=c%20d HTTP/1.1\r\nHost: h:1\r\nUser-Agent: chatload\r\nX: 1\r\n"
            + "Cookie: token=t\r\n\r\n"
        #expect(buffer.text == expected)
    }

    @Test(arguments: [0, 1, 9, 10, 99, 100, 12_345])
    func writesTheBodysLength(length: Int) {
        let template = RequestTemplate(method: "POST", target: "/", headers: [])
        var buffer = ByteBuffer()
        buffer.append("before")
        template.begin(&buffer)
        template.endTarget(&buffer, host: "h")
        let mark = template.beginBody(&buffer)
        let body = String(repeating: "x", count: length)
        buffer.append(body)
        template.endBody(&buffer, since: mark)
        let expected =
            "beforePOST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\n\(body)"
        #expect(buffer.text == expected)
    }

    @Test func aLaterHeaderReplacesAnEarlierOne() {
        let fixed = headers + [HeaderField("host", "other"), HeaderField("x", "2")]
        let template = RequestTemplate(
            method: "GET", target: "/", headers: fixed + [HeaderField("cookie", "a=b")])
        var buffer = ByteBuffer()
        template.begin(&buffer)
        template.endTarget(&buffer, host: "h", cookies: jar("c=d"))
        template.endHead(&buffer)
        let expected =
            "GET / HTTP/1.1\r\nUser-Agent: chatload\r\nhost: other\r\nx: 2\r\n"
            + "Cookie: a=b; c=d\r\n\r\n"
        #expect(buffer.text == expected)
    }

    @Test(arguments: [
        ("X-Key", "v", true), ("X Key", "v", false), ("", "v", false), ("X:", "v", false),
        ("X", "a\r\nY: b", false), ("X", "a\tb", true), ("X", "ü", true), ("X", "\u{7F}", false),
    ])
    func checksHeaders(name: String, value: String, isValid: Bool) {
        #expect(HeaderField(name, value).isValid == isValid)
    }
}
