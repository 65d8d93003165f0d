import ChatloadKit
import Testing

@testable import chatload

/// Which variable of the environment names the proxy.
@Suite struct ProxyOptionsTests {
    @Test(
        arguments: [
            (["HTTP_PROXY": "a"], "http://t", "HTTP_PROXY"),
            (["HTTP_PROXY": "a"], "https://t", nil),
            (["HTTPS_PROXY": "a"], "https://t", "HTTPS_PROXY"),
            (["HTTPS_PROXY": "a"], "http://t", nil),
            (["ALL_PROXY": "a"], "https://t", "ALL_PROXY"),
            (["ALL_PROXY": "a", "https_proxy": "b"], "https://t", "https_proxy"),
            (["HTTP_PROXY": "a", "http_proxy": "b"], "http://t", "http_proxy"),
            (["HTTP_PROXY": "a", "http_proxy": ""], "http://t", nil),
            (["HTTP_PROXY": "", "ALL_PROXY": "a"], "http://t", nil),
            (["HTTP_PROXY": "a", "NO_PROXY": "t"], "http://t", nil),
            (["HTTP_PROXY": "a", "NO_PROXY": "t", "no_proxy": "u"], "http://t", "HTTP_PROXY"),
            (["HTTP_PROXY": "socks5://a", "NO_PROXY": "t"], "http://t", nil),
            ([:], "http://t", nil),
        ] as [([String: String], String, String?)])
    func variables(environment: [String: String], target: String, variable: String?) throws {
        let proxy = try Proxy(to: Target(parsing: target), in: environment)
        #expect(proxy?.variable == variable)
    }
}
