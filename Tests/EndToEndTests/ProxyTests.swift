import Glibc
import Support
import Testing

/// Proxies that the environment names.
@Suite struct ProxyTests {
    private static let password = "pr0xy-pass"
    /// Of `ana:pr0xy-pass`.
    private static let token = "YW5hOnByMHh5LXBhc3M="

    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    @Test(arguments: ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
    func plainTargetsAreNamedInFull(variable: String) async throws {
        let proxy = try await LoopbackProxy()
        let (server, port) = try serve([])
        let run = try Child(
            load("http://127.0.0.1:\(port)"),
            environment: environment(variable, Self.withPassword(proxy))
        ).ending()
        server.signal(SIGTERM)
        #expect(run.code == 0, "\(run.messages)")
        let requests = proxy.requests.filter { !$0.isEmpty }
        #expect(requests.count == 4)
        let start = "POST http://127.0.0.1:\(port)/"
        let field = "\r\nProxy-Authorization: Basic \(Self.token)\r\n"
        #expect(requests.allSatisfy { $0.hasPrefix(start) && $0.contains(field) })
        #expect(server.ending().messages.contains("Received 4 requests"))
        let name = "127.0.0.1:\(proxy.port) (\(variable))"
        #expect(run.messages.contains("at http://127.0.0.1:\(port) through the proxy \(name)"))
        #expect(run.output.contains("everything went through the proxy \(name)"), "\(run.output)")
        #expect(text(of: folder + "/run.json")?.contains("\"\(name)\"") == true)
        expectNoSecret(in: run)
    }

    @Test func encryptedTargetsAreReachedThroughATunnel() async throws {
        let proxy = try await LoopbackProxy()
        let certificate = scratch.path + "/made.pem"
        let (server, port) = try serve(
            ["--tls", "--tls-cert-out", certificate], scheme: "https")
        let run = try Child(
            load("https://127.0.0.1:\(port)", "--cacert", certificate),
            environment: environment("HTTPS_PROXY", Self.withPassword(proxy))
        ).ending()
        server.signal(SIGTERM)
        #expect(run.code == 0, "\(run.messages) \(run.output)")
        #expect(
            proxy.requests == [
                "CONNECT 127.0.0.1:\(port) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
                    + "Proxy-Authorization: Basic \(Self.token)\r\n\r\n"
            ])
        #expect(server.ending().messages.contains("Received 4 requests on 1 connections"))
        expectNoSecret(in: run)
    }

