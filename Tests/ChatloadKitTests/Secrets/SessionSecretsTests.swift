import Base
import Networking
import Testing

@testable import ChatloadKit

/// A user's cookies are keys, whatever has become of them.
@Suite struct SessionSecretsTests {
    private let session = SessionSecrets(spent: SpentSecrets())

    private func note(_ name: String, _ value: String) {
        session.add(name: Array(name.utf8).span, value: Array(value.utf8).span)
    }

    private func mask(_ text: String, limit: Int = 200) -> String {
        SecretMask(secrets: Secrets([]), session: session).mask(text, limit: limit)
    }

    @Test(arguments: [
        ("your session 0123456789 is unknown", "your session *** is unknown"),
        ("0123456789", "***"), ("01234567890123456789", "******"),
        ("abcdefgh=x and short", "*** and short"), ("012345678", "012345678"), ("", ""),
        ("is quoted_value", "is ***"), ("s:A/b+c=.sigsig", "***"),
        ("s%3AA%2Fb%2Bc%3D.sigsig", "***"),
        ("hdr dG9rZW49MDEyMzQ1Njc4OQ== bad", "hdr dG9rZW49***== bad"),
    ])
    func valuesAreTakenOut(text: String, masked: String) {
        note("sid", "0123456789")
        note("other", "abcdefgh=x")
        note("brief", "short")
        note("q", "\"quoted_value\"")
        note("connect.sid", "s%3AA%2Fb%2Bc%3D.sigsig")
        #expect(mask(text) == masked)
    }

    @Test func withoutCookiesNothingChanges() {
        #expect(SecretMask(secrets: Secrets([])).mask("as it was") == "as it was")
    }

    /// Eight values are kept, thousands before them known by their hashes.
    @Test func olderValuesAreKnown() {
        for number in 0..<5_000 { note("token", "value-\(number)-0123456789abcdef") }
        #expect(session.values.count == 8)
        for number in [4_999, 4_992, 4_991, 4_000, 0] {
            #expect(
                mask("old \"value-\(number)-0123456789abcdef\" said") == "old \"***\" said",
                "\(number)")
            #expect(mask("t=VALUE-\(number)-0123456789ABCDEF") == "t=***")
        }
        #expect(mask("value-5000-0123456789abcdef") == "value-5000-0123456789abcdef")
    }

    /// A fresh token with every response, for as long as one likes, costs the same.
    @Test func memoryStaysFlat() {
        for number in 0..<100_000 { note("token", "value-\(number)-0123456789abcdef") }
        #expect(session.values.count == 8)
        for number in 0..<1_000 {
            note("name\(number)", String(repeating: "v", count: 4_000) + "\(number)")
        }
        #expect(session.values.reduce(0) { $0 + $1.count } <= 16_384)
        #expect(mask("is \(String(repeating: "v", count: 4_000))999", limit: 20) == "is ***")
    }

    @Test func aValueThatComesAgainIsTheLatest() {
        note("a", "the first one")
        for number in 0..<7 { note("a", "another one \(number)") }
        note("a", "the first one")
        note("a", "the ninth one")
        #expect(
            session.values.map { String(decoding: $0, as: UTF8.self) }.suffix(2) == [
                "the first one", "the ninth one",
            ])
        #expect(session.values.count == 8)
    }
}
