import Base
import Networking
import Testing

@testable import ChatloadKit

/// Stammer as a description sends the same bytes as the service that was written by hand, and takes
/// responses alike.
@Suite struct DescribedStammerTests {
    static let text = ##"""
        {"chatload":"service/1","name":"stammer-described",
         "parameters":{
          "token":{"secret":true,"required":true},
          "chatbot_uuid":{"required":true},
          "language":{"default":"en"},
          "custom_base_system_prompt":{"system":true}},
         "limits":{"say_characters":4999},
         "headers":{"Authorization":"Token ${token}"},
         "user":{"id":"identity","fresh":"conversation"},
         "requests":{"say":{"method":"POST","path":"/${language}/chatbot/api/v1/message/",
          "body":{"chatbot_uuid":"${chatbot_uuid}","query":"${text}","user_key":"${user_id}",
           "custom_base_system_prompt":"${custom_base_system_prompt}"},
          "reply":{"status":[200,201,202],
           "text":["$.data.answer","$.data.message","$.answer","$.response",
            {"at":"$.message","when":{"$.error":[null,false],"$.detail":[null,false]},"unless":{"$.errors":"x"}}],
           "error":[
            {"at":"$.error","when":{"$.data.answer":null,"$.data.message":null,"$.answer":null,"$.response":null}},
            {"at":"$.detail","when":{"$.data.answer":null,"$.data.message":null,"$.answer":null,"$.response":null}},
            {"at":"$.errors","when":{"$.data.answer":null,"$.data.message":null,"$.answer":null,"$.response":null}}]}}},
         "say":["say"]}
        """##

    private static let settings = [
        "token": "tok-123", "chatbot_uuid": "12345678-1234-5678-1234-56781234ABCD",
    ]

    private func users(
        _ answers: [ScriptedTransport.Answer], isPinned: Bool = false
    ) throws -> [ScriptedUser] {
        let file = try described(Self.text)
        return [try Sample.stammer(), try ServiceDescription(file).configured(Self.settings)].map {
            ScriptedUser($0, answers: ["say": answers], isPinned: isPinned)
        }
    }

    @Test(arguments: [true, false])
    func sendsTheSame(isPinned: Bool) async throws {
        let users = try users([], isPinned: isPinned)
        for user in users {
            await user.say("Hi \"you\" & 50% off?\nLine #2 + ünï 😀\u{1}")
            let prompt = ["custom_base_system_prompt": "Be \"brief\"", "language": "pt"]
            await user.play(Turn(.say("two"), with: prompt))
            user.session.conversation.iteration += 1
            await user.say("")
        }
        #expect(users[0].line.requests == users[1].line.requests)
        #expect(users[0].line.requests.count == 3)
    }

    @Test(arguments: [
        (200, #"{"message":"Success","data":{"answer":"h\u0069","chat_id":1}}"#),
        (201, #"{"data":{"message":"m"},"answer":"a"}"#),
        (200, #"{"message":"m","response":"r","answer":"a"}"#),
        (200, #"{"message":"m","response":"r"}"#), (200, #"{"message":"m"}"#),
        (200, #"{"data":{"answer":""}}"#),
        (200, #"{"data":{"answer":"hi"},"error":null,"errors":[]}"#),
        (200, #"{"data":{"answer":null},"answer":"a"}"#), (202, #"{"status":"queued"}"#), (202, ""),
        (202, #"{"data":{"answer":"now"}}"#), (200, #"{"error":"no credits"}"#),
        (200, #"{"message":"bad","error":true}"#), (200, #"{"errors":{"query":["long"]}}"#),
        (200, "[]"), (204, ""), (200, "OK"), (202, "OK"), (200, ""),
        (401, #"{"detail":"Invalid token."}"#), (400, #"{"error":"e"}"#),
        (404, #"{"message":"Chatbot not found."}"#), (500, "Server\n\tError"),
        (429, #"{"detail":"throttled"}"#), (529, ""), (302, ""),
    ])
    func readsTheSame(status: Int, body: String) async throws {
        let users = try users([ScriptedTransport.Answer(status, body)])
        var outcomes: [ErrorClass?] = []
        for user in users { outcomes.append(await user.say("hi")?.errorClass) }
        #expect(outcomes[0] == outcomes[1])
        #expect(users[0].line.replies == users[1].line.replies)
    }
}
