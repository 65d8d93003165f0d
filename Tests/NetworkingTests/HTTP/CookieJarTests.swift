import Base
import Networking
import Support
import Testing

struct CookieJarTests {
    private func header(_ values: [String]) -> String {
        var jar = CookieJar()
        for value in values { jar.update(setCookie: Array(value.utf8).span) }
        return text(jar)
    }

    private func text(_ jar: CookieJar) -> String { jar.header() }

    @Test(arguments: [
        (["token=abc; expires=Fri, 31 Dec 2027 23:59:59 GMT; path=/; SameSite=Lax"], "token=abc"),
        (["a=1", "b=2", "a=3"], "a=3; b=2"),
        (["a=1", "ab=2", "b=3", "b=longer"], "a=1; ab=2; b=longer"),
        (["a="], "a="),
        ([" a = x y ;Path=/"], "a=x y"),
        (["a=b=c"], "a=b=c"),
        (["", "=x", "noequals", ";a=b", "a\u{1}=b"], ""),
    ])
    func keepsWhatIsSet(values: [String], expected: String) {
        #expect(header(values) == expected)
    }

    @Test(arguments: [
        "b=; Max-Age=0", "b=; max-age=-5", "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "b=; expires=Thu, 01-Jan-70 00:00:01 GMT", "b=; expires=Tue, 10 Nov 2009 23:00:00 GMT",
        "b=x; expires=Thu Jan  1 00:00:00 1970", "b=; Expires=Fri, 31 Dec 2027 1:1:1; Max-Age=0",
    ])
    func deletes(value: String) {
        #expect(header(["a=1", "b=2", "c=3", value]) == "a=1; c=3")
        #expect(header(["b=2", value]) == "")
        #expect(header(["a=1", "b=2", value]) == "a=1")
    }

    @Test(arguments: [
        "b=9; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=9; Max-Age=nonsense",
        "b=9; Expires=soon", "b=9; Expires=Sun, 01-Jan-45 00:00:00 GMT", "b=9; Max-Age=",
        "b=9; Expires=Sat Jan 30 00:00:00 2044",
    ])
    func keeps(value: String) {
        #expect(header(["b=2", value]) == "b=9")
    }

    @Test func isBounded() {
        var jar = CookieJar()
        for number in 0..<60 { jar.update(setCookie: Array("c\(number)=v".utf8).span) }
        #expect(jar.count == CookieJar.maximumCount)
        jar.update(setCookie: Array("c7=new".utf8).span)
        #expect(text(jar).hasPrefix("c0=v; c1=v"))
        #expect(text(jar).contains("; c7=new; ") && !text(jar).contains("c50="))
    }

    /// In a jar that has room.
    @Test func aCookieIsBounded() {
        var jar = CookieJar()
        let longest = "n=" + String(repeating: "x", count: CookieJar.maximumLength - 1)
        jar.update(setCookie: Array((longest + "x").utf8).span)
        #expect(jar.count == 0)
        jar.update(setCookie: Array(longest.utf8).span)
        #expect(jar.count == 1)
    }

    @Test func isBoundedInBytes() {
        var jar = CookieJar()
        let value = String(repeating: "x", count: 4_000)
        for number in 0..<10 { jar.update(setCookie: Array("c\(number)=\(value)".utf8).span) }
        #expect(jar.count == 4 && text(jar).utf8.count <= CookieJar.maximumTotal)
        jar.update(setCookie: Array("d=1".utf8).span)
        jar.update(setCookie: Array("d=\(value)".utf8).span)
        #expect(text(jar).hasSuffix("; d=1"))
    }
}

/// Which cookies are kept for how long and sent where (RFC 6265 §5.1 to §5.4).
struct CookieRuleTests {
    private func jar(_ fields: [String], host: String = "chat.test", isSecure: Bool = false)
        -> CookieJar
    {
        var jar = CookieJar()
        for field in fields {
            jar.update(
                field, host: host, isSecure: isSecure, now: .seconds(100),
                wallClock: 1_800_000_000, requestPath: "/v1/api/user")
        }
        return jar
    }

