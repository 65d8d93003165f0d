import Base
import Networking
import Testing

@testable import ChatloadKit

/// What described services send, turn by turn.
@Suite struct DescribedSessionTests {
    /// A service's user; its answers are these texts, then the placeholder.
    static func user(
        _ file: ServiceFile, _ settings: [String: String] = [:], answers: [String] = [],
        members: [(name: String, json: [UInt8]?)] = [], isPinned: Bool = false,
        history: HistorySettings = HistorySettings()
    ) throws -> ScriptedUser {
        let service = try ServiceDescription(file).configured(
            settings, bodyMembers: members, history: history)
        let replies = answers.map { ScriptedTransport.Answer($0) }
        return ScriptedUser(service, answers: ["say": replies], isPinned: isPinned)
    }

    /// The bodies of the requests.
    static func bodies(_ user: ScriptedUser) -> [String] {
        user.line.requests.map { request in
            request.firstRange(of: "\r\n\r\n").map { String(request[$0.upperBound...]) } ?? ""
        }
    }

    private static let kept =
        #""history":{"kept":"client","message":{"r":"${role}","c":"${text}"},"roles":{"assistant":"bot"}},"#

    private static func keeper(_ more: String = "") throws -> ServiceFile {
        try described(body: #"{"m":"${messages}"}"#, with: kept + more)
    }

    @Test func membersWithoutAValueLeaveNoTrace() throws {
        let file = try described(
            body:
                #"{"a":"${a}","b":{"x":"${i}","y":1},"c":["${b}","${a}"],"${n}":"${f}","t":"${text}","z":{"if":"b","then":{"q":"${i}"},"else":2}}"#,
            with:
                #""parameters":{"a":{},"i":{"type":"integer"},"b":{"type":"boolean"},"f":{"type":"number"},"n":{"default":"temp"}},"#
        )
        for (settings, expected) in [
            ([:], #"{"b":{"y":1},"c":[],"t":"hi","z":2}"#),
            (["a": "q\"", "i": "7"], #"{"a":"q\"","b":{"x":7,"y":1},"c":["q\""],"t":"hi","z":2}"#),
            (
                ["b": "true", "f": "0.5", "i": "1"],
                #"{"b":{"x":1,"y":1},"c":[true],"temp":0.5,"t":"hi","z":{"q":1}}"#
            ),
            (
                ["b": "false", "n": "x\ny", "f": "1"],
                #"{"b":{"y":1},"c":[false],"x\ny":1,"t":"hi","z":2}"#
            ),
        ] as [([String: String], String)] {
            let service = try ServiceDescription(file).configured(settings)
            var buffer = ByteBuffer()
            guard case .json(let value) = file.requests[0].body else { continue }
            let parameters = ParameterValues(of: file.parameters, in: service.setup.settings)
            BodyTemplate(value, parameters).append(
                to: &buffer, SessionValues(captures: 0), text: Array("hi".utf8).span)
            #expect(buffer.text == expected)
        }
    }

    @Test func aValueIsOfItsKind() throws {
        let file = try described(with: #""parameters":{"i":{"type":"integer"}},"#)
        let fault = #expect(throws: Fault.self) {
            try ServiceDescription(file).configured(["i": "many"])
        }
        #expect(fault?.description.contains("i is no whole number: \"many\"") == true)
    }

    @Test func whatIsSaidGrowsTheHistory() async throws {
        let user = try Self.user(
            try Self.keeper(#""parameters":{"system":{"system":true}},"#), ["system": "be\nbrief"],
            answers: [#"{"text":"one \"1\""}"#, #"{"text":"two"}"#])
        for text in ["a", "b\t", "c"] { await user.say(text) }
        let system = #"{"r":"system","c":"be\nbrief"}"#
        let first = #"{"r":"user","c":"a"},{"r":"bot","c":"one \"1\""}"#
        let second = #"{"r":"user","c":"b\t"},{"r":"bot","c":"two"}"#
        #expect(
            Self.bodies(user) == [
                #"{"m":["# + system + #",{"r":"user","c":"a"}]}"#,
                #"{"m":["# + system + "," + first + #",{"r":"user","c":"b\t"}]}"#,
                #"{"m":["# + system + "," + first + "," + second + #",{"r":"user","c":"c"}]}"#,
            ])
    }

    @Test func aFailedTurnIsNoneOfTheHistory() async throws {
        let user = try Self.user(
            try Self.keeper(), answers: [#"{"text":"one"}"#, #"{"oops":1}"#, #"{"text":""}"#])
        for text in ["a", "b", "c", "d"] { await user.say(text) }
        let first = #"{"r":"user","c":"a"},{"r":"bot","c":"one"}"#
        #expect(Self.bodies(user).last == #"{"m":["# + first + #",{"r":"user","c":"d"}]}"#)
        #expect(user.line.failures.map(\.errorClass) == [.malformedReply])
    }

    @Test func anotherConversationBeginsAnother() async throws {
        let user = try Self.user(try Self.keeper(), answers: [#"{"text":"one"}"#])
        await user.say("a")
        user.session.conversation.iteration += 1
        await user.say("b")
        #expect(Self.bodies(user).last == #"{"m":[{"r":"user","c":"b"}]}"#)
    }

    @Test(arguments: [
        (HistorySettings.Source.none, ["c"]), (.live, ["a", "one", "b", "two", "c"]),
        (.recorded, ["a", "rec", "b", "two", "c"]),
    ])
    func theHistoryIsOfItsSource(source: HistorySettings.Source, expected: [String]) async throws {
        var history = HistorySettings()
        history.source = source
        let user = try Self.user(
            try Self.keeper(), answers: [#"{"text":"one"}"#, #"{"text":"two"}"#], history: history)
        for (place, text) in ["a", "b", "c"].enumerated() {
            var turn = Turn(.say(text))
            if place == 0 { turn.reply = "rec" }
            await user.play(turn)
        }
        let said = Self.bodies(user).last?.split(separator: #""c":""#).dropFirst().map {
            String($0.prefix { $0 != "\"" })
        }
        #expect(said == expected)
    }

    @Test(arguments: [("2turns", 2), ("1turn", 1), ("6tokens", 3), ("5tokens", 2), ("1tokens", 0)])
    func theOldestTurnsAreDropped(limit: String, kept: Int) async throws {
        var history = HistorySettings()
        history.limit = HistorySettings.limit(parsing: limit)
        let user = try Self.user(try Self.keeper(), history: history)
        user.line.answers["say"] = (1...6).map {
            ScriptedTransport.Answer(#"{"text":"r\#($0)"}"#)
        }
        for number in 1...6 { await user.say("s\(number)") }
        let numbers = (0..<kept).map { 5 - $0 }.reversed().map {
            #"{"r":"user","c":"s\#($0)"},{"r":"bot","c":"r\#($0)"},"#
        }
        #expect(
            Self.bodies(user).last == #"{"m":["# + numbers.joined() + #"{"r":"user","c":"s6"}]}"#)
    }

    @Test(arguments: ["", "turns", "0turns", "-1turns", "5", "5 turns", "x5turns", "5words"])
    func limitsThatAreNone(text: String) { #expect(HistorySettings.limit(parsing: text) == nil) }

    @Test func capturesAreKeptUntilATurnFails() async throws {
        let file = try described(
            body: #"{"prev":"${id}","t":"${text}"}"#,
            reply: #"{"text":"$.text","capture":{"id":"$.id"},"error":"$.e"}"#)
        let user = try Self.user(
            file, answers: [#"{"text":"x","id":"1"}"#, #"{"id":"2","e":"no"}"#, #"{"text":"y"}"#])
        for text in ["a", "b", "c"] { await user.say(text) }
        user.session.conversation.iteration += 1
        await user.say("d")
        #expect(
            Self.bodies(user) == [
                #"{"t":"a"}"#, #"{"prev":"1","t":"b"}"#, #"{"prev":"1","t":"c"}"#, #"{"t":"d"}"#,
            ])
    }

    @Test func membersAreSetAndTakenOut() async throws {
        let file = try described(body: #"{"a":1,"t":"${text}","b":2}"#)
        let user = try Self.user(
            file,
            members: [("b", nil), ("a", Array("[2]".utf8)), ("c", Array("\"x\"".utf8)), ("q", nil)])
        await user.say("hi")
        #expect(Self.bodies(user) == [#"{"a":[2],"t":"hi","c":"x"}"#])
    }

    @Test(arguments: [
        ("identity", "conversation", false, "ana 1-7"), ("identity", "conversation", true, "ana 1"),
        ("identity", "user", false, "ana 1"),
    ])
    func usersAreNamed(id: String, fresh: String, isPinned: Bool, expected: String) async throws {
        let file = try described(
            body: #"{"u":"${user_id}","t":"${text}"}"#,
            with: #""user":{"id":"\#(id)","fresh":"\#(fresh)"},"#)
        let user = try Self.user(file, isPinned: isPinned)
        await user.say("hi")
        #expect(Self.bodies(user) == [#"{"u":"\#(expected)","t":"hi"}"#])
    }

    @Test(arguments: [
        ("uuid", #"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"#),
        ("hex:16", "[0-9a-f]{16}"), ("digits:18", "[1-9][0-9]{17}"),
    ])
    func namesAreMadeUp(id: String, form: String) async throws {
        let file = try described(
            body: #"{"u":"${user_id}","k":"${uuid}","t":"${text}"}"#,
            with: #""user":{"id":"\#(id)","fresh":"conversation"},"#)
        func names(iteration: Int) async throws -> [String] {
            let user = try Self.user(file)
            user.session.conversation.iteration = iteration
            await user.say("hi")
            await user.say("hi")
            return Self.bodies(user)
        }
        let (one, again, other) = try await (
            names(iteration: 1), names(iteration: 1), names(iteration: 2)
        )
        let pattern = try Pattern(#"^\{"u":"\#(form)","k":"[-0-9a-f]{36}","t":"hi"\}$"#)
        for body in one + other {
            var budget = PatternBudget.forReply
            #expect(try pattern.matches(Array(body.utf8).span, &budget), "\(body)")
        }
        #expect(one == again && Set(one + other).count == 4)
        #expect(one[0].prefix(24) == one[1].prefix(24) && one[0].prefix(24) != other[0].prefix(24))
    }

    @Test func variablesStandAnywhere() async throws {
        let file = try described(
            """
            {"chatload":"service/1","name":"test","parameters":{"lang":{"default":"a/b c"},"k":{}},
             "headers":{"X-Key":"${k}","Accept":"x/y"},
             "requests":{"say":{"method":"POST","path":"/p/${lang}/${user}","headers":{"X-Turn":"t ${turn}"},"query":{"q":"${text}","k":"${k}","n":1},
              "form":{"text":"${text}","k":"${k}","c":"${conversation}"},"reply":{"text":"$.text"}}},
             "say":["say"]}
            """)
        let user = try Self.user(file)
        await user.say("ä&\n")
        #expect(
            user.line.requests
                == [
                    "POST /p/a/b%20c/ana%201?q=%C3%A4%26%0A&n=1 HTTP/1.1\r\nHost: chat.test:8080\r\n"
                        + "User-Agent: chatload\r\nAccept: x/y\r\n"
                        + "Content-Type: application/x-www-form-urlencoded\r\nX-Turn: t 1\r\n"
                        + "Content-Length: 22\r\n\r\ntext=%C3%A4%26%0A&c=7"
                ].map { $0.replacing("Content-Length: 22", with: "Content-Length: 21") })
    }

    @Test func aHeadersLineBreaksAreBlanks() async throws {
        let file = try described(
            """
            {"chatload":"service/1","name":"test","requests":{"say":{"method":"POST","path":"/",
              "headers":{"X":"a ${text}"},"reply":{"text":"$.text"}}},"say":["say"]}
            """)
        let user = try Self.user(file)
        await user.say("b\r\nEvil: 1")
        #expect(user.line.requests[0].contains("\r\nX: a b  Evil: 1\r\n"))
    }

    @Test(arguments: [
        ("", "/v1/chat/completions"), ("/v1", "/v1/chat/completions"),
        ("/v1/", "/v1/chat/completions"), ("/api/v1", "/api/v1/chat/completions"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/x/v1/chat", "/x/v1/chat/completions"), ("/v1/x", "/v1/x/v1/chat/completions"),
        ("/completions", "/completions/v1/chat/completions"),
    ])
    func noPathIsDoubled(prefix: String, path: String) async throws {
        let service = try ServiceDescription(builtIn("openai")).configured(
            ["model": "m"], pathPrefix: prefix)
        let user = ScriptedUser(service)
        await user.say("hi")
        #expect(user.line.requests[0].hasPrefix("POST \(path) HTTP/1.1\r\n"))
    }

    @Test func aServerKeepsTheHistory() async throws {
        let user = try Self.user(
            builtIn("responses"), ["model": "m", "server_history": "true", "stream": "false"],
            answers: [
                #"{"id":"resp_1","status":"completed","output":[{"content":[{"text":"x"}]}]}"#
            ])
        await user.say("a")
        await user.say("b")
        #expect(
            Self.bodies(user) == [
                #"{"model":"m","input":"a","stream":false}"#,
                #"{"model":"m","input":"b","previous_response_id":"resp_1","stream":false}"#,
            ])
    }

    @Test func theTextIsOfTheLength() throws {
        let description = try ServiceDescription(
            described(with: #""limits":{"say_characters":3,"say_bytes":4},"#))
        #expect(description.objection(to: Turn(.say("äää")))?.contains("6 bytes") == true)
        #expect(description.objection(to: Turn(.say("aaaa")))?.contains("4 characters") == true)
        #expect(description.objection(to: Turn(.say("aaa"))) == nil)
    }
}
