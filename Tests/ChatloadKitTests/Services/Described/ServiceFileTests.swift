import Base
import Support
import Testing

@testable import ChatloadKit

/// What descriptions say, read into the model of it.
@Suite struct ServiceFileTests {
    private static let folder = repository + "/Tests/Descriptions/"

    /// Descriptions of services as they are, and why some cannot be played yet.
    private static let examples: [(name: String, requests: Int, unplayed: String?)] = [
        ("anthropic", 1, nil), ("botyard-described", 4, "a poll is not played yet"),
        ("directline", 4, "a poll is not played yet"),
        ("echo-socket", 0, "a websocket is not played yet"), ("ollama", 1, nil),
        ("openai-chat", 1, nil), ("rasa", 1, nil), ("stammer-described", 1, nil),
    ]

    private func file(_ text: String) throws -> ServiceFile {
        try ServiceFileReader.review(Array(text.utf8), path: "f").checked()
    }

    /// A description with this request in the one place, and this above it.
    private func request(_ members: String, _ top: String = "") throws -> ServiceRequest {
        let text =
            #"{"chatload":"service/1","name":"a",\#(top)"requests":{"say":{\#(members),"#
            + #""reply":{"text":"$.a"}}},"say":["say"]}"#
        return try #require(try file(text).requests.first)
    }

    @Test(arguments: examples)
    func examplesAreGood(name: String, requests: Int, unplayed: String?) throws {
        let bytes = Corpus.contents(of: Self.folder + name + ".json")
        let review = ServiceFileReader.review(bytes, path: name)
        let file = try review.checked()
        #expect(review.complaints.isEmpty && review.warnings.isEmpty)
        #expect(file.name == name && file.requests.count == requests)
        #expect(file.unplayed == unplayed && file.source == bytes)
    }

    @Test func everyExampleIsTried() {
        #expect(names(in: Self.folder) == Self.examples.map { $0.name + ".json" })
    }

