@testable import ChatloadKit
import Base
import Networking
import Testing

struct StammerTests {
    typealias Row = TamakoTests.Row

    @Test(arguments: [
        Row(200, #"{"message":"Success","data":{"answer":"hi","chat_id":1}}"#, .ok, "hi"),
        Row(201, #"{"data":{"message":"m"},"answer":"a"}"#, .ok, "m"),
        Row(200, #"{"message":"m","response":"r","answer":"a"}"#, .ok, "a"),
        Row(200, #"{"message":"m","response":"r"}"#, .ok, "r"),
        Row(200, #"{"message":"m"}"#, .ok, "m"),
        Row(200, #"{"data":{"answer":""}}"#, .ok, ""),
        Row(200, #"{"data":{"answer":"hi"},"error":null,"errors":[]}"#, .ok, "hi"),
        Row(200, #"{"data":{"answer":null},"answer":"a"}"#, .ok, "a"),
        Row(202, #"{"status":"queued"}"#, .ok, ""),
        Row(202, "", .ok, ""),
        Row(202, #"{"data":{"answer":"now"}}"#, .ok, "now"),
        Row(200, #"{"error":"no credits"}"#, .failed(.serviceError), "no credits"),
        Row(200, #"{"message":"bad","error":true}"#, .failed(.serviceError), "bad"),
        Row(200, #"{"errors":{"query":["long"]}}"#, .failed(.serviceError), #"{"query":["long"]}"#),
        Row(200, "[]", .failed(.malformedReply), "no answer text in: []"),
        Row(204, "", .failed(.httpUnexpected), "this status is no answer"),
        Row(
            200, "OK", .failed(.malformedReply), "not JSON, at byte 0 a value is expected here: OK"),
        Row(
            202, "OK", .failed(.malformedReply), "not JSON, at byte 0 a value is expected here: OK"),
        Row(401, #"{"detail":"Invalid token."}"#, .failed(.http4xx), "Invalid token."),
        Row(400, #"{"error":"e","message":"m"}"#, .failed(.http4xx), "m"),
        Row(400, #"{"errors":["x"],"message":""}"#, .failed(.http4xx), #"["x"]"#),
        Row(404, #"{"message":"Chatbot not found."}"#, .failed(.http4xx), "Chatbot not found."),
        Row(500, "Server\n\tError", .failed(.http5xx), "Server  Error"),
        Row(429, #"{"detail":"throttled"}"#, .failed(.rejected), "throttled (Retry-After: 15:00)"),
        Row(529, "", .failed(.rejected), "(Retry-After: 15:00)"),
    ])
    func reads(row: Row) async throws {
        let answer = ScriptedTransport.Answer(row.status, row.body, retryAfter: "15:00")
        let user = ScriptedUser(try Sample.stammer(), answers: ["say": [answer]])
        let failure = await user.say("hi")
        if let failure {
            #expect(Outcome.failed(failure.errorClass) == row.outcome)
            // As it is recorded.
            #expect(Secrets([]).mask(failure.detail) == row.text)
        } else {
            #expect(row.outcome == .ok)
            #expect(user.line.replies == [row.text])
        }
    }

    @Test func theAnswersPlaceCanBeSet() async throws {
        let service = try Sample.stammer(["answer_path": "out.0.text, data.answer"])
        let bodies = [
            #"{"out":[{"text":"a"}],"data":{"answer":"b"}}"#, #"{"data":{"answer":"b"}}"#,
        ]
        let user = ScriptedUser(service, answers: ["say": bodies.map { .init($0) }])
        await user.say("1")
        await user.say("2")
        #expect(user.line.replies == ["a", "b"])
    }

    @Test(arguments: [(4_999, true), (5_000, false), (6_000, false)])
    func limitsTheQuery(count: Int, fits: Bool) async throws {
        let service = try Sample.stammer()
        let text = String(repeating: "ü", count: count)
        let user = ScriptedUser(service)
        #expect((service.description.objection(to: Turn(.say(text))) == nil) == fits)
        let failure = await user.say(text)
        #expect(failure?.errorClass == (fits ? nil : .script))
        #expect(user.line.requests.count == (fits ? 1 : 0))
    }

    @Test(arguments: [
        (["chatbot_uuid": "123"], "chatbot_uuid is no UUID: \"123\""),
        (["chatbot_uuid": "12345678-1234-5678-1234-56781234567g"], "chatbot_uuid is no UUID"),
        (["token": ""], "token is required"), (["token": "a\nb"], "token cannot stand in a header"),
        (["answer_path": "a..b"], "answer_path is no path"), (["answer_path": ","], "is no path"),
    ])
    func complainsAboutSettings(settings: [String: String], start: String) throws {
        let complaint = #expect(throws: Fault.self) { try Sample.stammer(settings) }
        #expect(complaint?.description.contains(start) == true)
        #expect(complaint?.description.contains("\n") == false)
    }
}
