import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Whatever a file holds, reading it ends with conversations or complaints that name a place within
/// it.
@Suite struct ScriptFuzzTests {
    /// Every key there is.
    private static let line =
        #"{"id":"r-1","user":"ana","weight":3,"at":"1.5s","with":{"a":"b ${city}","n":1e2},"#
        + #""system":"Be ${brief}.","on_fail":"stop","result":{"x":[{}]},"turns":"#
        + #"[{"say":"Hé ${user} \u00e9 $${x} ${order}","think":"uniform:1s,2s","capture":"#
        + #"{"ticket":"ticket (\\d+)|[^a-f]{2,3}?$","id":"$.a[0]['b'].*"}},"#
        + #"{"say":"x ${ticket}${reply}","attach":["a/b.txt","${order}.png"],"name":"n","think":0.5,"#
        + #""expect":{"contains":["a","${ticket}"],"not_contains":"b","equals":"${turn}","#
        + #""matches":["^a.b$","(?i)c\\s*"],"within":"2s","status":[200,"4xx"],"#
        + #""json":{"$.a":"${id}","b.0":1.5,"$[1]":null}}},"#
        + #"{"call":"bots.list","with":{"limit":"${conversation}"},"reply":"é","at":2,"#
        + #""on_fail":"continue","result":{},"expect":{"status":"2xx"}}]}"#

    private static let columns = ["order", "city"]

    private static let pieces = [
        "{", "}", "[", "]", "\"", ",", ":", "\\", "\n", "//", "${", "}", "null", "1e999", "-1",
        "99999999999999999999", "${ticket}", "${order", "(", ")", "*", "+", "{3}", "\\\\d", "$.",
        "$[",
        "\"say\":\"x\"", "\"turns\":[]", "\"id\":\"x\"", "\u{0}", "\u{FEFF}", "lognormal:2s,9",
        "\"think\":\"h\"", "\"expect\":{}", "\"capture\":{\"a\":\"b\"}", "\"on_fail\":1",
    ]

    private static func fuzz(_ texts: String..., seed: UInt64) -> Fuzz {
        Fuzz("script", texts: texts, words: pieces, seed: seed)
    }

    @Test func mutatedLinesNeverHurt() {
        var (parsed, refused) = (0, 0)
        Self.fuzz(Self.line, seed: 42).play(few: 8_000) { input in
            let bytes = input.bytes
            do throws(Fault) {
                let conversation = try ElementParser.conversation(
                    in: bytes.span, line: 1, columns: Self.columns)
                #expect(!conversation.turns.isEmpty && !conversation.id.isEmpty)
                #expect((1...1_000_000).contains(conversation.weight))
                Self.play(conversation)
                parsed += 1
            } catch {
                refused += 1
                #expect((0...bytes.count).contains(error.offset ?? 0), "\(input)")
                #expect(!error.message.isEmpty)
            }
        }
        let isBalanced = parsed * 20 > refused && refused * 20 > parsed
        #expect(isBalanced, "mutations are too wild or too tame: \(parsed), \(refused)")
    }

    /// Fills in and checks everything against a reply.
    private static func play(_ conversation: Conversation) {
        var values = VariableValues(
            of: conversation, identity: "u", iteration: 1, row: .success(["1", "Bonn"]))
        var parameters = conversation.with
        try? conversation.fill(&parameters, with: values)
        let body = Array(#"{"a":[{"b":{"c":"ticket 12"}}],"b":[1.5]}"#.utf8)
        for index in conversation.turns.indices {
            values.begin(turn: index + 1)
            _ = try? conversation.turn(at: index, with: values)
            guard let detail = conversation.detail(ofTurn: index) else { continue }
            let check = ReplyCheck(
                detail: detail, mask: SecretMask(secrets: Secrets([])), status: 200)
            let failure = check.failure(
                of: Array("ticket 12é".utf8).span, in: body.span, values: &values)
            #expect(failure.map { !$0.detail.isEmpty } ?? true)
        }
    }

    @Test func mutatedFilesNeverHurt() throws {
        let text = "\u{FEFF}// c\r\n\(Self.line)\r\n\n\(Self.line)\n"
        let folder = try ScratchFolder()
        let path = "\(folder.path)/script.jsonl"
        try Self.fuzz(text, seed: 43).play(few: 60, share: 10) { input in
            Corpus.write(input.bytes, to: path)
            guard let workload = try? Workload.open([path], columns: Self.columns) else { return }
            let review = workload.review(with: try ObligingService(), row: ["1", "Bonn"])
            let lines = input.bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            for complaint in review.complaints {
                let line = complaint.line ?? 0
                try #require((1...lines.count).contains(line), "\(input)")
                let column = complaint.column ?? 1
                try #require((1...lines[line - 1].count + 1).contains(column), "\(input)")
            }
            try #require(review.census.once.conversations == review.weights.count, "\(input)")
        }
    }

    /// Much of one thing takes time in proportion, and is read or refused.
    @Test(
        .timeLimit(.minutes(10)),
        arguments: ["[", "{\"say\":\"x\"},", "${a}", "${", "$", "(a|b)*", "\\u0041", "\n", "{}\n"])
    func muchOfOneThing(unit: String) throws {
        let much = String(repeating: unit, count: 300_000 / unit.utf8.count)
        let folder = try ScratchFolder()
        for text in [much, #"{"turns":[{"say":"\#(much)"}]}"#, #"{"turns":[\#(much){"say":"x"}]}"#]
        {
            let path = try folder.write(text, to: "script.jsonl")
            guard let workload = try? Workload.open([path]) else { continue }
            let review = workload.review(with: try ObligingService())
            #expect(review.census.once.conversations == review.weights.count)
        }
    }
}
