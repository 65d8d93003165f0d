import Base
import Networking
import Testing

@testable import Sandbox

private func decoded(_ text: String) -> [UInt8]? { Base64URL.decode(Array(text.utf8).span) }

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

@Suite("Hashes and encodings against the vectors of their standards")
struct CryptoTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000),
            "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
        ),
    ])
    func sha256(text: String, digest: String) {
        #expect(hex(SHA256.hash(Array(text.utf8))) == digest)
    }

    /// RFC 4648 §10 without padding, and two bytes that need the URL-safe characters.
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
        ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"), ("\u{FF}\u{FE}?>", "w7_Dvj8-"),
    ])
    func base64URL(text: String, encoded: String) {
        let bytes = Array(text.utf8)
        #expect(String(decoding: Base64URL.encode(bytes), as: UTF8.self) == encoded)
        #expect(decoded(encoded) == bytes)
    }

    @Test(arguments: ["A", "Zg=", "Z+8", "Zh", "Zm9"])
    func base64URLRefuses(encoded: String) {
        #expect(decoded(encoded) == nil)
    }

    @Test(arguments: [
        ("abc", "abc", true), ("abc", "abd", false), ("abc", "ab", false), ("", "", true),
        ("", "a", false), ("a\u{0}", "a", false),
    ])
    func constantTimeComparison(left: String, right: String, isEqual: Bool) {
        let equal = Array(left.utf8).span
            .isEqualInConstantTime(to: Array(right.utf8).span)
        #expect(equal == isEqual)
    }
}

@Suite("Session tokens")
struct BotyardTokensTests {
    static let now = Nanoseconds.seconds(1_700_000_000)
    let tokens = BotyardTokens(secret: 1)

    func verify(_ token: [UInt8], at now: Nanoseconds = now) -> BotyardTokens.Claims? {
        tokens.verify(token.span, at: now)
    }

    let claims = BotyardTokens.Claims(user: ULID(value: 77), nickname: "Ana <3")

    @Test func namesWhomItWasIssuedTo() {
        let token = tokens.issue(claims, at: Self.now)
        #expect(verify(token) == claims)
    }

    @Test func expires() {
        let token = tokens.issue(claims, at: Self.now)
        let lifetime = Nanoseconds.seconds(10_080 * 60)
        #expect(verify(token, at: Self.now + lifetime - .seconds(1)) == claims)
        #expect(verify(token, at: Self.now + lifetime) == nil)
    }

    @Test func noChangedByteIsValid() {
        let token = tokens.issue(claims, at: Self.now)
        for index in token.indices {
            var changed = token
            changed[index] ^= 1
            #expect(verify(changed) == nil, "byte \(index)")
            #expect(verify(Array(token[..<index])) == nil)
        }
    }

    @Test func anotherKeyOrAlgorithmIsNotValid() {
        let foreign = BotyardTokens(secret: 2).issue(claims, at: Self.now)
        #expect(verify(foreign) == nil)
        let none = Base64URL.encode(Array("{\"alg\":\"none\",\"typ\":\"JWT\"}".utf8))
        let payload = tokens.issue(claims, at: Self.now).split(separator: 0x2E)[1]
        let unsigned = none + [0x2E] + payload + [0x2E]
        #expect(verify(Array(unsigned)) == nil)
    }

    @Test(arguments: [
        ("token=abc", "abc"), ("a=b; token=abc; c=d", "abc"), ("xtoken=1", nil), ("token=", nil),
        ("a=token=1;token=2", "2"), ("", nil), (";;; token=x", "x"),
    ])
    func findsTheCookie(header: String, value: String?) {
        let bytes = Array(header.utf8)
        let range = BotyardTokens.cookie(in: bytes.span, 0..<bytes.count)
        #expect(range.map { String(decoding: bytes[$0], as: UTF8.self) } == value)
    }
}

@Suite("Identifiers")
struct ULIDTests {
    @Test func areMonotonicAndShareTheirTime() {
        var factory = ULIDFactory(start: .milliseconds(1_469_918_176_385), seed: 1)
        let ids = (0..<10_000).map { _ in factory.next() }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 && $0.text < $1.text })
        #expect(Set(ids.map { $0.text.prefix(10) }) == ["01aryz6s41"])
        #expect(ids.allSatisfy { $0.text.count == 26 && ULID(text: $0.text) == $0 })
    }

    @Test(arguments: [
        "", "01hc76p6ma76qfrs0bfr5x2pr", "01HC76P6MA76QFRS0BFR5X2PRY", "81hc76p6ma76qfrs0bfr5x2pry",
        "01hc76p6ma76qfrs0bfr5x2pru", "01hc76p6ma76qfrs0bfr5x2pr€",
    ])
    func refusesOtherSpellings(text: String) {
        #expect(ULID(text: text) == nil)
    }
}
