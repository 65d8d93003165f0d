import Base
import Networking
import Testing

@testable import Sandbox

@Suite("Botyard: files, bots of one's own, the admin")
struct BotyardFilesTests {
    static func part(_ disposition: String, _ type: String?, _ content: [UInt8]) -> [UInt8] {
        let line = type.map { "Content-Type: \($0)\r\n" } ?? ""
        return Array("--b\r\nContent-Disposition: form-data; \(disposition)\r\n\(line)\r\n".utf8)
            + content + [0x0D, 0x0A]
    }

    static func upload(_ parts: [[UInt8]], cookie: String?) -> [UInt8] {
        let body = parts.flatMap { $0 } + Array("--b--\r\n".utf8)
        return Array(
            """
            POST /v1/client-api/files HTTP/1.1\r
            Host: x\r
            Cookie: \(cookie ?? "")\r
            Content-Type: multipart/form-data; boundary=b\r
            Content-Length: \(body.count)\r
            \r

            """.utf8) + body
    }

    @Test func uploadsAreServedAndAttached() {
        var member = Member()
        let png: [UInt8] = [0x89, 0x50, 0x0D, 0x0A, 0x2D, 0x2D, 0xFF, 0x00]
        let answer = member.bench.send(
            Self.upload(
                [
                    Self.part(
                        "name=\"file\"; filename=\"../my \\\"file\\\".png\"", "image/png", png),
                    Self.part("name=\"file\"; filename=\"notes\"", nil, Array("hi".utf8)),
                    Self.part("name=\"other\"; filename=\"x\"", nil, []),
                ], cookie: member.bench.cookie))
        #expect(answer.status == 200)
        let ids = answer.values("id")
        let paths = answer.values("path")
        #expect(ids.count == 2 && answer.values("size") == ["8", "2"])
        #expect(answer.values("mimeType") == ["image/png", "application/octet-stream"])
        #expect(answer.body.contains("\"name\":\"my \\\"file\\\".png\""))
        #expect(paths[0].hasPrefix("static/images/01") && paths[0].hasSuffix(".png"))
        #expect(paths[1].hasPrefix("static/files/01") && !paths[0].contains(ids[0]))
        _ = member.bench.botyard("GET", "/" + paths[0])
        #expect(member.bench.response.body.bytes == png)

        let sent = member.bench.botyard(
            "POST", "/v1/client-api/chat/message",
            """
            {"chatId":"\(member.chat)","body":"see","attachmentIds":["\(ids[1])","none"]}
            """)
        #expect(sent.body.contains("\"attachments\":[{\"id\":\"\(ids[1])\",\"path\":"))
        #expect(member.messages().body.contains("\"name\":\"notes\",\"size\":2"))
    }

    @Test(arguments: [
        ("image/gif", 2_097_152, "images"), ("audio/mpeg", 5_242_880, "audios"),
        ("application/x-thing", 10_485_760, "files"),
    ])
    func sizesAreLimited(type: String, limit: Int, category: String) {
        var member = Member()
        for size in [limit, limit + 1] {
            let content = [UInt8](repeating: 0x61, count: size)
            let answer = member.bench.send(
                Self.upload(
                    [Self.part("name=\"file\"; filename=\"f\"", type, content)],
                    cookie: member.bench.cookie))
            #expect(answer.status == (size > limit ? 400 : 200))
            if size > limit {
                let message =
                    "Max allowed size for \(category) are \(limit) bytes, but got \(size)."
                #expect(answer.body == "{\"message\":\"\(message)\"}")
            }
        }
    }

    @Test func uploadComplaints() {
        var member = Member()
        let one = Self.part("name=\"file\"; filename=\"f\"", nil, [])
        let none = member.bench.send(Self.upload([], cookie: member.bench.cookie))
        #expect(none.status == 400 && none.value("message") == "No files found to upload.")
        let many = member.bench.send(
            Self.upload([[UInt8]](repeating: one, count: 11), cookie: member.bench.cookie))
        #expect(many.status == 400)
        #expect(many.value("message") == "Too many files, max allowed amount is 10.")
        let json = member.bench.botyard("POST", "/v1/client-api/files", "{}")
        #expect(json.status == 400)
        #expect(json.value("message") == "request has no multipart/form-data Content-Type")
    }

    @Test func filesAreForgottenWhenTheyAreTooMany() {
        var files = BotyardFiles(budget: 10_000)
        var ids = ULIDFactory(start: .zero, seed: 1)
        let added = (0..<20).map { _ in
            files.add(
                name: "f", mimeType: "text/plain", content: [UInt8](repeating: 1, count: 1000),
                id: ids.next(), pathID: ids.next())
        }
        #expect(files.file(added[0].id) == nil && files.file(path: added[0].path) == nil)
        #expect(files.file(added[19].id)?.content.count == 1000)
    }

    @Test func anOwnBotAnswersOverTheBotAPI() {
        var member = Member()
        let admin = "Authorization: admin\r\n"
        let made = member.bench.botyard(
            "POST", "/v1/admin-api/bot", "{\"name\":\"My bot\"}", headers: admin)
        #expect(made.status == 201)
        let bot = made.value("id") ?? ""
        let key = "Authorization: \(made.value("key") ?? "")\r\n"
        member.chat =
            member.bench.botyard("POST", "/v1/client-api/chat", "{\"botId\":\"\(bot)\"}")
            .value("id") ?? ""
        _ = member.say("hello, bot")
        #expect(member.messages().value("total") == "1")
        let chats = member.bench.botyard(
            "GET", "/v1/bot-api/chats?user_id=\(member.user)", headers: key)
        #expect(chats.values("id") == [member.chat])
        let sent = member.bench.botyard(
            "POST", "/v1/bot-api/chat/message",
            "{\"chatId\":\"\(member.chat)\",\"body\":\"hello, user\"}", headers: key)
        #expect(sent.status == 201 && sent.value("senderId") == bot)
        #expect(member.messages("?sender_id=\(bot)").value("body") == "hello, user")

        let again = member.bench.botyard(
            "POST", "/v1/admin-api/bot", "{\"name\":\"My bot\"}", headers: admin)
        #expect(again.value("message") == "Bot with this name already exists.")
        let gone = member.bench.botyard("DELETE", "/v1/admin-api/bot/\(bot)", headers: admin)
        #expect(gone.body == "{\"message\":\"Bot deleted.\"}")
        #expect(member.bench.botyard("GET", "/v1/bot-api/bot", headers: key).status == 403)
    }

    @Test(arguments: [
        ("/v1/bot-api/bot", "", "Bot key is required."),
        ("/v1/bot-api/bot", "Authorization: a:b\r\n", "Invalid bot key."),
        ("/v1/admin-api/bot", "", "Admin key is required."),
        ("/v1/admin-api/bot", "Authorization: wrong\r\n", "Access denied."),
    ])
    func keysAreChecked(path: String, header: String, message: String) throws {
        let valid = try Credentials(
            parsing: Array("{\"service\":\"botyard\",\"admin_key\":\"right\"}".utf8))
        var bench = Bench { $0.credentials = valid }
        let answer = bench.botyard("GET", path, headers: header)
        #expect(answer.status == 403 && answer.value("message") == message)
    }
}
