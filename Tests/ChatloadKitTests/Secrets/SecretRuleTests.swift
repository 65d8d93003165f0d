import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct SecretRuleTests {
    @Test(arguments: [
        "X-Session", "x-session-id", "X-Api-Key", "X-ApiKey", "x-apikey", "Authorization",
        "Proxy-Authorization", "X-Auth-Token", "X-JWT", "X-JWTToken", "X-Signature", "X-Sign",
        "Cookie", "Set-Cookie", "X-SID", "x_secret", "X-Password", "X-CSRF-Token", "AUTH",
        "X-Goog-API-Key", "credential",
    ])
    func namesThatTell(name: String) { #expect(Secrets.areIn(header: name)) }

    @Test(arguments: [
        "X-Side", "X-Design", "X-Author", "X-Keyboard", "Accept", "X-Monkey", "X-Cookies-Are-Fine",
        "X-Tokens", "X-Assign", "X-Inside", "X-Passwords-Off", "Content-Type", "User-Agent",
        "X-Request-Id", "X-Secretary", "",
    ])
    func namesThatDoNot(name: String) { #expect(!Secrets.areIn(header: name)) }

    /// Below four characters a secret is masked only as a word of its own.
    @Test(arguments: [
        ("a cat", "*** cat"), ("key=a", "key=***"), ("banana", "banana"), ("%61", "***"),
        ("x-a-y", "x-***-y"), ("xa", "xa"), ("ax", "ax"), ("YQ==", "YQ=="),
    ])
    func shortOnes(text: String, masked: String) {
        #expect(Secrets(["a"]).mask(text) == masked)
        #expect(Secrets(["a"]).hasShortValues && !Secrets(["abcd"]).hasShortValues)
    }

    @Test(arguments: [
        ("&amp;x&#x27;", "***"), ("&AMPx&#39;", "***"), ("%26x%27", "***"), ("%2526x%2527", "***"),
        ("\\u0026x\\u0027", "***"), ("\\U{26}x\\x27", "***"),
        ("&#38;#38;x&apos;", "***"),
        ("&amp;amp;x&amp;#39;", "***"),
    ])
    func escapesAreRead(text: String, masked: String) {
        let text = "1234567" + text + "89"
        let expected = masked == "***" ? "***" : "1234567" + masked + "89"
        #expect(Secrets(["1234567&x'89"]).mask(text) == expected)
    }

    /// A secret that the pieces of a body divide.
    @Test func chunksDivideNone() {
        let secrets = Secrets(["abcdefghijklmnop"])
        #expect(
            secrets.mask(Array("5\r\nxabcd\r\n6\r\nefghij\r\n6\r\nklmnop\r\n".utf8))
                == Array("5\r\nx***\r\n".utf8))
    }

    @Test func longTextsAreLookedThroughInPieces() {
        let secrets = Secrets(["abcdefghijklmnop"])
        let filler = String(repeating: ".", count: (1 << 18) - 8)
        let text = filler + "abcdefghijklmnop" + filler + "abcdefghijklmnop"
        #expect(secrets.mask(Array(text.utf8)) == Array((filler + "***" + filler + "***").utf8))
    }

    /// A long text holds the event loop, so the search ends and what it has not seen is taken out.
    @Test(arguments: [(".", 8_000_000), ("4", 3_000_000), ("%41", 1_000_000), ("&amp;", 1_000_000)])
    func whatWouldTakeLongIsTakenOut(part: String, count: Int) {
        let secrets = Secrets(["abcdefghijklmnop"])
        let text = String(repeating: part, count: count) + "abcdefghijklmnop"
        let masked = secrets.mask(Array(text.utf8))
        #expect(masked.count < text.utf8.count / 2 && masked.suffix(3) == Array("***".utf8))
        #expect(text.utf8.starts(with: masked.dropLast(3)))
    }
}
