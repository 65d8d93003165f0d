import Base
import Networking
import Support
import Testing

@testable import Sandbox

/// A client on the server's loop that speaks raw bytes.
struct RawClient {
    let loop: EventLoop
    let stream: Networking.Stream
    private var received: [UInt8] = []

    init(to address: SocketAddress, on loop: EventLoop) async throws {
        self.loop = loop
        stream = try await Stream.connect(
            to: address, on: loop, until: loop.tick + .seconds(5))
    }

    func send(_ text: String) async throws { try await stream.send(Array(text.utf8)) }

    /// The next response: head and body.
    mutating func response(hasBody: Bool = true) async throws -> (head: String, body: String) {
        while true {
            let text = String(decoding: received, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let head = String(text[..<end.lowerBound])
                let length = hasBody ? Self.length(head) : 0
                let headSize = text[..<end.upperBound].utf8.count
                if received.count >= headSize + length {
                    let body = received[headSize..<headSize + length]
                    received.removeFirst(headSize + length)
                    return (head, String(decoding: body, as: UTF8.self))
                }
            }
            guard try await stream.receive(into: &received, until: loop.tick + .seconds(30)) > 0
            else { return ("closed", "") }
        }
    }

    /// Whether the server has closed the connection.
    mutating func isEnded() async throws -> Bool {
        try await stream.receive(into: &received, until: loop.tick + .seconds(600)) == 0
    }

    private static func length(_ head: String) -> Int {
        for line in head.split(separator: "\r\n") where line.hasPrefix("Content-Length: ") {
            return Int(line.dropFirst(16)) ?? 0
        }
        return 0
    }
}

@Suite("The whole server, in virtual time and over the kernel")
struct SandboxServerTests {
    static let chat =
        "GET /api/chat?prvid=p&svcid=s&svcsecret=x&user=1&message=hi HTTP/1.1\r\nHost: h\r\n\r\n"

