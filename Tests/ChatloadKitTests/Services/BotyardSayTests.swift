@testable import ChatloadKit
import Base
import Networking
import Testing

struct BotyardSayTests {
    private let bot = "01hc76p6ma76qfrs0bfr5x2pry"

    private func page(_ messages: String...) -> ScriptedTransport.Answer {
        .init(#"{"chatId":"c","total":1,"page":1,"limit":1,"messages":[\#(messages.joined())]}"#)
    }

    private func message(_ id: String, _ text: String, from sender: String = "bot") -> String {
        #"{"id":"\#(id)","senderId":"\#(sender)","body":"\#(text)","timestamp":5}"#
    }

    @Test func playsAsTheOfficialClient() async throws {
        let answers: [String: [ScriptedTransport.Answer]] = [
            "poll": [page(), page(), page(message("m1", "one")), page(message("m2", "two"))]
        ]
        let user = ScriptedUser(try Sample.botyard(), answers: answers)
        #expect(await user.say("hi") == nil)
        #expect(await user.say("again") == nil)
        let first = [
            "login", "bots.list", "chats.list", "chats.create", "say", "pause 500ms", "poll",
            "pause 1000ms", "poll", "pause 1000ms", "poll",
        ]
        #expect(user.line.events == first + ["say", "pause 500ms", "poll"])
        #expect(user.line.replies == ["one", "two"])
        #expect(user.line.prompts.filter { !$0.isEmpty } == ["hi", "again"])
    }

    @Test func usesTheChatThatIsThere() async throws {
        let chats = ScriptedTransport.Answer(#"[{"id":"c1"},{"id":"c2"}]"#)
        let user = ScriptedUser(
            try Sample.botyard(["bot": bot]), answers: ["chats.list": [chats]])
        await user.say("hi")
        #expect(user.line.events == ["login", "chats.list", "say", "pause 500ms", "poll"])
        #expect(user.line.requests[2].contains(#"{"chatId":"c1","body":"hi"}"#))
    }

    @Test func aReplyOfTheSameMillisecondIsFoundAndTheOneBeforeIsNotTakenForIt() async throws {
        let answers: [String: [ScriptedTransport.Answer]] = [
            "poll": [
                page(message("m1", "one")), page(message("m1", "one")), page(message("m2", "two")),
            ]
        ]
        let user = ScriptedUser(try Sample.botyard(), answers: answers)
        await user.say("hi")
        await user.say("again")
        #expect(user.line.replies == ["one", "two"])
        #expect(user.line.events.suffix(3) == ["poll", "pause 1000ms", "poll"])
        #expect(user.line.requests.last?.contains("&since=1696758105335 HTTP") == true)
    }

    @Test func withoutOverlapAsksAsTheOfficialClient() async throws {
        let user = ScriptedUser(try Sample.botyard(["overlap": "0"]))
        await user.say("hi")
        #expect(user.line.requests.last?.contains("&since=1696758105336 HTTP") == true)
    }

    @Test func theOwnMessageIsNoReply() async throws {
        let own = message("m1", "hi", from: "01hc71yz5pny5bmf0b4055zbjw")
        let user = ScriptedUser(
            try Sample.botyard(), answers: ["poll": [page(own), page(message("m2", "yes"))]])
        await user.say("hi")
        #expect(user.line.replies == ["yes"])
    }

    @Test func givesUpAfterTheLastPoll() async throws {
        let silence = Array(repeating: page(), count: 10)
        let user = ScriptedUser(try Sample.botyard(), answers: ["poll": silence])
        let failure = await user.say("hi")
        #expect(failure == ExchangeFailure(.noReply, "no reply after 10 polls"))
        #expect(user.line.events.count { $0 == "poll" } == 10)
        #expect(user.line.failures == [ExchangeFailure(.noReply, "no reply after 10 polls")])
        #expect(await user.say("still there?") == nil)
    }

    @Test func pollingCanBeSetByTheScript() async throws {
        let user = ScriptedUser(
            try Sample.botyard(), answers: ["poll": [page(), page()]],
            with: ["polls": "2", "poll_first": "0", "poll_every": "20ms"])
        #expect(await user.say("hi")?.errorClass == .noReply)
        #expect(user.line.events.suffix(4) == ["pause 0ms", "poll", "pause 20ms", "poll"])
    }

    @Test func logsInAgainOnceWhenTheSessionIsRefused() async throws {
        let refused = ScriptedTransport.Answer(401, #"{"message":"User is unauthorized."}"#)
        let login = { (name: String) in
            ScriptedTransport.Answer(201, #"{"id":"\#(name)"}"#, cookie: "token=\(name)")
        }
        let user = ScriptedUser(
            try Sample.botyard(["bot": bot]),
            answers: ["login": [login("u1"), login("u2")], "say": [refused]])
        #expect(await user.say("hi") == nil)
        let once = ["login", "chats.list", "chats.create", "say"]
        #expect(user.line.events == once + once + ["pause 500ms", "poll"])
        #expect(user.line.requests[3].contains("Cookie: token=u1\r\n"))
        #expect(!user.line.requests[4].contains("Cookie"))
        #expect(user.line.requests[7].contains("Cookie: token=u2\r\n"))
        #expect(user.line.failures.map(\.errorClass) == [.http4xx])
    }

    @Test func aSecondRefusalEndsTheTurn() async throws {
        let refused = ScriptedTransport.Answer(401, #"{"message":"User is unauthorized."}"#)
        let user = ScriptedUser(try Sample.botyard(), answers: ["say": [refused, refused]])
        let failure = await user.say("hi")
        #expect(failure == ExchangeFailure(.http4xx, "User is unauthorized."))
        #expect(user.line.events.count { $0 == "say" } == 2)
        #expect(await user.say("later") == nil)
    }

    @Test(arguments: [
        ("Sakuta", #"[{"id":"a","name":"Test"},{"id":"b","name":"Sakuta"}]"#, "b"),
        ("", #"[{"id":"a","name":"Test"},{"id":"b","name":"Sakuta"}]"#, "a"),
    ])
    func findsTheBot(name: String, list: String, id: String) async throws {
        let user = ScriptedUser(
            try Sample.botyard(["bot": name]), answers: ["bots.list": [.init(list)]])
        #expect(await user.say("hi") == nil)
        #expect(user.line.requests.last?.contains("sender_id=\(id)&") == true)
    }

    @Test(arguments: [
        ("[]", "the service has no bots"),
        (
            #"[{"id":"a","name":"Sakuta"}]"#,
            "the service has no bot called Sakura; did you mean Sakuta?"
        ),
    ])
    func aMissingBotFails(list: String, detail: String) async throws {
        let user = ScriptedUser(
            try Sample.botyard(["bot": "Sakura"]), answers: ["bots.list": [.init(list)]])
        #expect(await user.say("hi") == ExchangeFailure(.serviceError, detail))
    }

    @Test func anotherBotMeansAnotherChat() async throws {
        let user = ScriptedUser(try Sample.botyard(["bot": bot]))
        await user.say("hi")
        await user.play(Turn(.say("you"), with: ["bot": "01hc76p6ma76qfrs0bfr5x2prz"]))
        let rest = user.line.events.drop { $0 != "poll" }.dropFirst()
        #expect(rest == ["chats.list", "chats.create", "say", "pause 500ms", "poll"])
    }

    @Test(arguments: [
        ("ana", "ana"), ("a", "user a"), ("", "user "), ("ana@x.org", "ana-x-org"),
        ("ü", "user --"), (String(repeating: "x", count: 40), String(repeating: "x", count: 32)),
    ])
    func nicknamesAreValid(identity: String, nickname: String) {
        #expect(Botyard.nickname(for: identity) == nickname)
        #expect(Botyard.isNickname(nickname))
    }
}
