import Networking
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
        + #"{"say":"x ${ticket}${reply}","attach":["/etc/passwd","${id}.png"],"name":"n","think":0.5,"#
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

    @Test func mutatedLinesNeverHurt() {
        var random = SeededRandom(seed: 42)
        var parsed = 0
        for _ in 0..<10_000 {
            let bytes = Self.mutated(Array(Self.line.utf8), by: &random)
            do throws(ScriptFault) {
                let conversation = try ScriptParser.conversation(
                    in: bytes.span, line: 1, columns: Self.columns)
                #expect(!conversation.turns.isEmpty && !conversation.id.isEmpty)
                #expect((1...1_000_000).contains(conversation.weight))
                Self.play(conversation)
                parsed += 1
            } catch {
                #expect((0...bytes.count).contains(error.offset ?? 0))
                #expect(!error.message.isEmpty)
            }
        }
        #expect((500...9_500).contains(parsed), "mutations are too wild or too tame: \(parsed)")
    }

    /// Fills in and checks everything against a reply.
    private static func play(_ conversation: Conversation) {
        var values = VariableValues(
            of: conversation, identity: "u", ticket: 1, row: .success(["1", "Bonn"]))
        var parameters = conversation.with
        try? conversation.fill(&parameters, with: values)
        let body = Array(#"{"a":[{"b":{"c":"ticket 12"}}],"b":[1.5]}"#.utf8)
        for index in conversation.turns.indices {
            values.begin(turn: index + 1)
            _ = try? conversation.turn(at: index, with: values)
            guard let detail = conversation.detail(ofTurn: index) else { continue }
            let check = ReplyCheck(detail: detail, secrets: Secrets([]), status: 200)
            let failure = check.failure(
                of: Array("ticket 12é".utf8).span, in: body.span, values: &values)
            #expect(failure.map { !$0.detail.isEmpty } ?? true)
        }
    }

    @Test func mutatedFilesNeverHurt() throws {
        var random = SeededRandom(seed: 43)
        let text = Array("\u{FEFF}// c\r\n\(Self.line)\r\n\n\(Self.line)\n".utf8)
        for _ in 0..<600 {
            let bytes = Self.mutated(text, by: &random)
            try withFile(bytes: bytes) { path in
                guard let workload = try? Workload.open([path], columns: Self.columns) else {
                    return
                }
                let review = workload.review(
                    with: ObligingService(), row: ["1", "Bonn"])
                let lines = 1 + bytes.count { $0 == 0x0A }
                #expect(review.complaints.allSatisfy { (1...lines).contains($0.line ?? 0) })
                #expect(review.census.once.conversations == review.weights.count)
            }
        }
    }

    private static func mutated(_ original: [UInt8], by random: inout SeededRandom) -> [UInt8] {
        var bytes = original
        for _ in 0...Int(random.next() % 3) {
            let place = Int(random.next() % UInt64(bytes.count))
            switch random.next() % 5 {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.remove(at: place)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 12))
            case 3:
                let piece = pieces[Int(random.next() % UInt64(pieces.count))]
                bytes.insert(contentsOf: piece.utf8, at: place)
            default: bytes.insert(bytes[Int(random.next() % UInt64(bytes.count))], at: place)
            }
        }
        return bytes
    }
}
