import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Replies that are held against what scripts demand of them.
@Suite struct ExpectationRunTests {
    static let reply = "The refund for order 4711 is under way: ticket 815. \\u00e9"

    /// A turn's demand, and what is said of a reply that does not meet it; nil when it does.
    struct Row: Sendable, CustomTestStringConvertible {
        var expect: String
        var detail: String?
        var testDescription: String { expect }

        init(_ expect: String, _ detail: String? = nil) {
            self.expect = expect
            self.detail = detail
        }
    }

    private static let got = #"got "The refund for order 4711 is under way: ticket 815. é""#

    @Test(arguments: [
        Row(#"{"contains":"refund"}"#), Row(#"{"contains":["refund","4711","é",""]}"#),
        Row(
            #"{"contains":["refund","Refund"]}"#,
            #"expected the reply to contain "Refund", \#(got)"#),
        Row(#"{"not_contains":["sorry","${user} "]}"#),
        Row(
            #"{"not_contains":"under"}"#,
            #"expected the reply not to contain "under", \#(got)"#),
        Row(#"{"equals":"The refund for order 4711 is under way: ticket 815. é"}"#),
        Row(#"{"equals":"The refund"}"#, #"expected the reply to be "The refund", \#(got)"#),
        Row(#"{"matches":"ticket \\d{3}\\."}"#),
        Row(
            #"{"matches":["ticket","ticket \\d{4}"]}"#,
            #"expected the reply to match "ticket \d{4}", \#(got)"#),
        Row(#"{"within":"200ms"}"#), Row(#"{"within":0.1}"#),
        Row(#"{"within":"99ms"}"#, "expected the reply within 99ms, got it after 100 ms"),
        Row(#"{"status":200}"#), Row(#"{"status":["2xx",404]}"#),
        Row(#"{"status":[201,"3xx"]}"#, "expected status 3xx or 201, got 200"),
        Row(#"{"json":{"$.data.chat_id":42,"data.chat_id":42.0,"$['data'].ok":true,"$.n":null}}"#),
        Row(
            #"{"json":{"$.list[*].id":2,"$.list[1].id":2,"$.data.answer":"${user}"}}"#,
            #"expected $.data.answer to be "user-1", \#(got)"#),
        Row(#"{"json":{"$.data.chat_id":"42"}}"#, #"expected $.data.chat_id to be "42", got 42"#),
        Row(#"{"json":{"$.data.state":1}}"#, "expected $.data.state to be 1, got nothing"),
        Row(#"{"json":{"$.list":null}}"#, #"expected $.list to be null, got [{"id":1},{"id":2}]"#),
        Row(
            #"{"contains":"nothing","status":404}"#, "expected status 404, got 200"),
    ])
    func replies(row: Row) async throws {
        let peer = AnsweringPeer { _ in
            .init(
                body: #"{"data":{"answer":"\#(Self.reply)","chat_id":42,"ok":true},"n":null,"#
                    + #""list":[{"id":1},{"id":2}]}"#, after: .milliseconds(100))
        }
        let result = try await run(
            #"{"turns":[{"say":"4711","expect":\#(row.expect)},{"say":"bye","name":"end"}]}"#, peer)
        let failed = row.detail == nil ? 0 : 1
        #expect(result.summary.errors.map(\.example) == [row.detail].compactMap(\.self))
        #expect(result.summary.errors.allSatisfy { $0.errorClass == "expectation" })
        // One exchange is one row, and the conversation goes on.
        #expect(result.summary.totals[.exchanges] == 2)
        #expect(result.summary.totals[.failed] == failed)
        #expect(result.summary.steps["end"]?[.exchanges] == 1)
        #expect(result.summary.totals[.conversationsFailed] == failed)
    }

    /// A status that the script expects is a success, whose body is the reply.
    @Test(arguments: [
        (#"{"status":404}"#, []), (#"{"status":["4xx","5xx"],"contains":"no such"}"#, []),
        (#"{"status":404,"json":{"$.message":"no such bot"}}"#, []),
        (
            #"{"status":404,"contains":"yes"}"#,
            [#"expectation expected the reply to contain "yes", got "{"message":"no such bot"}""#]
        ),
        (#"{"status":500}"#, ["http_4xx POST /en/chatbot/api/v1/message/: 404 X: no such bot"]),
        (
            #"{"contains":"no such"}"#,
            ["http_4xx POST /en/chatbot/api/v1/message/: 404 X: no such bot"]
        ),
    ])
    func aStatusMayBeWanted(expect: String, errors: [String]) async throws {
        let peer = AnsweringPeer { number in
            number == 1
                ? .init(status: 404, body: #"{"message":"no such bot"}"#) : .saying("hello")
        }
        let result = try await run(
            #"{"turns":[{"say":"1","expect":\#(expect),"capture":{"m":"$.message"}},{"say":"2 ${m}"}]}"#,
            peer)
        let found = result.summary.errors.map { "\($0.errorClass) \($0.example)" }
        let unset = "script ${m} has no value: no turn before has captured it"
        let isLooked = errors.first?.hasPrefix("http") != true
        #expect(found.sorted() == (errors + (isLooked ? [] : [unset])).sorted())
        #expect(peer.queries == (isLooked ? ["1", "2 no such bot"] : ["1"]))
    }

    /// What did not go as expected ends the conversation only where the script says so.
    @Test(arguments: [
        (#""on_fail":"stop","#, "", 1), ("", #","on_fail":"stop""#, 1), ("", "", 3),
        (#""on_fail":"stop","#, #","on_fail":"continue""#, 3),
    ])
    func mayEndTheConversation(all: String, turn: String, exchanges: Int) async throws {
        let peer = AnsweringPeer { _ in .saying("no") }
        let result = try await run(
            #"{\#(all)"turns":[{"say":"1","expect":{"contains":"yes"}\#(turn)},{"say":"2"},{"say":"3"}]}"#,
            peer)
        #expect(peer.queries.count == exchanges)
        #expect(result.summary.totals[.exchanges] == exchanges)
        #expect(result.summary.totals[.conversationsFailed] == 1)
        #expect(result.summary.totals[.conversationsAborted] == 0)
        // The reply came all the same: its tokens count.
        #expect(result.summary.totals[.replyTokens] == exchanges)
    }

    @Test func everyKindOfFailureMayEndTheConversation() async throws {
        let peer = AnsweringPeer { _ in .init(status: 500, body: "{}") }
        let result = try await run(
            #"{"on_fail":"stop","turns":[{"say":"1"},{"say":"2"}]}"#, peer)
        #expect(peer.queries == ["1"])
        #expect(result.summary.totals[.conversationsFailed] == 1)
    }

    /// Neither what was demanded nor what came shows a secret, and both are short.
    @Test func detailsAreMaskedAndCut() async throws {
        let long = String(repeating: "x", count: 500)
        let peer = AnsweringPeer { _ in .saying("token sandbox-token is " + long) }
        let result = try await run(
            #"{"turns":[{"say":"1","expect":{"contains":"sandbox-token\#(long)"}},"#
                + #"{"say":"2","name":"b","expect":{"not_contains":"is xxx"}}]}"#, peer)
        let examples = result.summary.errors.map(\.example)
        #expect(examples.count == 2)
        for example in examples {
            #expect(example.count <= 200 && !example.contains("sandbox-token"), "\(example)")
            #expect(example.contains("***"))
        }
    }

    /// A pattern that a reply is too much for is the script's failure, and what was expected stays
    /// unknown.
    @Test func patternsThatTakeTooLong() async throws {
        let reply = String(repeating: "a", count: 200_000)
        let peer = AnsweringPeer { _ in .init(body: #"{"data":{"answer":"\#(reply)"}}"#) }
        for part in [
            #""expect":{"matches":"(?:a?){500}a{500}[bc]"}"#,
            #""capture":{"x":"((?:a?){500}a{500}[bc])"}"#,
        ] {
            let result = try await run(#"{"turns":[{"say":"4711",\#(part)}]}"#, peer)
            let error = try #require(result.summary.errors.first)
            #expect(error.errorClass == "script")
            #expect(error.example.contains("in a reply of 200000 bytes takes too long"))
        }
    }

    private func run(_ script: String, _ peer: AnsweringPeer) async throws -> VirtualRun.Result {
        try await VirtualRun(scripts: [script], load: LoadShape(users: 1, conversations: 1))
            .against { try await peer.serve($0, $1) }
    }
}