    @Test func aStreamIsReadWhole() throws {
        let bytes = Corpus.contents(of: Self.folder + "openai-chat.json")
        let file = try ServiceFileReader.review(bytes, path: "f").checked()
        #expect(
            file.parameters.map(\.name)
                == ["model", "key", "base", "max_tokens", "temperature", "system"])
        #expect(file.parameters[0].isRequired && file.parameters[0].sandboxDefault == "sandbox-1")
        #expect(file.parameters[1].isSecret && file.parameters[2].defaultValue == "/v1")
        #expect(file.parameters[3].kind == .integer && file.parameters[5].role == .system)
        #expect(
            file.headers == [
                TemplateField(
                    name: "Authorization", value: [.text("Bearer "), .variable(.parameter(1))])
            ])
        let request = file.requests[0]
        #expect(
            request.paths == [
                RequestPath(parts: [.variable(.parameter(2)), .text("/chat/completions")])
            ])
        #expect(request.method == "POST" && !request.isRepeatable)
        let reply = request.reply
        #expect(reply.form == .sse && reply.statuses == [200...299])
        #expect(reply.text.count == 3 && reply.tool.count == 2 && reply.replyTokens.count == 1)
        #expect(reply.error[2].guards[0].values == [.text([.text("error")])])
        #expect(
            reply.rejected[0].guards[0].values == [
                .literal(Array("429".utf8)), .text([.text("429")]),
                .text([.text("rate_limit_exceeded")]),
            ])
        guard case .data("[DONE]") = reply.end else {
            Issue.record("the end is another one")
            return
        }
    }

    /// What has no variables is folded into JSON as it is sent, white space left out.
    @Test func whatIsConstantIsFolded() throws {
        let made = try request(
            #"""
            "path":"/", "body": { "a" : [ 1, { "b" : null } ], "t": "${text}", "$${x}" : "$${y}" }
            """#)
        guard case .json(.object(let members)) = made.body else {
            Issue.record("the body is no object")
            return
        }
        #expect(members.map(\.name) == [[.text("a")], [.text("t")], [.text("${x}")]])
        guard case .json(let array) = members[0].value, case .variable(.text) = members[1].value,
            case .json(let text) = members[2].value
        else {
            Issue.record("a member is another one")
            return
        }
        #expect(String(decoding: array, as: UTF8.self) == #"[1,{"b":null}]"#)
        #expect(String(decoding: text, as: UTF8.self) == #""${y}""#)
    }

    @Test func choicesAndNamesWithVariablesAreRead() throws {
        let top =
            #""parameters":{"on":{"type":"boolean"},"n":{"default":"max"},"v":{}},"#
            + #""headers":{"X-On":{"if":"on","then":"yes ${v}","else":"no"}},"#
        let text =
            #"{"chatload":"service/1","name":"a",\#(top)"requests":{"say":{"path":"/","#
            + #""body":{"t":"${text}","${n}":"${v}","o":{"if":"v","then":"is ${v}"},"#
            + #""if":{"if":1,"x":2}},"reply":{"text":"$.a"}}},"say":["say"]}"#
        let made = try file(text)
        #expect(
            made.headers == [
                TemplateField(
                    name: "X-On", value: [.text("yes "), .variable(.parameter(2))],
                    condition: ParameterCondition(parameter: 0, isSet: true)),
                TemplateField(
                    name: "X-On", value: [.text("no")],
                    condition: ParameterCondition(parameter: 0, isSet: false)),
            ])
        guard case .json(.object(let members)) = made.requests[0].body,
            case .choice(2, .text(let then), nil) = members[2].value,
            case .json(let plain) = members[3].value
        else {
            Issue.record("the body is another one")
            return
        }
        #expect(members[1].name == [.variable(.parameter(1))])
        #expect(then == [.text("is "), .variable(.parameter(2))])
        #expect(String(decoding: plain, as: UTF8.self) == #"{"if":1,"x":2}"#)
    }

    /// Bodies that are no JSON, and what follows from there being one.
    @Test func requestsHaveTheirDefaults() throws {
        let form = try request(
            #""path":"/a","form":{"t":"${text}","n":1,"b":true},"attach":"file""#)
        guard case .form(let fields) = form.body else {
            Issue.record("the body is no form")
            return
        }
        #expect(fields.map(\.value) == [[.variable(.text)], [.text("1")], [.text("true")]])
        #expect(form.method == "POST" && form.attachment == "file")
        let text = try request(
            #""path":"/a","text":"say ${text}","headers":{"Content-Type":"text/x"},"#
                + #""repeatable":true"#)
        guard case .text([.text("say "), .variable(.text)]) = text.body else {
            Issue.record("the body is no text")
            return
        }
        #expect(text.isRepeatable && text.headers.count == 1)
        let get = try request(#""path":"/a/${text}","query":{"q":"${text}"}"#)
        #expect(get.method == "GET" && get.isRepeatable && get.body == nil)
    }

    /// What a reply has given may be sent with the next one, where it is left out before.
    @Test func captureOfTheTurnBeforeCanBeSent() throws {
        let made = try file(
            #"{"chatload":"service/1","name":"a","requests":{"say":{"path":"/","body":"#
                + #"{"t":"${text}","before":"${id}"},"reply":{"as":"sse","text":"$.a","end":"#
                + #"{"event":"done"},"capture":{"id":"$.id","key":"header:X-Key","n":"regex:n=(\\d)"},"#
                + #""status":["2xx",404],"empty":"no_reply","join":"","finish":"$.f","#
                + #""failed":"bad","context_overflow":{"at":"$.e","contains":"long"}}}},"#
                + #""say":["say"],"limits":{"say_characters":5,"say_bytes":9},"#
                + #""user":{"id":"hex:16","fresh":"conversation"},"about":"A"}"#
                .replacing(#""#, with: ""))
        let reply = made.requests[0].reply
        #expect(made.captures == ["id", "key", "n"] && reply.captures.map(\.capture) == [0, 1, 2])
        #expect(reply.statuses == [200...299, 404...404] && reply.needsText && reply.join.isEmpty)
        #expect(reply.failedFinishes == ["bad"] && reply.overflow[0].texts == ["long"])
        #expect(made.characterLimit == 5 && made.byteLimit == 9 && made.about == "A")
        #expect(made.user?.id == .hex(16) && made.user?.isFresh == true)
    }

    @Test func rolesOfAHistoryAreCalledAsItSays() throws {
        let made = try file(
            #"{"chatload":"service/1","name":"a","history":{"kept":"client","message":"#
                + #"{"who":"${role}","parts":[{"text":"${text}"}]},"#
                + #""roles":{"assistant":"model","system":null}},"requests":{"say":{"path":"/","#
                + #""body":{"all":"${messages}"},"reply":{"text":"$.a"}}},"say":["say"]}"#)
        guard case .client(let message, let roles) = made.history else {
            Issue.record("the client keeps none")
            return
        }
        #expect(message.uses(.text) && message.uses(.role))
        #expect(roles == [.user: "user", .assistant: "model", .system: nil])
    }
}
