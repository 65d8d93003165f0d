import Base
import Networking
import Support
import Testing

@testable import Sandbox

@Suite("No request makes a service trap")
struct ServicesFuzzTests {
    /// Heads and bodies that lead deep into each service; lengths are put right after a mutation.
    static func seeds(_ member: Member) -> [(head: String, body: String)] {
        let session = "Cookie: \(member.bench.cookie ?? "")\r\n"
        let json = "Content-Type: application/json\r\n"
        let client = "/v1/client-api"
        let uuid = "12345678-1234-5678-1234-567812345678"
        return [
            (
                "GET /api/chat?prvid=p&svcid=s&svcsecret=x%20y&user=1&message=a+b%E2%82%AC&name=n",
                ""
            ),
            (
                "POST /en/chatbot/api/v1/message/\nAuthorization: Token abc\r\n\(json)",
                "{\"chatbot_uuid\":\"\(uuid)\",\"query\":\"order 4711 \\u20ac\",\"user_key\":\"k\"}"
            ),
            ("POST \(client)/user\n\(json)", "{\"nickname\":\"ana\"}"),
            ("POST \(client)/chat\n\(session)\(json)", "{\"botId\":\"\(member.bot)\"}"),
            ("GET \(client)/chats?bot_id=\(member.bot)\n\(session)", ""),
            (
                "POST \(client)/chat/message\n\(session)\(json)",
                "{\"chatId\":\"\(member.chat)\",\"body\":\"<hi>\",\"attachmentIds\":[\"x\",null]}"
            ),
            (
                "GET \(client)/chat/\(member.chat)/messages?page=1&limit=5&sender_id=\(member.bot)"
                    + "&since=17\n\(session)", ""
            ),
            (
                "POST \(client)/files\n\(session)Content-Type: multipart/form-data; boundary=b\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n"
                    + "Content-Type: image/png\r\n\r\nxyz\r\n--b--\r\n"
            ),
            ("POST /v1/admin-api/bot\nAuthorization: k\r\n\(json)", "{\"name\":\"a bot\"}"),
            ("DELETE \(client)/chat/\(member.user)\n\(session)", ""),
        ] + models
    }

    /// Those that generate text.
    private static let models: [(head: String, body: String)] = ModelRequest.streams.map {
        let parts = $0.request.split(separator: "\r\n\r\n", maxSplits: 1).map(String.init)
        let lines = parts[0].split(separator: "\r\n").map(String.init)
        let fields = lines.dropFirst(2).filter { !$0.hasPrefix("Content-Length") }
        let head = lines[0].replacing(" HTTP/1.1", with: "") + "\n"
        return (
            head + fields.map { $0 + "\r\n" }.joined(),
            (parts.count > 1 ? parts[1] : "").replacing(
                "\"Hi\"", with: "[{\"text\":\"Hi \\u20ac\"}]")
        )
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func mutatedRequests(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var member = Member {
            $0.isBotyardExact = seed % 2 == 0
            $0.pacing.replyTokens = .fixed(20)
        }
        let seeds = Self.seeds(member)
        var answered = 0
        for _ in 0..<Fuzz.count(few: 10_000) / 4 {
            let chosen = seeds[Int.random(in: seeds.indices, using: &random)]
            let body = Self.mutated(Array(chosen.body.utf8), using: &random)
            let parts = chosen.head.split(separator: "\n", maxSplits: 1).map(String.init)
            let line = Self.mutated(Array(parts[0].utf8), using: &random)
            let fields = Self.mutated(Array((parts.count > 1 ? parts[1] : "").utf8), using: &random)
            let request =
                line + Array(" HTTP/1.1\r\nHost: h\r\n".utf8) + fields
                + Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
            let answer = member.bench.send(request)
            if answer.status > 0 {
                answered += 1
                _ = member.bench.frames()
                #expect((200...599).contains(answer.status))
                #expect(Self.isJSON(answer.body) || answer.body.isEmpty || !Self.claimsJSON(member))
            }
            member.bench.now = member.bench.now + .milliseconds(3)
        }
        #expect(answered > 1000)
    }

    private static func claimsJSON(_ member: Member) -> Bool {
        member.bench.response.contentType?.hasPrefix(Response.json) ?? false
    }

    private static func isJSON(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner()
        do {
            try scanner.skipValue(in: bytes.span)
            return try scanner.next(in: bytes.span) == .end
        } catch {
            return false
        }
    }

    /// Half of the texts stay as they are, so that a change elsewhere is reached.
    private static func mutated(
        _ original: [UInt8], using random: inout SeededRandom
    ) -> [UInt8] {
        var bytes = original
        guard !bytes.isEmpty, random.next() % 2 == 0 else { return bytes }
        for _ in 0...Int.random(in: 0..<3, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &random)
            switch random.next() % 4 {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(bytes[place], at: place)
            default: bytes.swapAt(place, Int.random(in: bytes.indices, using: &random))
            }
        }
        return bytes
    }
}
