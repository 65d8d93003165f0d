import Networking
import Testing

@testable import ChatloadKit

/// A session's cookies are keys, whoever repeats them.
@Suite struct CookieMaskingTests {
    @Test(arguments: [
        ("your session 0123456789 is unknown", "your session *** is unknown"),
        ("0123456789", "***"), ("01234567890123456789", "******"),
        ("abcdefgh=x and short", "*** and short"), ("012345678", "012345678"), ("", ""),
    ])
    func valuesAreTakenOut(text: String, masked: String) {
        var jar = CookieJar()
        for cookie in ["sid=0123456789; Path=/", "other=abcdefgh=x", "brief=short"] {
            jar.update(setCookie: Array(cookie.utf8).span)
        }
        #expect(jar.masking(text) == masked)
    }

    @Test func withoutCookiesNothingChanges() {
        #expect(CookieJar().masking("as it was") == "as it was")
    }
}
