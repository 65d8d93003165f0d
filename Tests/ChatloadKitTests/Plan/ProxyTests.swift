import Base
import Networking
import Testing

@testable import ChatloadKit

/// What the values of proxy variables mean.
@Suite struct ProxyTests {
    @Test(arguments: [
        ("http://127.0.0.1:3128", "127.0.0.1:3128"),
        ("proxy.example.com:8080", "proxy.example.com:8080"),
        ("HTTP://Proxy.Example.com/", "proxy.example.com:80"), ("http://[::1]:3128", "[::1]:3128"),
        ("http://ana:secret@10.0.0.1:80", "10.0.0.1:80"), ("ana:p@ss/word@proxy:81/x", "proxy:81"),
    ])
    func names(value: String, name: String) throws {
        let proxy = try Proxy(parsing: value, from: "HTTP_PROXY")
        #expect(proxy.name == name)
        #expect(proxy.description == "\(name) (HTTP_PROXY)")
    }

    @Test(arguments: [
        ("http://proxy:80", nil),
        ("http://ana:secret@proxy:80", "YW5hOnNlY3JldA=="),
        ("http://token@proxy:80", "dG9rZW46"),
        ("http://a%40b:p%3Aq%2F@proxy:80", "YUBiOnA6cS8="),
        ("ana:p@ss/word@proxy:81", "YW5hOnBAc3Mvd29yZA=="),
    ])
    func credentials(value: String, token: String?) throws {
        let proxy = try Proxy(parsing: value, from: "HTTP_PROXY")
        #expect(proxy.http.authorization == token.map { "Basic \($0)" })
        let secrets = Secrets(proxy.secretValues)
        #expect(secrets.values.isEmpty == (token == nil))
        if let token { #expect(secrets.mask("Basic \(token)") == "Basic ***") }
        #expect(
            !secrets.mask("it was p%3Aq%2F, p:q/, secret, token and p@ss/word").contains("p:q/")
                || token != "YUBiOnA6cS8=")
    }

    @Test func everyFormOfAPasswordIsMasked() throws {
        let proxy = try Proxy(parsing: "http://ana:p%3Aq%2Fr@proxy:80", from: "HTTP_PROXY")
        let secrets = Secrets(proxy.secretValues)
        #expect(secrets.mask("p%3Aq%2Fr p:q/r ana:p:q/r ana") == "*** *** *** ana")
    }

    @Test(arguments: [
        "socks5://proxy:1080", "https://proxy", "http://", "http://:80", "http://proxy:0",
        "http://proxy:99999", "http://pro xy", "://", "http://a%z@proxy:80",
        "http://a%0Ab@proxy:80",
        "http://[::1:80",
    ])
    func unusable(value: String) {
        #expect(throws: Fault.self) { try Proxy(parsing: value, from: "HTTP_PROXY") }
    }

    @Test(arguments: [
        ("*", "http://a.example.com", true),
        ("example.com", "http://example.com", true), ("example.com", "http://a.example.com", true),
        (".example.com", "http://a.b.example.com", true),
        (".example.com", "http://example.com", true),
        ("*.example.com", "http://a.example.com", true),
        ("example.com", "http://badexample.com", false),
        ("a.example.com", "http://example.com", false),
        ("x, Example.COM ,y", "https://EXAMPLE.com", true), ("x y", "http://y", true),
        ("example.com:8080", "http://example.com:8080", true),
        ("example.com:8080", "http://example.com", false),
        ("example.com:443", "https://a.example.com", true),
        ("127.0.0.1", "http://127.0.0.1:9", true), ("127.0.0.1:9", "http://127.0.0.1:9", true),
        ("127.0.0.1:8", "http://127.0.0.1:9", false), ("0.0.1", "http://127.0.0.1", false),
        ("::1", "http://[::1]:9", true), ("[::1]", "http://[::1]:9", true),
        ("[::1]:9", "http://[::1]:9", true), ("[::1]:8", "http://[::1]:9", false),
        ("10.0.0.0/8", "http://10.1.2.3", true), ("10.0.0.0/8", "http://11.1.2.3", false),
        ("10.1.2.3/32", "http://10.1.2.3", true), ("0.0.0.0/0", "http://10.1.2.3", true),
        ("10.0.0.0/33", "http://10.0.0.1", false), ("10.0.0.0/x", "http://10.0.0.1", false),
        ("fd00::/8", "http://[fd12::1]", true), ("fd00::/8", "http://10.0.0.1", false),
        ("::/0", "http://10.0.0.1", false), ("10.0.0.0/8", "http://ten.example.com", false),
        ("", "http://a", false), (",, .", "http://a", false),
    ])
    func exceptions(list: String, target: String, isExcepted: Bool) throws {
        #expect(try ProxyExceptions(list).contain(Target(parsing: target)) == isExcepted)
    }
}
