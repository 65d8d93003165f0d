@testable import ChatloadKit
import Base
import Networking
import Support
import Testing

/// The exact bytes of every operation of every service.
struct GoldenRequestTests {
    private static let text = "Hi \"you\" & 50% off?\nLine #2 + ünï 😀"

    private func expectGolden(_ requests: [String], _ name: String) {
        let shown = requests.joined(separator: "\n-----\n").unicodeScalars
            .map { $0 == "\r" ? "\\r" : String($0) }.joined()
        let difference = Golden.difference(shown + "\n", from: "requests/\(name).txt")
        #expect(difference == nil, "\(difference ?? "")")
    }

    @Test func tamako() async throws {
        let user = ScriptedUser(try Sample.tamako())
        await user.say(Self.text)
        await user.play(Turn(.say("two"), with: ["name": "Sakuta & co", "prefix": ""]))
        expectGolden(user.line.requests, "tamako.say")
    }

    @Test(arguments: [true, false])
    func stammer(isPinned: Bool) async throws {
        let user = ScriptedUser(try Sample.stammer(), isPinned: isPinned)
        await user.say(Self.text)
        let prompt = ["custom_base_system_prompt": "Be \"brief\"", "language": "pt"]
        await user.play(Turn(.say("two"), with: prompt))
        expectGolden(user.line.requests, isPinned ? "stammer.say.pinned" : "stammer.say")
    }

    @Test func prefixAndHeaders() async throws {
        for name in Services.all {
            let headers = [
                HeaderField("X-Trace", "1"), HeaderField("user-agent", "mine"),
                HeaderField("Cookie", "sticky=a"),
            ]
            let user = ScriptedUser(
                try name.configured(
                    pathPrefix: "/base/", extraHeaders: headers, inSandbox: true))
            await user.say("hi")
            expectGolden([user.line.requests.last ?? ""], "\(name.name).prefixed")
        }
    }

    @Test func botyardSay() async throws {
        let login = ScriptedTransport.Answer(
            201, #"{"id":"01hc71yz5pny5bmf0b4055zbjw","nickname":"u"}"#,
            cookie: "token=jwt.1; path=/; SameSite=Lax")
        let user = ScriptedUser(try Sample.botyard(), answers: ["login": [login]])
        await user.play(Turn(.say(Self.text), attachments: [Self.note]))
        expectGolden(user.line.requests, "botyard.say")
    }

    @Test(arguments: ServiceDescription.botyard.steps.filter(\.isCallable).map(\.name))
    func botyardCall(operation: String) async throws {
        let bot = "01hc76p6ma76qfrs0bfr5x2pry"
        let chats = ScriptedTransport.Answer(#"[{"id":"chat 1"}]"#)
        let user = ScriptedUser(try Sample.botyard(["bot": bot]), answers: ["chats.list": [chats]])
        var turn = Turn(.call(operation))
        switch operation {
        case "messages.send": turn.with = ["body": Self.text]
        case "messages.list":
            turn.with = ["page": "2", "limit": "5", "sender_id": "bot", "since": "17"]
        case "files.upload": turn.attachments = [Self.note, Self.note]
        default: break
        }
        #expect(await user.play(turn) == nil)
        expectGolden([user.line.requests.last ?? ""], "botyard.\(operation)")
    }

    private static let note =
        String(#filePath.dropLast("ChatloadKitTests/Services/GoldenRequestTests.swift".count))
        + "Golden/note.txt"
}
