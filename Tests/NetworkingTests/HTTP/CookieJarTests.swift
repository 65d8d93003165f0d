import Networking
import Testing

struct CookieJarTests {
    private func header(_ values: [String]) -> String {
        var jar = CookieJar()
        for value in values { jar.update(setCookie: Array(value.utf8).span) }
        return text(jar)
    }

    private func text(_ jar: CookieJar) -> String {
        var buffer = ByteBuffer()
        jar.append(to: &buffer)
        return buffer.text
    }

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
        let long = "long=" + String(repeating: "x", count: CookieJar.maximumLength)
        jar.update(setCookie: Array(long.utf8).span)
        #expect(jar.count == CookieJar.maximumCount)
        #expect(!text(jar).contains("long"))
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
