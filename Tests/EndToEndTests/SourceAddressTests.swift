import Support
import Testing

/// Where connections come from.
@Suite struct SourceAddressTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    @Test func addressesAreUsedInTurn() throws {
        let server = try LocalServer()
        let run = try Child(
            try run(to: server.url, from: "127.0.0.2,127.0.0.3,127.0.0.4", "-c", "6", "-n", "6"),
            environment: ["TOKEN": "any"]
        ).ending()
        #expect(run.code == 1, "\(run.messages)")
        let peers = server.peers().sorted()
        #expect(
            peers == [
                "127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.3", "127.0.0.4", "127.0.0.4",
            ])
    }

    @Test(arguments: [
        ("::1", "::1 is IPv6 and the target 127.0.0.1 is IPv4"),
        ("127.0.0.2,192.0.2.1", "192.0.2.1 is no address of this machine"),
    ])
    func unusableOnesAreRefused(sources: String, words: String) throws {
        let server = try LocalServer()
        let run = try Child(try run(to: server.url, from: sources), environment: ["TOKEN": "any"])
            .ending()
        #expect(run.code == 104)
        #expect(run.messages.contains("error: --source-address: \(words)"), "\(run.messages)")
        #expect(!server.hasConnection())
    }

    private func run(
        to target: String, from sources: String, _ more: String...
    ) throws -> [String] {
        let script = try scratch.write(#"{"turns":[{"say":"Hello"}]}"#, to: "one.jsonl")
        return [
            "run", script, "--service", "stammer", "--target", target, "--source-address", sources,
            "--set", "token=env:TOKEN", "--set", "chatbot_uuid=\(RefusalTests.uuid)", "--timeout",
            "300ms", "--think", "0", "--log", "none", "-o", scratch.path + "/run",
        ] + more
    }
}