    /// Runs `body` with a server on a loop.
    static func with(
        _ kind: LoopKind, _ change: (inout SandboxSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (EventLoop, SandboxServer, SocketAddress) async throws -> Void
    ) async throws {
        var settings = SandboxSettings()
        settings.startTime = .seconds(1_700_000_000)
        settings.tamako.latency = .fixed(.milliseconds(20))
        settings.botyard.latency = .fixed(.milliseconds(20))
        change(&settings)
        let chosen = settings
        try await kind.run { loop in
            let server = SandboxServer(settings: chosen, loop: loop)
            let address = try await server.start()
            try await body(loop, server, address)
            await server.stop()
        }
    }

    @Test(arguments: LoopKind.allCases)
    func answersAfterTheLatency(kind: LoopKind) async throws {
        try await Self.with(kind) { loop, server, address in
            var client = try await RawClient(to: address, on: loop)
            for turn in 1...3 {
                let start = loop.clock()
                try await client.send(Self.chat)
                let (head, body) = try await client.response()
                let taken = loop.clock() - start
                #expect(head.hasPrefix("HTTP/1.1 200 OK\r\nDate: "))
                #expect(head.contains("Content-Type: application/json; charset=utf-8\r\n"))
                #expect(body.hasSuffix("(turn \(turn))\"}"))
                #expect(taken >= .milliseconds(20))
                if kind == .simulated { #expect(taken == .milliseconds(20)) }
            }
            let counts = await server.counts
            #expect(counts.requests == ["tamako.chat": [200: 3]])
            #expect(counts.connections == 1 && counts.bytesIn == 3 * Self.chat.utf8.count)
        }
    }

    @Test(arguments: LoopKind.allCases)
    func speaksHTTP(kind: LoopKind) async throws {
        try await Self.with(kind, { $0.tamako.latency = .fixed(.zero) }) { loop, _, address in
            var client = try await RawClient(to: address, on: loop)
            // Pipelined, HEAD, then 100-continue, then HTTP/1.0.
            try await client.send(Self.chat + Self.chat.replacing("GET", with: "HEAD") + Self.chat)
            #expect(try await client.response().body.hasSuffix("(turn 1)\"}"))
            let head = try await client.response(hasBody: false).head
            #expect(head.contains("\r\nContent-Length: "))
            #expect(try await client.response().body.hasSuffix("(turn 3)\"}"))
            try await client.send(
                "POST /v1/client-api/user HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 18\r\n\r\n")
            #expect(try await client.response().head == "HTTP/1.1 100 Continue")
            try await client.send("{\"nickname\":\"ana\"}")
            #expect(try await client.response().head.hasPrefix("HTTP/1.1 201 Created"))
            try await client.send("GET /nowhere HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let nowhere = try await client.response()
            #expect(nowhere.head.contains("404 Not Found"))
            #expect(nowhere.head.contains("Connection: keep-alive"))
            try await client.send("GET /_sandbox/counts HTTP/1.0\r\n\r\n")
            let counts = try await client.response()
            #expect(counts.head.contains("Connection: close"))
            #expect(counts.body.contains("\"tamako.chat\":{\"200\":3}"))
            #expect(counts.body.contains("\"unknown\":{\"404\":1}},\"total\":5,"))
            #expect(try await client.isEnded())
        }
    }

    @Test(arguments: LoopKind.allCases)
    func refusesNonsenseAndCloses(kind: LoopKind) async throws {
        try await Self.with(kind) { loop, server, address in
            for (raw, status) in [
                ("nonsense\r\n\r\n", "400"), ("GET / HTTP/1.1\nHost: a\n\n", "400"),
                ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505"),
                ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\nxxxx", "413"),
            ] {
                var client = try await RawClient(to: address, on: loop)
                try await client.send(raw)
                let head = try await client.response().head
                #expect(head.hasPrefix("HTTP/1.1 \(status) "))
                #expect(head.contains("Connection: close"))
                client.stream.close()
            }
            #expect(await server.counts.requests["malformed"] == [400: 2, 505: 1, 413: 1])
        }
    }

    @Test func stoppingEndsConnections() async throws {
        try await Self.with(.simulated) { loop, server, address in
            var client = try await RawClient(to: address, on: loop)
            try await client.send(Self.chat)
            _ = try await client.response()
            await server.stop()
            #expect(try await client.isEnded())
            await #expect(throws: SocketError.refused) {
                _ = try await RawClient(to: address, on: loop)
            }
        }
    }

    /// The way the official web client goes: bots, chats, a chat, send, poll.
    @Test(arguments: LoopKind.allCases)
    func playsTheWebClient(kind: LoopKind) async throws {
        try await Self.with(kind) { loop, _, address in
            var client = try await RawClient(to: address, on: loop)
            func request(_ method: String, _ path: String, _ json: String, _ cookie: String)
                -> String
            {
                "\(method) /v1/client-api/\(path) HTTP/1.1\r\nHost: h\r\nCookie: \(cookie)\r\n"
                    + "Content-Type: application/json\r\n"
                    + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)"
            }
            func value(_ key: String, of response: (head: String, body: String)) -> String {
                Answer(status: 0, body: response.body, headers: response.head, delay: .zero)
                    .value(key) ?? ""
            }
            try await client.send(request("POST", "user", "{\"nickname\":\"ana\"}", ""))
            let login = try await client.response()
            let cookie =
                login.head.split(separator: "\r\n").first { $0.hasPrefix("Set-Cookie: ") }
                .map { String($0.dropFirst(12).prefix { $0 != ";" }) } ?? ""
            try await client.send(request("GET", "bots", "", cookie))
            let bot = value("id", of: try await client.response())
            try await client.send(request("POST", "chat", "{\"botId\":\"\(bot)\"}", cookie))
            let chat = value("id", of: try await client.response())
            let message = "{\"chatId\":\"\(chat)\",\"body\":\"Refund order 4711\"}"
            try await client.send(request("POST", "chat/message", message, cookie))
            let since = value("timestamp", of: try await client.response())
            await loop.sleep(until: loop.tick + .milliseconds(25))
            let query = "sender_id=\(bot)&page=1&limit=1&since=\(since)"
            try await client.send(request("GET", "chat/\(chat)/messages?\(query)", "", cookie))
            let page = try await client.response()
            #expect(value("total", of: page) == "1")
            #expect(value("body", of: page).contains("The refund for order 4711 is under way"))
        }
    }
}
