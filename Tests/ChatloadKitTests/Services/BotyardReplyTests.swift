@testable import ChatloadKit
import Base
import Networking
import Testing

struct BotyardReplyTests {
    struct Row: Sendable {
        let operation: ChatloadKit.Operation
        let status: Int
        let body: String
        let failure: ExchangeFailure?

        init(
            _ operation: ChatloadKit.Operation, _ status: Int, _ body: String,
            _ errorClass: ErrorClass? = nil, _ detail: String = ""
        ) {
            (self.operation, self.status, self.body) = (operation, status, body)
            failure = errorClass.map { ExchangeFailure($0, detail) }
        }
    }

    @Test(arguments: [
        Row(.serviceInfo, 200, #"{"name":"S","description":"","socials":[]}"#),
        Row(.serviceInfo, 200, "{}", .malformedReply, "no name in: {}"),
        Row(.botsList, 200, "[]"),
        Row(.botsList, 200, "{}", .malformedReply, "no list of objects with ids in: {}"),
        Row(.botsList, 200, "[{}]", .malformedReply, "no list of objects with ids in: [{}]"),
        Row(.botsGet, 404, #"{"message":"Bot not found."}"#, .http4xx, "Bot not found."),
        Row(.login, 201, #"{"id":"u","nickname":"n"}"#),
        Row(.login, 200, #"{"id":""}"#, .malformedReply, #"no id in: {"id":""}"#),
        Row(.login, 400, #"{"message":"Nickname"}"#, .http4xx, "Nickname"),
        Row(.login, 401, #"{"message":"no"}"#, .http4xx, "no"),
        Row(.userGet, 200, #"{"id":"u","nickname":"n"}"#),
        Row(.commandsList, 200, #"[{"id":"c","alias":"start"}]"#),
        Row(.chatsCreate, 201, #"{"id":"c","userId":"u","botId":"b"}"#),
        Row(.chatsCreate, 400, #"{"message":"Cannot create"}"#, .http4xx, "Cannot create"),
        Row(.chatsList, 200, "[]"),
        Row(.chatsDelete, 200, #"{"message":"Chat deleted."}"#),
        Row(.chatsDelete, 403, #"{"message":"Not yours."}"#, .http4xx, "Not yours."),
        Row(.messagesSend, 201, #"{"id":"m","timestamp":1}"#),
        Row(
            .messagesSend, 201, #"{"id":"m","timestamp":1.5}"#, .malformedReply,
            #"no id and timestamp in: {"id":"m","timestamp":1.5}"#),
        Row(.messagesList, 200, #"{"messages":[]}"#),
        Row(.messagesList, 200, #"{"total":0}"#, .malformedReply, #"no messages in: {"total":0}"#),
        Row(.messagesList, 500, "", .http5xx, ""),
        Row(.say, 529, #"{"message":"busy"}"#, .rejected, "busy"),
        Row(.poll, 200, #"{"messages":{}}"#, .malformedReply, #"no messages in: {"messages":{}}"#),
        Row(
            .poll, 200, #"{"messages":[{"id":"m","body":7}]}"#, .malformedReply,
            #"no text in: {"messages":[{"id":"m","body":7}]}"#),
        Row(
            .poll, 200, #"{"messages":["#, .malformedReply,
            #"not JSON, at byte 13 the text ends too early: {"messages":["#),
    ])
    func reads(row: Row) async throws {
        let user = ScriptedUser(
            try Sample.botyard(["bot": "01hc76p6ma76qfrs0bfr5x2pry"]),
            answers: [row.operation: [.init(row.status, row.body)]])
        let isCall = ServiceName.botyard.callable.contains(row.operation)
        let failure = await user.play(Turn(isCall ? .call(row.operation) : .say("hi")))
        #expect(failure == row.failure)
        if isCall, failure == nil {
            if row.operation != .login {
                #expect(user.line.receptions.last?.reply.text == row.body)
            }
            #expect(user.line.replies.isEmpty)
        }
    }

    @Test func aDeletedChatIsOpenedAnew() async throws {
        let user = ScriptedUser(try Sample.botyard(["bot": "01hc76p6ma76qfrs0bfr5x2pry"]))
        await user.play(Turn(.call(.chatsDelete)))
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
        #expect(service.exchangeCount(of: Turn(.call(.botsList))) == 1...1)
        #expect(try Sample.tamako().exchangeCount(of: Turn(.say("x"))) == 1...1)
    }

    @Test func objects() throws {
        let service = try Sample.botyard()
        func objection(_ turn: Turn) -> String {
            service.objection(to: turn) ?? service.objection(toParameters: [:], turn.with) ?? ""
        }
        #expect(objection(Turn(.call(.poll))).hasPrefix("botyard cannot be called for poll; "))
        #expect(objection(Turn(.call(.filesUpload))).hasSuffix("; add attach"))
        #expect(objection(Turn(.call(.botsList), attachments: ["f"])).hasSuffix("remove attach"))
        #expect(objection(Turn(.say("x"), with: ["polls": "0"])).contains("polls does not fit"))
        #expect(objection(Turn(.say("x"), with: ["overlap": "1x"])).contains("is no duration"))
        #expect(objection(Turn(.say("x"), with: ["nickname": "ü"])).contains("is refused"))
        #expect(objection(Turn(.say("x"))).isEmpty)
    }
}