    @Test(arguments: [
        ("a=1; Max-Age=10", 109, "a=1"), ("a=1; Max-Age=10", 110, ""),
        // 10 s after the wall clock.
        ("a=1; Expires=Fri, 15 Jan 2027 08:00:10 GMT", 109, "a=1"),
        ("a=1; Expires=Fri, 15-Jan-27 08:00:10 GMT", 110, ""),
        ("a=1; Expires=Fri Jan 15 8:0:10 2027", 111, ""),
        ("a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 120, "a=1"),
        ("a=1; Max-Age=60; Max-Age=5", 106, ""), ("a=1; Max-Age=1e9", 1_000, "a=1"),
        ("a=1; Max-Age=99999999999999999999999", 1_000, "a=1"),
        ("a=1; Expires=Fri, 32 Jan 1970 08:00:10 GMT", 1_000, "a=1"),
        ("a=1; Expires=Fri, 15 Jan 9999 25:00:10 GMT", 1_000, "a=1"),
    ])
    func expiry(field: String, at second: Int64, sent: String) {
        var jar = jar([field])
        jar.removeExpired(at: .seconds(second))
        #expect(jar.header(for: "/v1/api/x") == sent)
    }

    @Test(arguments: [
        ("a=1; Domain=example.com", "chat.test", ""), ("a=1; Domain=chat.test", "chat.test", "a=1"),
        ("a=1; Domain=.CHAT.test", "chat.test", "a=1"), ("a=1; Domain=test", "chat.test", ""),
        ("a=1; Domain=hat.test", "chat.test", ""), ("a=1; Domain=x.chat.test", "chat.test", ""),
        ("a=1; Domain=b.test", "a.b.test", "a=1"), ("a=1; Domain=", "chat.test", "a=1"),
        ("a=1; Domain=0.0.1", "127.0.0.1", ""), ("a=1; Domain=127.0.0.1", "127.0.0.1", "a=1"),
        ("a=1; Domain=localhost", "localhost", "a=1"), ("a=1; Domain=.", "chat.test", "a=1"),
    ])
    func domain(field: String, host: String, sent: String) {
        #expect(jar([field], host: host).header(for: "/v1/api/x") == sent)
    }

    @Test(arguments: [
        ("a=1; Path=/", "/x", "a=1"), ("a=1; Path=/v1", "/v1", "a=1"),
        ("a=1; Path=/v1", "/v1/x", "a=1"), ("a=1; Path=/v1", "/v12", ""),
        ("a=1; Path=/v1/", "/v1", ""), ("a=1; Path=/v1/", "/v1/x", "a=1"),
        // The request's own, where it gives none.
        ("a=1", "/v1/api/chat", "a=1"), ("a=1; Path=v1", "/v1/api", "a=1"),
        ("a=1; Path", "/v1", ""), ("a=1; PATH=/b", "/b", "a=1"),
    ])
    func path(field: String, path: String, sent: String) {
        #expect(jar([field]).header(for: path) == sent)
    }

    @Test func secureOnesAreForTLS() {
        #expect(jar(["a=1; Secure"], isSecure: true).header() == "")
        #expect(jar(["a=1; Secure; Path=/"], isSecure: true).header() == "a=1")
        #expect(jar(["a=1; Secure; Path=/"]).header() == "")
        #expect(jar(["a=1; Path=/", "a=2; secure; Path=/"]).header() == "")
    }

    @Test func oneNameOnTwoPathsIsTwoCookies() {
        let jar = jar([
            "a=root; Path=/", "b=root; Path=/", "a=deep; Path=/v1/x", "c=mid; Path=/v1",
            "a=again; Path=/",
        ])
        #expect(jar.header(for: "/v1/x/y") == "a=deep; c=mid; a=again; b=root")
        #expect(jar.header(for: "/v1") == "c=mid; a=again; b=root")
        #expect(jar.header(for: "/") == "a=again; b=root")
    }

    /// A host's own cookie and one of its domain are two.
    @Test func oneNameOfTwoDomainsIsTwoCookies() {
        let jar = jar(
            ["a=own; Path=/", "a=all; Path=/; Domain=b.test", "a=; Path=/; Max-Age=0"],
            host: "a.b.test")
        #expect(jar.header() == "a=all")
    }

    @Test func theRequestTellsWhichAreSent() {
        let template = RequestTemplate(method: "GET", target: "/v1", headers: [])
        let jar = jar(["a=1; Path=/v1/chat", "b=2; Path=/v1/user"])
        for (rest, line) in [("/chat?x=/v1/user", "Cookie: a=1\r\n"), ("/bots", "")] {
            var buffer = ByteBuffer()
            template.begin(&buffer)
            buffer.append(rest)
            template.endTarget(&buffer, host: "h", cookies: jar)
            #expect(buffer.text == "GET /v1\(rest) HTTP/1.1\r\nHost: h\r\n" + line)
        }
    }
}
