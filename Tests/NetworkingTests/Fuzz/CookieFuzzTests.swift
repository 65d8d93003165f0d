import Support
import Testing

@testable import Base
@testable import Networking

@Suite struct CookieFuzzTests {
    private static let fuzz = Fuzz(
        "cookies",
        texts: [
            "token=abc.def-ghi; Path=/; HttpOnly; Max-Age=3600\na=1\nb=2; Expires=Thu, 01 Jan 1970",
            "a=b; expires=Thu, 01-Jan-70 00:00:00 GMT\na = c ;secure\n=x\nx=\nname\n\"q\"=\"v;w\"",
            "sid=" + String(repeating: "x", count: 4_080) + "\ns=1; max-age=0\ns=2; Max-Age=-1",
        ],
        words: [
            "=", ";", "; ", " ", "\t", "\n", "max-age=", "expires=", "1970", "-70", "2038",
            "token=",
            "a=", "\u{0}", "\r",
        ])

    /// A jar is a header that a server takes apart again into the same cookies.
    @Test func aJarStaysAHeader() throws {
        var held = 0
        try Self.fuzz.play { input in
            let jar = Self.jar(input.bytes)
            var header = ByteBuffer()
            jar.append(to: &header)
            held += jar.isEmpty ? 0 : 1
            try #require(jar.count <= CookieJar.maximumCount, "\(input)")
            try #require(header.count <= CookieJar.maximumTotal, "\(input)")
            try #require(!header.bytes.contains { $0 < 0x20 || $0 == 0x7F }, "\(input)")
            let pairs = header.bytes.split(separator: UInt8(ascii: ";"))
            try #require(pairs.count <= jar.count, "\(input)")
            // Two of one name may come from two paths or domains.
            let names = pairs.map { $0.prefix { $0 != UInt8(ascii: "=") } }
            guard Set(names).count == names.count else { return }
            let again = Self.jar(Array(pairs.joined(separator: [0x0A])))
            try #require(again.header() == header.text, "\(input)")
        }
        #expect(held > 100)
    }

    private static func jar(_ lines: [UInt8]) -> CookieJar {
        var jar = CookieJar()
        for line in lines.split(separator: 0x0A) { jar.update(setCookie: line.span) }
        return jar
    }

    @Test(.timeLimit(.minutes(10)), arguments: [";", "=", "a=b;", ";max-age=", ";expires=1", " "])
    func muchOfOneThing(unit: String) {
        var jar = CookieJar()
        let text = "a=b;" + String(repeating: unit, count: 300_000 / unit.count)
        jar.update(setCookie: Array(text.utf8).span)
        jar.update(setCookie: Array(text.dropFirst(4).utf8).span)
        #expect(jar.count <= 1)
    }

    @Test(.timeLimit(.minutes(10))) func manyCookies() {
        var jar = CookieJar()
        for number in 0..<100_000 { jar.update(setCookie: Array("c\(number)=v".utf8).span) }
        #expect(jar.count == CookieJar.maximumCount)
    }
}
