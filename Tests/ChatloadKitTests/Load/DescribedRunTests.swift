import Base
import Networking
import Sandbox
import Support
import Synchronization
import Testing

@testable import ChatloadKit

/// Whole runs of described services against a peer that streams, in virtual time.
@Suite struct DescribedRunTests {
    /// A peer that answers its requests in turn, the last answer for all further ones, and keeps what
    /// it was sent.
    private final class Peer: Sendable {
        /// A response in pieces, each after so many milliseconds.
        typealias Answer = [(delay: Int64, text: String)]

        private let answers: [Answer]
        private let received = Locked<[String]>([])

        init(_ answers: [Answer]) { self.answers = answers }

        var requests: [String] { received.withLock { $0 } }

        func serve(_ stream: Stream, on loop: EventLoop) async throws {
            while true {
                let request = try await stream.receiveRequest()
                if request.isEmpty { return }
                let count = received.withLock { list in
                    list.append(String(decoding: request, as: UTF8.self))
                    return list.count
                }
                for (delay, text) in answers[min(count, answers.count) - 1] {
                    await loop.sleep(until: loop.tick + .milliseconds(delay))
                    try await stream.send(Array(text.utf8))
                }
            }
        }
    }

    private static func chunk(_ text: String) -> String {
        String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n"
    }

    /// A stream of these data lines, 10 ms apart.
    private static func stream(_ data: [String]) -> Peer.Answer {
        [
            (
                10,
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
            )
        ] + data.map { (10, chunk("data: \($0)\n\n")) } + [(0, "0\r\n\r\n")]
    }

    private static func refusal(_ status: Int, _ body: String, _ fields: String = "") -> Peer.Answer
    {
        [(10, "HTTP/1.1 \(status) X\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")]
    }

    private static func reply(_ words: [String]) -> Peer.Answer {
        stream(
            words.map { #"{"choices":[{"index":0,"delta":{"content":"\#($0)"}}]}"# } + [
                #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
                #"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":\#(words.count)}}"#,
                "[DONE]",
            ])
    }

    private static func run(
        _ scripts: [String] = [WholeRunTests.oneTurn], conversations: Int = 1,
        onReject: RejectionPolicy = .record, retry: RetryPolicy = RetryPolicy(),
        credentials: Int = 0
    ) throws -> VirtualRun {
        let openAI = try #require(Services.named("openai"))
        var run = VirtualRun(
            scripts: scripts, service: openAI,
            load: LoadShape(users: 1, conversations: conversations))
        run.adjust = { plan in
            plan.onReject = onReject
            plan.retry = retry
            plan.credentials = (0..<credentials).compactMap { number in
                let service = try? openAI.configured(
                    ["model": "m", "key": "key-\(number)"], inSandbox: true)
                return service.map { Credential(label: "c\(number)", service: $0) }
            }
        }
        return run
    }

    @Test func aConversationGoesOn() async throws {
        let peer = Peer([Self.reply(["one ", "\\\"1\\\""]), Self.reply(["two"])])
        let script = #"{"id":"s","system":"be brief","turns":[{"say":"a"},{"say":"b"}]}"#
        let result = try await Self.run([script]).against(peer.serve)
        let totals = result.summary.totals
        #expect(totals[.succeeded] == 2 && totals[.failed] == 0)
        #expect(totals[.replyTokens] == 3 && totals[.promptTokens] == 10)
        let bodies = peer.requests.map { $0.drop { $0 != "{" }.prefix { $0 != "]" } }
        let start = #"{"model":"sandbox-1","messages":[{"role":"system","content":"be brief"},"#
        let first = #"{"role":"user","content":"a"}"#
        let rest = #",{"role":"assistant","content":"one \"1\""},{"role":"user","content":"b"}"#
        let expected: [String] = [start + first, start + first + rest]
        #expect(bodies.map { String($0) } == expected)
        // The reply ends with its last piece, the response with the terminator.
        #expect(result.summary.latency[.reply].max == 30)
        #expect(result.summary.latency[.service].max == 60)
    }

