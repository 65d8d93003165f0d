import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Stammer as a description sends the same bytes as the service that was written by hand, and takes
/// responses alike.
@Suite struct DescribedStammerTests {
    static let text = String(
        decoding: Corpus.contents(of: repository + "/Tests/Descriptions/stammer-described.json"),
        as: UTF8.self)

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
