import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct VariablesTests {
    @Test(arguments: [
        ("Hi ${user}!", "Hi ana!"), ("${user}${turn}${conversation}", "ana242"),
        ("costs $5 {x} $", "costs $5 {x} $"), ("a literal $${user}", "a literal ${user}"),
        ("$$${user}", "$${user}"), ("${turn} é ${user}", "2 é ana"), ("", ""), ("${city}", "Bonn"),
        ("${Order No}: $${}", "7: ${}"), ("${reply}", "yes"), ("$${a ${ticket}", "${a T"),
    ])
    func replaces(text: String, expected: String) throws {
        var scope = VariableScope(columns: ["city", "Order No"])
        scope.beginTurn()
        let place = scope.capture("ticket")
        scope.beginTurn()
        var conversation = Conversation(id: "c", line: 1)
        conversation.variableNames = scope.names
        var values = VariableValues(
            of: conversation, identity: "ana", iteration: 42, row: .success(["Bonn", "7"]))
        values.begin(turn: 2)
        values.take(reply: "yes")
        values.set("T", at: place)
        #expect(try values.text(of: Template(text, in: scope)) == expected)
        #expect(text.holdsVariables == text.contains("${"))
    }

    @Test func turnsAreSpokenByTheirUser() throws {
        let found = try parse(
            #"{"turns":[{"say":"plain"},{"call":"login"},{"say":"${user} ${turn} of ${conversation}"}]}"#
        ).get()
        let spoken = try found.spoken(by: "ben", iteration: 9)
        #expect(spoken.map(\.action) == [.say("plain"), .call("login"), .say("ben 3 of 9")])
    }

    @Test func standInParametersAndAttachments() throws {
        let found = try parse(
            #"""
            {"turns":[{"say":"x","with":{"nickname":"${user} of ${city}","n":1},
            "attach":["a.png","${city}/${turn}.png"]}],"with":{"bot":"bot ${conversation}"}}
            """#, columns: ["city"]
        ).get()
        let turn = try found.spoken(by: "ana", iteration: 3, row: ["Bonn"])[0]
        #expect(turn.with == ["nickname": "ana of Bonn", "n": "1"])
        #expect(turn.attachments == ["a.png", "Bonn/1.png"])
        let values = VariableValues(of: found, identity: "ana", iteration: 3)
        var parameters = found.parameters(systemIn: nil)
        try found.fill(&parameters, with: values)
        #expect(parameters == ["bot": "bot 3"])
    }

    /// What has no value yet is named, and why it has none.
    @Test(arguments: [
        (
            #"{"turns":[{"say":"x","capture":{"id":"(\\d)"}},{"say":"${id}"}]}"#,
            "${id} has no value: no turn before has captured it"
        ),
        (
            #"{"turns":[{"call":"bots.list"},{"say":"${reply}"}]}"#,
            "${reply} has no value: no turn before has had a reply"
        ),
        (#"{"turns":[{"say":"${city}"}]}"#, "${city} has no value: the file is gone"),
    ])
    func sayWhyTheyHaveNoValue(line: String, expected: String) throws {
        let conversation = try parse(line, columns: ["city"]).get()
        let values = VariableValues(
            of: conversation, identity: "a", iteration: 1,
            row: .failure(ExchangeFailure(.script, "the file is gone")))
        let failure = #expect(throws: ExchangeFailure.self) {
            try conversation.turn(at: conversation.turns.count - 1, with: values)
        }
        #expect(failure == ExchangeFailure(.script, expected))
    }
}
