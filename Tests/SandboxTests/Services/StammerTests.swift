import Base
import Networking
import Testing

@testable import Sandbox

@Suite("Stammer")
struct StammerTests {
    static let uuid = "12345678-1234-5678-1234-567812345678"

    static func post(
        _ json: String, token: String? = "Token abc", path: String = "/en/chatbot/api/v1/message/",
        method: String = "POST", type: String? = "application/json"
    ) -> String {
        let authorization = token.map { "Authorization: \($0)\r\n" } ?? ""
        let contentType = type.map { "Content-Type: \($0)\r\n" } ?? ""
        return
            "\(method) \(path) HTTP/1.1\r\nHost: app.stammer.ai\r\n\(authorization)\(contentType)"
            + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)"
    }

    static func message(_ query: String, key: String = "u1", uuid: String = uuid) -> String {
        "{\"chatbot_uuid\":\"\(uuid)\",\"query\":\"\(query)\",\"user_key\":\"\(key)\"}"
    }

    @Test func answers() {
        var bench = Bench { $0.stammer.latency = .fixed(.milliseconds(7)) }
        let answer = bench.send(Self.post(Self.message("Hello \\u00e9")))
        #expect(answer.status == 200)
        #expect(answer.body.hasPrefix("{\"message\":\"Success\",\"data\":{\"answer\":\"Hello! "))
        #expect(answer.body.contains("You said: Hello é"))
        #expect(answer.body.hasSuffix(",\"chat_id\":1}}"))
        #expect(answer.delay == .milliseconds(7))
    }

    @Test func userKeyContinuesTheConversation() {
        var bench = Bench()
        let bodies = [
            Self.message("a"), Self.message("a"), Self.message("a", key: "u2"),
            Self.message("a", uuid: "12345678-1234-5678-1234-567812345679"),
            // The same chatbot, spelled without dashes.
            Self.message("a", uuid: "12345678123456781234567812345678"),
        ].map { bench.send(Self.post($0)) }
        #expect(bodies.map { $0.value("chat_id") } == ["1", "1", "2", "3", "1"])
        let turns = bodies.map { $0.value("answer")?.suffix(8) }
        #expect(turns == ["(turn 1)", "(turn 2)", "(turn 1)", "(turn 1)", "(turn 3)"])
    }

    static let complaints: [(String, Int, String)] = [
        (post(message("x"), token: nil), 401, "Authentication credentials were not provided."),
        (post(message("x"), token: "Bearer a"), 401, "Authentication credentials were not"),
        (post(message("x"), token: "Token"), 401, "Invalid token header. No credentials"),
        (post(message("x"), token: "Token a b"), 401, "should not contain spaces."),
        (post("", method: "GET"), 405, "{\"detail\":\"Method \\\"GET\\\" not allowed.\"}"),
        (post("", token: nil, method: "GET"), 401, "not provided"),
        (post("a=b", type: "text/plain"), 415, "Unsupported media type \\\"text/plain\\\""),
        (post("{"), 400, "{\"detail\":\"JSON parse error - "),
        (
            post("{}"), 400,
            """
            {"message":"Validation failed.","errors":{"chatbot_uuid":["This field is required."],\
            "query":["This field is required."],"user_key":["This field is required."]}}
            """
        ),
        (post("[]"), 400, "\"query\":[\"This field is required.\"]"),
        (post(message("")), 400, "\"errors\":{\"query\":[\"This field may not be blank.\"]}"),
        (post(message(" \\n")), 400, "\"query\":[\"This field may not be blank.\"]"),
        (post(message("x", key: "")), 400, "\"user_key\":[\"This field may not be blank.\"]"),
        (post(message("x", uuid: "1234")), 400, "\"chatbot_uuid\":[\"Must be a valid UUID.\"]"),
        (post(message("x", uuid: "")), 400, "\"chatbot_uuid\":[\"Must be a valid UUID.\"]"),
        (
            post(message("x", uuid: "1234567-81234-5678-1234-567812345678")), 400,
            "Must be a valid UUID."
        ),
        (
            post(message(String(repeating: "é", count: 5000))), 400,
            "\"query\":[\"Must be under 5000 characters.\"]"
        ),
        (
            post("{\"query\":null,\"user_key\":[1],\"chatbot_uuid\":\"\(uuid)\"}"), 400,
            """
            "errors":{"query":["This field may not be null."],"user_key":["Not a valid string."]}
            """
        ),
        (
            post(message("x", uuid: "00000000-0000-0000-0000-000000000000")), 404,
            "{\"message\":\"Chatbot not found.\"}"
        ),
        (post("", path: "/en/chatbot/api/v1/nothing/"), 404, "<h1>Not Found</h1>"),
    ]

    @Test(arguments: complaints)
    func complains(request: String, status: Int, text: String) {
        var bench = Bench()
        let answer = bench.send(request)
        #expect(answer.status == status)
        #expect(answer.body.contains(text), "\(answer.body)")
        #expect((answer.header("WWW-Authenticate") == "Token") == (status == 401))
        #expect(answer.delay == .zero)
    }

    static let accepted: [String] = [
        post(message(String(repeating: "é", count: 4999))),
        post(message("x"), token: "token  abc", type: "application/json; charset=utf-8"),
        post(message("x"), path: "/pt/chatbot/api/v1/message/"),
        post(message("x"), path: "/pt-br/chatbot/api/v1/message/", type: nil),
        post("{\"query\":5,\"user_key\":7,\"chatbot_uuid\":\"\(uuid)\",\"unknown\":{\"a\":[1]}}"),
        post(
            """
            {"custom_base_system_prompt":"Be brief.","user_key":"a","query":"b",\
            "chatbot_uuid":"\(uuid.uppercased())"}
            """),
    ]

    @Test(arguments: accepted)
    func accepts(request: String) {
        var bench = Bench()
        #expect(bench.send(request).status == 200)
    }

    @Test func takesOnlyNamedTokens() throws {
        let valid = try Credentials(
            parsing: Array("{\"service\":\"stammer\",\"token\":\"good\"}\n\n".utf8))
        var bench = Bench { $0.credentials = valid }
        #expect(bench.send(Self.post(Self.message("x"), token: "Token good")).status == 200)
        let answer = bench.send(Self.post(Self.message("x"), token: "Token bad"))
        #expect(answer.status == 401)
        #expect(answer.body == "{\"detail\":\"Invalid token.\"}")
    }

    @Test func sendsTheSlashlessToTheRightPlace() {
        var bench = Bench()
        let answer = bench.send(
            Self.post(Self.message("x"), path: "/en/chatbot/api/v1/message"))
        #expect(answer.status == 301)
        #expect(answer.header("Location") == "/en/chatbot/api/v1/message/")
    }

    @Test func failsLikeDjango() {
        var bench = Bench { $0.stammer.errorRate = 1 }
        let answer = bench.send(Self.post(Self.message("x")))
        #expect(answer.status == 500)
        #expect(answer.body.contains("<h1>Server Error (500)</h1>"))
    }
}
