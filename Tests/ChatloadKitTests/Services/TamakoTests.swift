@testable import ChatloadKit
import Base
import Networking
import Testing

struct TamakoTests {
    struct Row: Sendable {
        let status: Int
        let body: String
        let outcome: Outcome
        let text: String

        init(_ status: Int, _ body: String, _ outcome: Outcome, _ text: String) {
            (self.status, self.body, self.outcome, self.text) = (status, body, outcome, text)
        }
    }

    private static let args =
        #""args":{"prvid":"p","svcid":"s","svcsecret":"t","userid":null,"name":"n","#
        + #""gender":"g","incoming_message":null}"#

    @Test(arguments: [
        Row(200, #"{"api":"TamakoBot API V2",\#(args),"response":"hé\n\u0041"}"#, .ok, "hé\nA"),
        Row(200, #"{"response":""}"#, .ok, ""),
        Row(200, #"{"response":"x","error":null}"#, .ok, "x"),
        Row(200, #"{\#(args),"error":"null"}"#, .failed(.serviceError), "wrong authentication"),
        Row(401, #"{\#(args),"error":"null"}"#, .failed(.http4xx), "wrong authentication"),
        Row(401, "", .failed(.http4xx), "wrong authentication"),
        Row(401, #"{"error":"who?"}"#, .failed(.http4xx), "wrong authentication: who?"),
        Row(
            200, #"{\#(args),"error":"missing_arguements"}"#, .failed(.serviceError),
            "missing_arguements: message, user"),
        Row(
            400, #"{\#(args),"error":"missing_arguements"}"#, .failed(.http4xx),
            "missing_arguements: message, user"),
        Row(200, #"{"response":"x","error":"odd"}"#, .failed(.serviceError), "odd"),
        Row(200, #"{"error":false}"#, .failed(.serviceError), "an empty error"),
        Row(
            200, #"{"message":"gen 4"}"#, .failed(.malformedReply),
            #"no response text in: {"message":"gen 4"}"#),
        Row(
            200, #"{"response":5}"#, .failed(.malformedReply),
            #"no response text in: {"response":5}"#),
        Row(
            200, #"{"response":"cut"#, .failed(.malformedReply),
            #"not JSON, at byte 16 the text ends inside a string: {"response":"cut"#),
        Row(
            200, "", .failed(.malformedReply), "not JSON, at byte 0 the text ends too early: "),
        Row(400, #"{"message":"Invalid user id!"}"#, .failed(.http4xx), "Invalid user id!"),
        Row(500, "<h1>oops</h1>", .failed(.http5xx), "<h1>oops</h1>"),
        Row(502, "", .failed(.http5xx), ""),
        Row(301, "", .failed(.httpUnexpected), ""),
        Row(429, #"{"message":"slow"}"#, .failed(.rejected), "slow (Retry-After: 15:00)"),
    ])
    func reads(row: Row) async throws {
        let answer = ScriptedTransport.Answer(row.status, row.body, retryAfter: "15:00")
        let user = ScriptedUser(try Sample.tamako(), answers: ["say": [answer]])
        let failure = await user.say("hi")
        if let failure {
            #expect(Outcome.failed(failure.errorClass) == row.outcome)
            #expect(failure.detail == row.text)
        } else {
            #expect(row.outcome == .ok)
            #expect(user.line.replies == [row.text])
        }
    }

    @Test func masksEchoedCredentials() async throws {
        let body =
            #"{"args":{"prvid":"com.x&y","svcsecret":"s+cr\"t/é"},"x":"s%2Bcr%22t%2F%C3%A9"}"#
        let service = try Sample.tamako()
        let user = ScriptedUser(service, answers: ["say": [.init(500, body)]])
        let failure = await user.say("hi")
        // As it is recorded.
        let detail = failure.map { service.secrets.mask($0.detail) }
        #expect(detail == #"{"args":{"prvid":"***","svcsecret":"***"},"x":"***"}"#)
    }

    @Test func theIdentityIsTheUser() async throws {
        let user = ScriptedUser(try Sample.tamako())
        await user.say("hi")
        #expect(user.line.requests.first?.contains("&message=hi&user=ana%201&name=Tamako&") == true)
        #expect(user.line.prompts == ["hi"])
    }

    @Test func objects() throws {
        let service = try Sample.tamako()
        let attached = service.description.objection(to: Turn(.say("x"), attachments: ["f"]))
        #expect(attached == "tamako takes no attachments; remove attach")
        let call = service.description.objection(to: Turn(.call("bots.list")))
        #expect(call == "tamako has no operation bots.list; it has only say")
        let typo = service.objection(toParameters: [:], ["nam": "B"])
        #expect(typo == "tamako: nam is not one of its parameters; did you mean name?")
        let secret = service.objection(toParameters: ["svcid": "B"], [:])
        let advice = "give it with --set svcid=env:NAME"
        #expect(
            secret == "tamako: svcid is a secret and cannot stand in a script; \(advice)")
        #expect(service.objection(toParameters: [:], ["name": "B"]) == nil)
    }
}
