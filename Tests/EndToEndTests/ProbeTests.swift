import FoundationEssentials
import Glibc
import Support
import Testing

/// `probe` of the built binary.
@Suite struct ProbeTests {
    @Test(arguments: [
        ("stammer", ["Turn 1, say\n> POST /en/chatbot/api/v1/message/ HTTP/1.1\n"]),
        ("tamako", ["Turn 1, say\n> GET /api/chat?prvid=***", #"<     "svcsecret": "***""#]),
        (
            "botyard",
            ["Turn 1, login\n> POST ", "Set-Cookie: token=***;", "Turn 1, poll\n> GET "]
        ),
    ])
    func showsEveryServiceOfTheSandbox(service: String, shown: [String]) throws {
        var arguments = ["probe", "--service", service, "--say", "Good morning", "--seed", "7"]
        if service == "botyard" { arguments += ["--set", "poll_first=2ms"] }
        let probe = try Child(arguments + ["--sandbox-latency", "1ms"]).ending()
        #expect(probe.code == 0 && probe.messages.isEmpty, "\(probe.messages)")
        for text in shown + ["  outcome  ok\n", "  reply    ", " succeeded, in "] {
            #expect(probe.output.contains(text), "\(text) in \(probe.output)")
        }
        #expect(probe.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    /// Each event of a stream is shown, with what was in it.
    @Test func showsTheEventsOfAStream() throws {
        let arguments = [
            "probe", "--service", "openai", "--say", "Hello", "--max-tokens", "3",
            "--sandbox-ttft", "1ms", "--sandbox-tpot", "1ms",
        ]
        let shown = try Child(arguments).ending()
        let lines = shown.output.split(separator: "\n")
        #expect(shown.code == 0, "\(shown.messages)")
        #expect(lines.count { $0.hasPrefix("< ") && $0.contains(" answer    \"") } == 3)
        #expect(lines.contains { $0.hasPrefix("< ") && $0.hasSuffix(" -         [DONE]") })
        let object = try JSONDecoder().decode(
            ProbedStream.self,
            from: Data(Child(arguments + ["--format", "json"]).ending().output.utf8))
        let events = try #require(object.exchanges.first?.response.events)
        #expect(events.compactMap(\.channel) == ["answer", "answer", "answer"])
        #expect(
            events.last?.data == "[DONE]"
                && events.map(\.after_ns) == events.map(\.after_ns).sorted())
    }

    /// What is read of it in JSON.
    private struct ProbedStream: Decodable {
        struct Exchange: Decodable { var response: Response }
        struct Response: Decodable { var events: [Event] }
        struct Event: Decodable {
            var after_ns: Int
            var channel: String?
            var data: String?
        }
        var exchanges: [Exchange]
    }

    @Test func whatIsRefusedIsShownAllTheSame() throws {
        let nobody = try LocalServer(listens: false)
        let probe = try Child(
            [
                "probe", "--service", "stammer", "--target", nobody.url, "--set", "token=env:TOKEN",
                "--set",
                "chatbot_uuid=\(RefusalTests.uuid)",
            ], environment: ["TOKEN": "swordfish"]
        ).ending()
        #expect(probe.code == 1)
        #expect(probe.output.contains("> Authorization: Token ***\n"))
        #expect(probe.output.contains("connect_refused: connection refused (nothing was sent)"))
        #expect(!probe.output.contains("swordfish"))
    }

    @Test func anInterruptShowsWhatThereIs() throws {
        let silent = try LocalServer()
        let probe = try Child(
            [
                "probe", "--service", "stammer", "--target", silent.url, "--set", "token=env:TOKEN",
                "--set",
                "chatbot_uuid=\(RefusalTests.uuid)",
            ], environment: ["TOKEN": "any"])
        #expect(probe.prints("\n> POST "))
        probe.signal(SIGINT)
        let ending = probe.ending()
        #expect(ending.code == 105)
        #expect(ending.output.contains("outcome  cancelled"))
    }

    @Test func jsonIsOneObject() throws {
        let probe = try Child(
            [
                "probe", "workloads/support.jsonl", "--conversation", "refund-shoes", "--format",
                "json", "--sandbox-latency", "1ms",
            ]
        ).ending()
        #expect(probe.code == 0, "\(probe.messages)")
        struct Probe: Decodable {
            struct Exchange: Decodable {
                var outcome: String
                var reply: String?
            }
            var schema: String
            var conversation: String
            var exchanges: [Exchange]
        }
        let whole = try JSONDecoder().decode(Probe.self, from: Data(probe.output.utf8))
        #expect(whole.schema == "chatload.probe/1" && whole.conversation == "refund-shoes")
        #expect(whole.exchanges.map(\.outcome) == ["ok", "ok", "ok", "ok", "ok"])
        #expect(whole.exchanges.allSatisfy { $0.reply?.isEmpty == false })
    }
}
