import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct ScriptParserTests {
    @Test func readsEveryKey() throws {
        let line = #"""
            {"id":"refund-1","user":"ana","weight":3,"at":"1.5s","with":{"name":"Sakuta","n":2.50,"x":true},
            "turns":[{"say":"Hi, I am ${user}","think":"2s"},
            {"say":"Caf\u00e9","attach":["a.png","b.png"],"name":"refund","think":0.25,"with":{"dev":"me"}},
            {"call":"bots.list","think":"lognormal:2s,0.5"}]}
            """#
        let found = try parse(line).get()
        var expected = Conversation(id: "refund-1", line: 7)
        expected.hasOwnID = true
        expected.user = "ana"
        expected.weight = 3
        expected.at = .milliseconds(1500)
        expected.with = ["name": "Sakuta", "n": "2.50", "x": "true"]
        expected.usesVariables = true
        expected.turns = [
            Turn(.say("Hi, I am ${user}"), think: .fixed(.seconds(2))),
            Turn(
                .say("Café"), attachments: ["a.png", "b.png"], name: "refund",
                think: .fixed(.milliseconds(250)), with: ["dev": "me"]),
            Turn(.call("bots.list"), think: .logNormal(median: .seconds(2), sigma: 0.5)),
        ]
        #expect(found.details.map { $0?.say != nil } == [true])
        #expect(found.variableNames == VariableScope.builtIn)
        expected.details = found.details
        expected.variableNames = found.variableNames
        #expect(found == expected)
    }

    /// What a replay writes down is a workload again.
    @Test func readsTranscripts() throws {
        let found = try parse(
            #"""
            {"id":"a","system":"Be brief.\n","on_fail":"stop","result":{"ok":true,"x":[{"y":null}]},"turns":[
            {"say":"Hi","reply":"Hello","at":"1m30s","result":{"reply":"Hello!","tokens":{"prompt":1}}},
            {"call":"bots.list","at":2.5,"on_fail":"continue","result":{}}]}
            """#
        ).get()
        #expect(found.system == "Be brief.\n")
        #expect(found.turns.map(\.reply) == ["Hello", nil])
        #expect(found.turns.map(\.at) == [.seconds(90), .milliseconds(2_500)])
        #expect(found.turns.map { found.stops(afterFailureOf: $0) } == [true, false])
        #expect(found.with.isEmpty && found.turns.allSatisfy { $0.with.isEmpty })
    }

    @Test func needsOnlyATurn() throws {
        let found = try parse(#" {"turns":[{"say":"Hello"}]} "#).get()
        #expect(
            found
                == {
                    var plain = Conversation(id: "line-7", line: 7)
                    plain.turns = [Turn(.say("Hello"))]
                    return plain
                }())
        #expect(found.at == nil)
        #expect(found.turns.first?.think == nil)
    }

    @Test(
        arguments: [
            ("2s", .fixed(.seconds(2))), ("1.5", .fixed(.milliseconds(1500))),
            ("1m30s", .fixed(.seconds(90))), ("0", .fixed(.zero)),
            ("uniform:1s,3s", .uniform(.seconds(1), .seconds(3))),
            ("lognormal:2s,0.5", .logNormal(median: .seconds(2), sigma: 0.5)),
            ("exponential:2s", .exponential(.seconds(2))),
        ] as [(String, ThinkTime)])
    func readsThinkTimes(text: String, expected: ThinkTime) throws {
        #expect(try ThinkTime(parsing: text) == expected)
        #expect(try ThinkTime(parsing: expected.specification) == expected)
    }

    @Test func expectsThinkTimes() {
        #expect(ThinkTime.fixed(.seconds(2)).mean == .seconds(2))
        #expect(ThinkTime.uniform(.seconds(1), .seconds(3)).mean == .seconds(2))
        #expect(ThinkTime.exponential(.seconds(2)).mean == .seconds(2))
        let mean = ThinkTime.logNormal(median: .seconds(2), sigma: 0.5).mean
        #expect(abs(mean.seconds - 2.266297) < 1e-6)
        #expect(ThinkTime.logNormal(median: .seconds(1 << 40), sigma: 10).mean == .never)
    }

    /// Cut anywhere, a line is refused; nothing is guessed.
    @Test func refusesEveryTruncation() {
        let line = Array(#"{"id":"a","weight":2,"turns":[{"say":"hé","think":1}]}"#.utf8)
        for length in 0..<line.count {
            let cut = String(decoding: line[..<length], as: UTF8.self)
            #expect(throws: Fault.self, "\(length) bytes") { try parse(cut).get() }
        }
    }
}