    /// Every service that streams can be asked for whole replies.
    @Test(arguments: BuiltInTests.names)
    func repliesComeWhole(name: String) async throws {
        let service = try #require(Services.named(name))
        var run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], service: service,
            load: LoadShape(users: 2, conversations: 6))
        for (asked, key) in [("false", "whole"), ("true", "streamed")] {
            run.settings["stream"] = asked
            var sandbox = SandboxSettings()
            sandbox.pacing.replyTokens = .fixed(5)
            let (result, counts) = try await run.againstSandbox(sandbox)
            let (totals, streams) = (result.summary.totals, result.summary.streams)
            #expect(totals[.succeeded] == 6 && totals[.failed] == 0, "\(key)")
            #expect(totals[.replyTokens] == 30 && totals.tokenSource == .reported)
            #expect((streams?.streamed ?? 0) == (key == "streamed" ? 6 : 0))
            #expect(counts.requests.values.reduce(0) { $0 + ($1[200] ?? 0) } == 6)
        }
    }

    @Test func anErrorInTheStreamIsAFailure() async throws {
        let words = #"{"choices":[{"index":0,"delta":{"content":"x"}}]}"#
        for (event, expected) in [
            (#"{"error":{"message":"boom","code":500}}"#, "service_error"),
            (#"{"error":{"message":"slow","code":"429"}}"#, "rejected"),
            ("oops", "malformed_reply"),
            (words, "closed_early"),
        ] {
            let result = try await Self.run().against(Peer([Self.stream([words, event])]).serve)
            #expect(result.summary.errors.map(\.errorClass) == [expected])
        }
    }

    @Test func aCredentialOfNoMoreUseIsNotUsed() async throws {
        let broke = #"{"error":{"message":"pay","code":"insufficient_quota"}}"#
        let peer = Peer([Self.refusal(429, broke), Self.reply(["x"])])
        var run = try Self.run(conversations: 4, onReject: .wait, credentials: 2)
        run.load = LoadShape(users: 2, conversations: 4)
        let result = try await run.against(peer.serve)
        #expect(result.credentials.map(\.isOut) == [true, false])
        #expect(result.summary.totals[.rejected] == 1)
        #expect(peer.requests.filter { $0.contains("key-0") }.count == 1)
    }

    @Test(arguments: [
        (429, "x-should-retry: false\r\n", 1), (500, "x-should-retry: true\r\n", 2),
        (500, "", 1), (409, "x-should-retry: true\r\n", 2), (429, "", 2),
    ])
    func theServiceSaysWhetherToTryAgain(status: Int, fields: String, requests: Int) async throws {
        let body = #"{"error":{"message":"no"}}"#
        let peer = Peer([Self.refusal(status, body, fields), Self.reply(["x"])])
        let result = try await Self.run(retry: RetryPolicy(most: 3)).against(peer.serve)
        #expect(peer.requests.count == requests)
        #expect(result.summary.totals[.succeeded] == requests - 1)
    }

    @Test func aLimitThatIsUsedUpIsWaitedFor() async throws {
        let fields = "x-ratelimit-remaining-tokens: -6\r\nx-ratelimit-reset-tokens: 7s\r\n"
        let peer = Peer([Self.refusal(429, "{}", fields), Self.reply(["x"])])
        let result = try await Self.run(onReject: .wait).against(peer.serve)
        #expect(result.summary.totals[.succeeded] == 1)
        #expect(result.took >= .seconds(7) && result.took < .milliseconds(7_200))
    }

    @Test func aPathThatIsNotThereIsNamed() async throws {
        let result = try await Self.run().against(Peer([Self.refusal(404, "<h1>no</h1>")]).serve)
        let example = try #require(result.summary.errors.first?.example)
        #expect(example.hasPrefix("POST /v1/chat/completions: 404 X: <h1>no</h1>"))
        #expect(example.contains("nothing of this service is at http://127.0.0.1"))
        let own = #"{"error":{"message":"The model does not exist","code":"model_not_found"}}"#
        let known = try await Self.run().against(Peer([Self.refusal(404, own)]).serve)
        #expect(known.summary.errors.first?.example.contains("nothing of") == false)
    }
}
