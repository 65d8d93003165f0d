@testable import ChatloadKit
import Base
import Networking
import Testing

struct BotyardReplyTests {
    struct Row: Sendable {
        let step: String
        let status: Int
        let body: String
        let failure: ExchangeFailure?

        init(
            _ step: String, _ status: Int, _ body: String,
            _ errorClass: ErrorClass? = nil, _ detail: String = ""
        ) {
            (self.step, self.status, self.body) = (step, status, body)
            failure = errorClass.map { ExchangeFailure($0, detail) }
        }
    }

    @Test(arguments: [
        Row("service.info", 200, #"{"name":"S","description":"","socials":[]}"#),
        Row("service.info", 200, "{}", .malformedReply, "no name in: {}"),
        Row("bots.list", 200, "[]"),
        Row("bots.list", 200, "{}", .malformedReply, "no list of objects with ids in: {}"),
        Row("bots.list", 200, "[{}]", .malformedReply, "no list of objects with ids in: [{}]"),
        Row("bots.get", 404, #"{"message":"Bot not found."}"#, .http4xx, "Bot not found."),
        Row("login", 201, #"{"id":"u","nickname":"n"}"#),
        Row("login", 200, #"{"id":""}"#, .malformedReply, #"no id in: {"id":""}"#),
        Row("login", 400, #"{"message":"Nickname"}"#, .http4xx, "Nickname"),
        Row("login", 401, #"{"message":"no"}"#, .http4xx, "no"),
        Row("user.get", 200, #"{"id":"u","nickname":"n"}"#),
        Row("commands.list", 200, #"[{"id":"c","alias":"start"}]"#),
        Row("chats.create", 201, #"{"id":"c","userId":"u","botId":"b"}"#),
        Row("chats.create", 400, #"{"message":"Cannot create"}"#, .http4xx, "Cannot create"),
        Row("chats.list", 200, "[]"),
        Row("chats.delete", 200, #"{"message":"Chat deleted."}"#),
        Row("chats.delete", 403, #"{"message":"Not yours."}"#, .http4xx, "Not yours."),
        Row("messages.send", 201, #"{"id":"m","timestamp":1}"#),
        Row(
            "messages.send", 201, #"{"id":"m","timestamp":1.5}"#, .malformedReply,
            #"no id and timestamp in: {"id":"m","timestamp":1.5}"#),
        Row("messages.list", 200, #"{"messages":[]}"#),
        Row(
            "messages.list", 200, #"{"total":0}"#, .malformedReply, #"no messages in: {"total":0}"#),
        Row("messages.list", 500, "", .http5xx, ""),
        Row("say", 529, #"{"message":"busy"}"#, .rejected, "busy"),
        Row("poll", 200, #"{"messages":{}}"#, .malformedReply, #"no messages in: {"messages":{}}"#),
        Row(
            "poll", 200, #"{"messages":[{"id":"m","body":7}]}"#, .malformedReply,
            #"no text in: {"messages":[{"id":"m","body":7}]}"#),
        Row(
            "poll", 200, #"{"messages":["#, .malformedReply,
            #"not JSON, at byte 13 the text ends too early: {"messages":["#),
    ])
    func reads(row: Row) async throws {
        let user = ScriptedUser(
            try Sample.botyard(["bot": "01hc76p6ma76qfrs0bfr5x2pry"]),
            answers: [row.step: [.init(row.status, row.body)]])
        let isCall = user.service.description.steps.contains {
            $0.name == row.step && $0.isCallable
        }
        let failure = await user.play(Turn(isCall ? .call(row.step) : .say("hi")))
        #expect(failure == row.failure)
        if isCall, failure == nil {
            if row.step != "login" {
                #expect(user.line.receptions.last?.text.text == row.body)
            }
            #expect(user.line.replies.isEmpty)
        }
    }

    @Test func aDeletedChatIsOpenedAnew() async throws {
        let user = ScriptedUser(try Sample.botyard(["bot": "01hc76p6ma76qfrs0bfr5x2pry"]))
        await user.play(Turn(.call("chats.delete")))
        await user.say("hi")
        let opening = ["chats.list", "chats.create"]
        let expected =
            ["login"] + opening + ["chats.delete"] + opening + ["say", "pause 500ms", "poll"]
        #expect(user.line.events == expected)
    }

    @Test func countsExchanges() throws {
        let service = try Sample.botyard(["polls": "4"])
        #expect(service.exchangeCount(of: Turn(.say("x"))) == 2...5)
        #expect(service.exchangeCount(of: Turn(.say("x"), attachments: ["f"])) == 3...6)
        #expect(service.exchangeCount(of: Turn(.say("x"), with: ["polls": "1"])) == 2...2)
        #expect(service.exchangeCount(of: Turn(.call("bots.list"))) == 1...1)
        #expect(try Sample.tamako().exchangeCount(of: Turn(.say("x"))) == 1...1)
    }

    @Test func objects() throws {
        let service = try Sample.botyard()
        func objection(_ turn: Turn) -> String {
            service.description.objection(to: turn) ?? service.objection(
                toParameters: [:], turn.with) ?? ""
        }
        #expect(objection(Turn(.call("poll"))).hasPrefix("botyard cannot be called for poll; "))
        #expect(objection(Turn(.call("files.upload"))).hasSuffix("; add attach"))
        #expect(objection(Turn(.call("bots.list"), attachments: ["f"])).hasSuffix("remove attach"))
        #expect(objection(Turn(.say("x"), with: ["polls": "0"])).contains("polls does not fit"))
        #expect(objection(Turn(.say("x"), with: ["overlap": "1x"])).contains("is no duration"))
        #expect(objection(Turn(.say("x"), with: ["nickname": "ü"])).contains("is refused"))
        #expect(objection(Turn(.say("x"))).isEmpty)
    }
}
