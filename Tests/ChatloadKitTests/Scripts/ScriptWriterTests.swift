import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct ScriptWriterTests {
    /// Whatever can stand in a script is read back as it was.
    @Test func linesAreReadBackTheSame() throws {
        var random = SeededRandom(seed: 11)
        for _ in 0..<3_000 {
            let conversation = Self.conversation(by: &random)
            let line = Self.line(of: conversation)
            var found = try parse(line).get()
            #expect(Self.line(of: found) == line)
            found.details = []
            found.withTemplates = [:]
            found.variableNames = []
            #expect(found == conversation, "\(line)")
        }
    }

    /// A text from elsewhere may look like a template, and is said as it stands.
    @Test(arguments: ["${user}", "$${user}", "a $$${", "${", "no $ {x}", "5$", "$$"])
    func textsWithoutVariablesAreSaidAsTheyAre(text: String) throws {
        var conversation = Conversation(id: "line-7", line: 7)
        conversation.turns = [Turn(.say(text))]
        let found = try parse(Self.line(of: conversation)).get()
        #expect(try found.spoken(by: "u", iteration: 3).map(\.action) == [.say(text)])
    }

    @Test func demandsAndCapturesStandAsTheyWere() throws {
        let line =
            #"{"with":{"nickname":"${user}"},"turns":[{"say":"${user} 4711","expect":{"contains":["a","${user}"],"#
            + #" "status" : "2xx"},"capture":{"ticket":"ticket (\\d+)"}},{"say":"${ticket}"}]}"#
            + "\n"
        #expect(Self.line(of: try parse(line).get()) == line)
    }

    @Test func leavesOutWhatSaysNothing() {
        var conversation = Conversation(id: "line-7", line: 7)
        conversation.turns = [Turn(.say("Hi\n\"you\"")), Turn(.call("bots.list"))]
        #expect(
            Self.line(of: conversation)
                == #"{"turns":[{"say":"Hi\n\"you\""},{"call":"bots.list"}]}"# + "\n")
    }

    @Test func resultsStandInTheirTurns() throws {
        var conversation = Conversation(id: "a", line: 7)
        conversation.hasOwnID = true
        conversation.turns = [Turn(.say("x")), Turn(.say("y"), name: "n")]
        var buffer = ByteBuffer()
        conversation.append(to: &buffer) { turn, buffer in
            if turn == 1 { buffer.append(#"{"reply":"z"}"#) }
        }
        #expect(
            buffer.text == #"{"id":"a","turns":[{"say":"x"},"#
                + #"{"say":"y","name":"n","result":{"reply":"z"}}]}"# + "\n")
        #expect(try parse(buffer.text).get() == conversation)
    }

    private static func line(of conversation: Conversation) -> String {
        var buffer = ByteBuffer()
        conversation.append(to: &buffer)
        return buffer.text
    }

    // MARK: Conversations at random

    private static func conversation(by random: inout SeededRandom) -> Conversation {
        var conversation = Conversation(id: "line-7", line: 7)
        if random.next() % 2 == 0 {
            conversation.id = name(by: &random)
            conversation.hasOwnID = true
        }
        conversation.user = maybe(by: &random, name)
        conversation.weight = random.next() % 2 == 0 ? 1 : Int(random.next() % 1_000_000) + 1
        conversation.at = maybe(by: &random, span)
        conversation.with = parameters(by: &random)
        conversation.system = maybe(by: &random, text)
        conversation.stopsOnFailure = random.next() % 4 == 0
        for _ in 0...random.next() % 4 { conversation.turns.append(turn(by: &random)) }
        conversation.usesVariables = conversation.turns.contains {
            if case .say(let text) = $0.action { text.holdsVariables } else { false }
        }
        return conversation
    }

    private static func turn(by random: inout SeededRandom) -> Turn {
        var turn = Turn(.say(text(by: &random)))
        switch random.next() % 5 {
        case 0: turn.action = .say(text(by: &random) + "${user} $${")
        case 1: turn.action = .call(["bots.list", "login", "files.upload"][Int(random.next() % 3)])
        default: break
        }
        if case .say = turn.action, random.next() % 4 == 0 {
            turn.attachments = ["a b.png", "\"q\"/\\"]
        }
        turn.name = maybe(by: &random, name)
        turn.think = maybe(by: &random, think)
        turn.with = parameters(by: &random)
        turn.reply = maybe(by: &random, text)
        turn.at = maybe(by: &random, span)
        turn.stopsOnFailure = maybe(by: &random) { $0.next() % 2 == 0 }
        return turn
    }

    private static func think(by random: inout SeededRandom) -> ThinkTime {
        switch random.next() % 5 {
        case 0: .fixed(span(by: &random))
        case 1: .uniform(.zero, span(by: &random))
        case 2: .logNormal(median: span(by: &random), sigma: random.unit() / 1e5)
        case 3: .exponential(span(by: &random))
        default: .reading(wordsPerMinute: 1 + 99_998 * random.unit())
        }
    }

    private static func maybe<Value>(
        by random: inout SeededRandom, _ make: (inout SeededRandom) -> Value
    ) -> Value? { random.next() % 3 == 0 ? make(&random) : nil }

    private static func span(by random: inout SeededRandom) -> Nanoseconds {
        Nanoseconds(Int64(random.next() >> (1 + random.next() % 60)))
    }

    private static func parameters(by random: inout SeededRandom) -> [String: String] {
        random.next() % 3 == 0 ? [name(by: &random): text(by: &random), "n": "2.50"] : [:]
    }

    private static func name(by random: inout SeededRandom) -> String {
        "n\(random.next() % 1_000)é\""
    }

    private static func text(by random: inout SeededRandom) -> String {
        let pieces = [
            "a", "\n", "\"", "\\", "é", "\u{1F600}", "\u{0}", "\u{7F}", " $ ", "{", "\t", "/",
        ]
        return (0..<random.next() % 12).reduce(into: "") { text, _ in
            text += pieces[Int(random.next() % UInt64(pieces.count))]
        }
    }
}
