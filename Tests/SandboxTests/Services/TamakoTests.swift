import Base
import Networking
import Testing

@testable import Sandbox

@Suite("Tamako")
struct TamakoTests {
    static func get(_ query: String, path: String = "/api/chat", method: String = "GET") -> String {
        "\(method) \(path)?\(query) HTTP/1.1\r\nHost: api.tamako.tech\r\n\r\n"
    }

    static let keys = "prvid=p&svcid=s&svcsecret=x"

    @Test func answersTheDocumentedExample() {
        var bench = Bench()
        let answer = bench.send(
            Self.get(
                "prvid=com.theskyfallen.exampleapp.tamako-api&svcid=id&svcsecret=secret&name=Sakuta"
                    + "&gender=male&prefix=t!&dev=Bear&user=userid&message=message"))
        #expect(answer.status == 200)
        #expect(
            answer.body.hasPrefix(
                """
                {"api":"TamakoBot API V2","args":{\
                "prvid":"com.theskyfallen.exampleapp.tamako-api","svcid":"id","svcsecret":"secret",\
                "userid":"userid","gender":"male","name":"Sakuta","incoming_message":"message"},\
                "response":"
                """))
        #expect(answer.value("response")?.contains("You said: message") == true)
    }

    @Test func missingParametersAreNull() {
        var bench = Bench()
        let answer = bench.send(Self.get("\(Self.keys)&message=hi"))
        #expect(answer.status == 400)
        #expect(
            answer.body == """
                {"api":"TamakoBot API","args":{"prvid":"p","svcid":"s","svcsecret":"x",\
                "userid":null,"gender":"female","name":"Tamako","incoming_message":"hi"},\
                "error":"missing_arguements"}
                """)
        var lenient = Bench { $0.tamakoMissingStatus = 200 }
        #expect(lenient.send(Self.get("")).status == 200)
    }

    @Test func wrongCredentials() throws {
        let valid = try Credentials(
            parsing: Array(
                "{\"service\":\"tamako\",\"prvid\":\"p\",\"svcid\":\"s\",\"svcsecret\":\"x\"}".utf8)
        )
        var bench = Bench { $0.credentials = valid }
        #expect(bench.send(Self.get("\(Self.keys)&message=hi&user=1")).status == 200)
        let answer = bench.send(
            Self.get("prvid=p&svcid=s&svcsecret=y&message=hi&user=1"))
        #expect(answer.status == 401)
        #expect(answer.body.hasPrefix("{\"api\":\"TamakoBot API V2\",\"args\":{\"prvid\":\"p\""))
        #expect(answer.body.hasSuffix("\"incoming_message\":\"hi\"},\"error\":\"null\"}"))
    }

    /// What the public clients send: other orders, `+` for a space, raw `?`, the text `undefined`,
    /// parameters that do not exist.
    @Test(arguments: [
        ("message=how+are+you&user=1&\(keys)", "how are you"),
        ("user=1&message=how%20are%20you?&\(keys)&name=undefined", "how are you?"),
        ("\(keys)&message=a%26b%23c%2B%25&user=1&foo=bar&message=second", "a&b#c+%"),
        ("\(keys)&&user=1&message=%22%5C%0A", "\\\"\\\\\\n"),
        ("\(keys)&user=1&message=%F0%9F%98%80", "😀"),
    ])
    func decodesWhatClientsSend(query: String, message: String) {
        var bench = Bench()
        let answer = bench.send(Self.get(query))
        #expect(answer.status == 200)
        #expect(answer.body.contains("\"incoming_message\":\"\(message)\"}"))
    }

    @Test(arguments: [
        ("GET", "/api/CHAT/", 200, ""),
        ("POST", "/api/chat", 404, "<pre>Cannot POST /api/chat</pre>"),
        ("GET", "/api/<x>", 404, "<pre>Cannot GET /api/&lt;x&gt;</pre>"),
    ])
    func routesLikeExpress(method: String, path: String, status: Int, text: String) {
        var bench = Bench { $0.ollama.isOffered = false }
        let answer = bench.send(
            Self.get("\(Self.keys)&user=1&message=hi", path: path, method: method))
        #expect(answer.status == status)
        #expect(text.isEmpty || answer.body.contains(text))
    }

    @Test func countsTurnsByUserAndRepeatsItself() {
        func replies() -> [String?] {
            var bench = Bench()
            return ["1", "1", "2"].map {
                bench.send(Self.get("\(Self.keys)&user=\($0)&message=order+4711")).value("response")
            }
        }
        let first = replies()
        #expect(first == replies())
        #expect(first[0]?.contains("for order 4711 is under way: ticket ") == true)
        #expect(first[0]?.hasSuffix("(turn 1)") == true)
        #expect(first[1]?.hasSuffix("(turn 2)") == true)
        #expect(first[2] == first[0])
    }

    @Test func failsAtTheGivenRate() {
        var bench = Bench { $0.tamako.errorRate = 0.25 }
        let failed = (0..<4000).filter { _ in
            bench.send(Self.get("\(Self.keys)&user=1&message=hi")).status == 500
        }
        #expect((900...1100).contains(failed.count))
    }

    @Test func delaysOnlyTheReply() {
        var bench = Bench { $0.tamako.latency = .fixed(.milliseconds(50)) }
        let answer = bench.send(Self.get("\(Self.keys)&user=1&message=hi"))
        #expect(answer.delay == .milliseconds(50))
        #expect(bench.send(Self.get("")).delay == .zero)
    }
}
