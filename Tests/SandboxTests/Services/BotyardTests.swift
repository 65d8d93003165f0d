import Base
import Networking
import Testing

@testable import Sandbox

/// A user who is logged in and has a chat with the first bot.
struct Member {
    var bench: Bench
    var bot = ""
    var chat = ""
    var user = ""

    init(_ change: (inout SandboxSettings) -> Void = { _ in }) {
        bench = Bench(change)
        bot = bench.botyard("GET", "/v1/client-api/bots").value("id") ?? ""
        let login = bench.botyard("POST", "/v1/client-api/user", "{\"nickname\":\"ana\"}")
        user = login.value("id") ?? ""
        chat =
            bench.botyard("POST", "/v1/client-api/chat", "{\"botId\":\"\(bot)\"}").value("id") ?? ""
    }

    mutating func say(_ text: String) -> Answer {
        bench.botyard(
            "POST", "/v1/client-api/chat/message", "{\"chatId\":\"\(chat)\",\"body\":\"\(text)\"}")
    }

    mutating func messages(_ query: String = "") -> Answer {
        bench.botyard("GET", "/v1/client-api/chat/\(chat)/messages\(query)")
    }
}

@Suite("Botyard: the client API")
struct BotyardTests {
    @Test func publicRoutes() {
        var bench = Bench()
        let info = bench.botyard("GET", "/v1/client-api/service-info")
        #expect(info.status == 200 && info.value("name") == "chatload sandbox")
        let bots = bench.botyard("GET", "/v1/client-api/bots")
        #expect(bots.values("name") == ["Test bot", "Support bot", "Echo bot"])
        let ids = bots.values("id")
        #expect(ids == ids.sorted() && Set(ids.map { $0.prefix(10) }).count == 1)
        let bot = bench.botyard("GET", "/v1/client-api/bot/\(ids[1])")
        #expect(
            bot.body == """
                {"id":"\(ids[1])","name":"Support bot",\
                "description":"Answers questions about orders and refunds."}
                """)
        #expect(bot.header("Vary") == "Origin")
        #expect(bot.headers.contains("Access-Control-Allow-Origin: \r\n"))
        let local = bench.botyard(
            "GET", "/v1/client-api/bots", headers: "Origin: http://localhost\r\n")
        #expect(local.header("Access-Control-Allow-Origin") == "http://localhost")
        let foreign = bench.botyard(
            "GET", "/v1/client-api/bots", headers: "Origin: http://evil\r\n")
        #expect(foreign.headers.contains("Access-Control-Allow-Origin: \r\n"))
    }

    @Test func login() {
        var bench = Bench()
        let answer = bench.botyard("POST", "/v1/client-api/user", "{\"Nickname\":\"Ana 1-2\"}")
        #expect(answer.status == 201)
        #expect(answer.value("nickname") == "Ana 1-2")
        let cookie = answer.header("Set-Cookie") ?? ""
        #expect(
            cookie.hasSuffix("; expires=Tue, 21 Nov 2023 22:13:20 GMT; path=/; SameSite=Lax"))
        #expect(cookie.hasPrefix("token=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."))
        let current = bench.botyard("GET", "/v1/client-api/user")
        #expect(current.status == 200 && current.body == answer.body)
    }

    @Test(arguments: [
        ("{\"nickname\":\"ab\"}", "Nickname must be at least 3 characters long."),
        ("{}", "Nickname must be at least 3 characters long."),
        ("{\"nickname\":null}", "Nickname must be at least 3 characters long."),
        (
            "{\"nickname\":\"abcdefghijklmnopqrstuvwxyz1234567\"}",
            "Nickname should not be longer than 32 characters."
        ),
        (
            "{\"nickname\":\"ana_1\"}",
            "Nickname should contain only upper/lower case English letters, spaces, dashes and numbers."
        ),
        ("", "unexpected end of JSON input"),
        ("{\"nickname\":", "unexpected end of JSON input"),
        ("x", "invalid character 'x' looking for beginning of value"),
        (
            "{\"nickname\":5}",
            "json: cannot unmarshal number into Go struct field .nickname of type string"
        ),
    ])
    func loginComplains(json: String, message: String) {
        var bench = Bench()
        let answer = bench.botyard("POST", "/v1/client-api/user", json)
        #expect(answer.status == 400)
        #expect(answer.body == "{\"message\":\"\(message)\"}")
        #expect(answer.header("Set-Cookie") == nil)
    }

    @Test func bodiesOfOtherTypes() {
        var bench = Bench()
        let plain = bench.send(
            "POST /v1/client-api/user HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        #expect(plain.status == 400 && plain.body == "{\"message\":\"Unprocessable Entity\"}")
    }

    @Test(arguments: [
        "GET /v1/client-api/user", "GET /v1/client-api/bot/x/commands", "POST /v1/client-api/chat",
        "GET /v1/client-api/chats?bot_id=x", "DELETE /v1/client-api/chat/x",
        "POST /v1/client-api/chat/message", "GET /v1/client-api/chat/x/messages",
        "POST /v1/client-api/files",
    ])
    func needsASession(route: String) {
        var bench = Bench()
        for cookie in ["", "Cookie: token=\r\n", "Cookie: token=a.b.c\r\n"] {
            let answer = bench.send("\(route) HTTP/1.1\r\nHost: x\r\n\(cookie)\r\n")
            #expect(answer.status == 401)
            #expect(answer.body == "{\"message\":\"User is unauthorized.\"}")
        }
    }

    @Test func sessionSlides() {
        var member = Member()
        let first = member.bench.cookie
        member.bench.now = member.bench.now + .seconds(6 * 86_400)
        #expect(member.bench.botyard("GET", "/v1/client-api/user").status == 200)
        let second = member.bench.cookie
        #expect(second != first)
        member.bench.now = member.bench.now + .seconds(6 * 86_400)
        // A failing request renews it too.
        let failing = member.bench.botyard("DELETE", "/v1/client-api/chat/x")
        #expect(failing.status == 404 && failing.header("Set-Cookie") != nil)
        member.bench.cookie = first
        #expect(member.bench.botyard("GET", "/v1/client-api/user").status == 401)
    }

    @Test func chats() {
        var member = Member()
        let path = "/v1/client-api/chats?bot_id=\(member.bot)"
        let one =
            "{\"id\":\"\(member.chat)\",\"userId\":\"\(member.user)\",\"botId\":\"\(member.bot)\"}"
        #expect(member.bench.botyard("GET", path).body == "[\(one)]")
        for _ in 0..<9 {
            let more = member.bench.botyard(
                "POST", "/v1/client-api/chat", "{\"botId\":\"\(member.bot)\"}")
            #expect(more.status == 201)
        }
        let eleventh = member.bench.botyard(
            "POST", "/v1/client-api/chat", "{\"botId\":\"\(member.bot)\"}")
        #expect(eleventh.status == 400)
        #expect(
            eleventh.value("message") == "Cannot create more than 10 chat rooms with the same bot.")
        // That the bot exists is not checked.
        #expect(
            member.bench.botyard("POST", "/v1/client-api/chat", "{\"botId\":\"no\"}").status == 201)
        let gone = member.bench.botyard("DELETE", "/v1/client-api/chat/\(member.chat)")
        #expect(gone.status == 200 && gone.body == "{\"message\":\"Chat deleted.\"}")
        #expect(member.bench.botyard("GET", path).values("id").count == 9)
        #expect(member.messages().body == "{\"message\":\"Chat not found.\"}")
    }

    @Test func chatComplaints() {
        var member = Member()
        func check(_ answer: Answer, _ status: Int, _ message: String) {
            #expect(answer.status == status)
            #expect(answer.body == "{\"message\":\"\(message)\"}")
        }
        check(
            member.bench.botyard("POST", "/v1/client-api/chat", "{\"botId\":\"\"}"), 400,
            "bot id must not be empty")
        check(member.bench.botyard("GET", "/v1/client-api/chats"), 400, "Bot ID is required.")
        check(
            member.bench.botyard("GET", "/v1/client-api/bot/\(member.user)"), 404, "Bot not found.")
        check(
            member.bench.botyard("GET", "/v1/client-api/bot/x/commands"), 404, "Bot not found.")
        let body = "{\"chatId\":\"\(member.chat)\",\"body\":\"x\"}"
        _ = member.bench.botyard("POST", "/v1/client-api/user", "{\"nickname\":\"bob\"}")
        for (method, path) in [
            ("POST", "message"), ("DELETE", member.chat), ("GET", "\(member.chat)/messages"),
        ] {
            check(
                member.bench.botyard(method, "/v1/client-api/chat/\(path)", body), 403,
                "Chat is not related to current user.")
        }
    }

    @Test func commands() {
        var member = Member()
        let answer = member.bench.botyard("GET", "/v1/client-api/bot/\(member.bot)/commands")
        #expect(answer.values("alias") == ["start", "help"])
        #expect(answer.values("description") == ["Start a new conversation.", "Show usage guide."])
    }

    @Test func sending() {
        var member = Member()
        let sent = member.say("Hello <World> & all")
        #expect(sent.status == 201)
        #expect(
            sent.body == """
                {"id":"\(sent.value("id") ?? "")","chatId":"\(member.chat)",\
                "senderId":"\(member.user)","body":"Hello \\u003cWorld\\u003e \\u0026 all",\
                "timestamp":1700000000000}
                """)
        #expect(member.say("").status == 201)
        #expect(member.say(String(repeating: "é", count: 2048)).status == 201)
        let long = member.say(String(repeating: "é", count: 2048) + "x")
        #expect(long.status == 400)
        #expect(long.value("message") == "maximum allowed body length is 4096 characters")
        let ids = [String](repeating: "\"x\"", count: 11).joined(separator: ",")
        let files = member.bench.botyard(
            "POST", "/v1/client-api/chat/message",
            "{\"chatId\":\"\(member.chat)\",\"body\":\"\",\"attachmentIds\":[\(ids)]}")
        #expect(files.status == 400)
        #expect(files.value("message") == "maximum number of files allowed is 10")
    }

    @Test(arguments: [
        ("POST", "/v1/client-api/nothing", 404, 500, "Cannot POST /v1/client-api/nothing"),
        ("PUT", "/v1/client-api/user", 405, 500, "Method Not Allowed"),
        ("DELETE", "/v1/client-api/bots", 405, 500, "Method Not Allowed"),
    ])
    func unknownRoutes(method: String, path: String, status: Int, exact: Int, message: String) {
        var bench = Bench()
        let answer = bench.botyard(method, path)
        #expect(answer.status == status && answer.body == "{\"message\":\"\(message)\"}")
        var exactBench = Bench { $0.isBotyardExact = true }
        let exactAnswer = exactBench.botyard(method, path)
        #expect(exactAnswer.status == exact && exactAnswer.body == answer.body)
    }

    @Test func failsLikeItsDatabase() {
        var bench = Bench { $0.botyard.errorRate = 1 }
        let answer = bench.botyard("POST", "/v1/client-api/chat/message", "{}")
        #expect(answer.status == 500)
        #expect(answer.body == "{\"message\":\"Can't save message to database.\"}")
    }

    @Test func everyUnknownPageIsTheWebClient() {
        var bench = Bench()
        for path in ["/", "/v1/client-api/nothing", "/static/images/../../etc/passwd"] {
            let answer = bench.botyard("GET", path)
            #expect(answer.status == 200 && answer.body.hasPrefix("<!doctype html>"))
        }
    }
}