    @Test(arguments: [
        (
            LoopbackProxy.Manner.refuses("407 Proxy Authentication Required"), "connect_refused",
            "refused the tunnel: 407; it wants a user and a password"
        ),
        (.refuses("502 Bad Gateway"), "connect_refused", "refused the tunnel: 502"),
        (.hangsUp, "connect_reset", "connection closed before the tunnel was open"),
    ])
    func aTunnelThatIsNotOpened(
        manner: LoopbackProxy.Manner, outcome: String, words: String
    ) async throws {
        let proxy = try await LoopbackProxy(manner)
        let output = try probe(
            "https://127.0.0.1:9", through: "127.0.0.1:\(proxy.port)", by: "HTTPS_PROXY")
        #expect(
            output.contains("outcome \(outcome): the proxy 127.0.0.1:\(proxy.port): \(words)"),
            "\(output)")
    }

    @Test func aTunnelThatEnds() async throws {
        let proxy = try await LoopbackProxy(.dies)
        let output = try probe(
            "https://127.0.0.1:9", through: "127.0.0.1:\(proxy.port)", by: "HTTPS_PROXY")
        #expect(output.contains("outcome connect_reset: "), "\(output)")
        #expect(output.contains("during the TLS handshake"), "\(output)")
    }

    @Test func aProxyThatIsNotThere() throws {
        let nobody = try LocalServer(listens: false)
        let output = try probe(
            "http://127.0.0.1:9", through: nobody.url, by: "HTTP_PROXY")
        #expect(
            output.contains(
                "outcome connect_refused: the proxy 127.0.0.1:\(nobody.port): connection refused"),
            "\(output)")
    }

    @Test func aProxyThatWantsAPassword() async throws {
        let proxy = try await LoopbackProxy(.refuses("407 Proxy Authentication Required"))
        let output = try probe(
            "http://127.0.0.1:9", through: "127.0.0.1:\(proxy.port)", by: "HTTP_PROXY")
        #expect(output.contains("outcome http_4xx: "), "\(output)")
        #expect(output.contains("407 Proxy Authentication Required: the proxy wants"), "\(output)")
    }

    /// Neither excepted targets nor the sandbox inside go through it.
    @Test(arguments: ["127.0.0.1", "*", "localhost,127.0.0.0/8", nil])
    func othersAreReachedDirectly(exceptions: String?) async throws {
        let proxy = try await LoopbackProxy()
        var variables = environment("HTTP_PROXY", "127.0.0.1:\(proxy.port)")
        variables["NO_PROXY"] = exceptions
        let (server, port) = try serve([])
        let target = exceptions == nil ? nil : "http://127.0.0.1:\(port)"
        let run = try Child(load(target), environment: variables).ending()
        server.signal(SIGTERM)
        #expect(run.code == 0, "\(run.messages)")
        #expect(proxy.requests.isEmpty)
        #expect(!(run.messages + run.output).contains("proxy"))
    }

    @Test(arguments: [
        ("socks5://ana:pr0xy-pass@127.0.0.1:1080", "socks5 proxies are not supported"),
        ("https://ana:pr0xy-pass@127.0.0.1:1080", "https proxies are not supported"),
        ("http://ana:pr0xy-pass@", "names no proxy"),
        ("ana:pr0xy-pass", "names no proxy"),
        ("http://ana:pr0xy-pass%zz@127.0.0.1:1080", "a % without two hexadecimal digits"),
    ])
    func variablesThatNameNone(value: String, words: String) throws {
        let server = try LocalServer()
        let run = try Child(load(server.url), environment: environment("http_proxy", value))
            .ending()
        #expect(run.code == 104)
        #expect(run.messages.hasPrefix("chatload: error: http_proxy: "), "\(run.messages)")
        #expect(run.messages.contains(words), "\(run.messages)")
        #expect(!server.hasConnection())
        expectNoSecret(in: run)
    }

    // MARK: Parts

    private var folder: String { scratch.path + "/run" }

    private static func withPassword(_ proxy: LoopbackProxy) -> String {
        "http://ana:\(password)@127.0.0.1:\(proxy.port)"
    }

    private func environment(_ variable: String, _ value: String) -> [String: String] {
        ["TOKEN": "any-token", variable: value]
    }

    /// Four requests of one user.
    private func load(_ target: String?, _ more: String...) throws -> [String] {
        let script = try scratch.write(#"{"turns":[{"say":"Hello"},{"say":"Bye"}]}"#, to: "s.jsonl")
        return ["run", script] + service + (target.map { ["--target", $0] } ?? []) + [
            "-c", "1", "-n", "2", "--think", "0", "-o", folder,
        ] + more
    }

    private var service: [String] {
        [
            "--service", "stammer", "--set", "token=env:TOKEN", "--set",
            "chatbot_uuid=\(RefusalTests.uuid)",
        ]
    }

    /// What a probe shows, its blanks evened.
    private func probe(_ target: String, through proxy: String, by variable: String) throws
        -> String
    {
        let run = try Child(
            ["probe", "--target", target] + service, environment: environment(variable, proxy)
        ).ending()
        #expect(run.code == 1, "\(run.messages)")
        return run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private func expectNoSecret(in run: Child.Ending) {
        let files = names(in: folder).compactMap { text(of: folder + "/" + $0) }
        for text in files + [run.output, run.messages] {
            #expect(!text.contains(Self.password) && !text.contains(Self.token.prefix(19)))
        }
    }
}
