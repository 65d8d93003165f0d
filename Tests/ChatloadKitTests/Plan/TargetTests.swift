import Base
import Testing

@testable import ChatloadKit

@Suite struct TargetTests {
    @Test(arguments: [
        ("http://localhost", Target(host: "localhost", port: 80), "http://localhost"),
        (
            "HTTP://Chat.Example.com:80/", Target(host: "chat.example.com", port: 80),
            "http://chat.example.com"
        ),
        (
            "https://a-b.c/x/y//",
            Target(host: "a-b.c", port: 443, pathPrefix: "/x/y", isTLS: true), "https://a-b.c/x/y"
        ),
        ("http://127.0.0.1:7007", Target(host: "127.0.0.1", port: 7007), "http://127.0.0.1:7007"),
        (
            "http://[::1]:8080/a", Target(host: "::1", port: 8080, pathPrefix: "/a"),
            "http://[::1]:8080/a"
        ),
        ("https://[fe80::1]", Target(host: "fe80::1", port: 443, isTLS: true), "https://[fe80::1]"),
    ])
    func reads(url: String, expected: Target, printed: String) throws {
        let target = try Target(parsing: url)
        #expect(target == expected)
        #expect(target.description == printed)
        #expect(try Target(parsing: printed) == target)
    }

    @Test(arguments: [
        ("", "the target is empty"),
        (
            "localhost:80",
            "the target has no scheme; begin it with http:// or https://"
        ),
        ("ftp://x", "the target's scheme ftp is not supported; use http or https"),
        ("http://", "the target has no host"),
        ("http://:80", "the target has no host"),
        (
            "http://u:secret@x",
            "the target must not hold a user or password; give credentials with --set"
        ),
        ("http://x?a=1", "the target must not have a query or fragment; end it with the path"),
        ("http://x:0", "the target's port is not a number from 1 to 65535"),
        ("http://x:99999", "the target's port is not a number from 1 to 65535"),
        ("http://x:", "the target's port is not a number from 1 to 65535"),
        ("http://x:+8", "the target's port is not a number from 1 to 65535"),
        ("http://[::1", "the target's address has no closing bracket"),
        ("http://[::1]x", "there is something behind the target's bracket"),
        ("http://[abc]", "the target's host \"abc\" is not a host name or address"),
        ("http://a,b", "the target's host \"a,b\" is not a host name or address"),
        ("http://bücher.de", "the target has a blank or a character beyond ASCII"),
    ])
    func refuses(url: String, expected: String) {
        let error = #expect(throws: Fault.self) { try Target(parsing: url) }
        #expect(error?.description.hasPrefix(expected) == true, "\(error?.description ?? "")")
    }
}
