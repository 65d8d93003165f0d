import Base
import Networking
import Support

@testable import Sandbox

/// Requests for the services that generate text, as raw HTTP.
enum ModelRequest {
    /// A request with a body of JSON and further header lines.
    static func post(
        _ path: String, _ json: String, _ headers: String = "Authorization: Bearer sandbox-key\r\n",
        method: String = "POST"
    ) -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: h\r\n\(headers)Content-Type: application/json\r\n"
            + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)"
    }

    /// A chat completion of one message; `rest` are further members.
    static func chat(_ rest: String = "", text: String = "Hi", headers: String? = nil) -> String {
        let json =
            "{\"model\":\"sandbox-1\",\"messages\":[{\"role\":\"user\",\"content\":\"\(text)\"}]"
            + "\(rest)}"
        return post(
            "/v1/chat/completions", json, headers ?? "Authorization: Bearer sandbox-key\r\n")
    }

    static let streamed = ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"

    /// One request for a stream of each service that generates text, by its name.
    static let streams: [(name: String, request: String)] = [
        ("openai", chat(streamed)),
        (
            "azure-openai",
            post(
                "/openai/deployments/sandbox-1/chat/completions?api-version=2024-10-21",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]\(streamed)}",
                "api-key: k\r\n")
        ),
        (
            "responses",
            post("/v1/responses", "{\"model\":\"sandbox-1\",\"input\":\"Hi\",\"stream\":true}")
        ),
        (
            "anthropic",
            post(
                "/v1/messages",
                "{\"model\":\"sandbox-1\",\"max_tokens\":99,\"stream\":true,"
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
                "x-api-key: k\r\n")
        ),
        (
            "ollama",
            post(
                "/api/chat",
                "{\"model\":\"sandbox-1\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
                "")
        ),
        (
            "gemini",
            post(
                "/v1beta/models/sandbox-1:streamGenerateContent?alt=sse",
                "{\"contents\":[{\"parts\":[{\"text\":\"Hi\"}]}]}", "x-goog-api-key: k\r\n")
        ),
    ]

    /// The request for a stream of a service, with a fault.
    static func stream(of name: String, _ fault: String? = nil) -> String {
        let request = streams.first { $0.name == name }?.request ?? ""
        guard let fault else { return request }
        return request.replacing("Host: h\r\n", with: "Host: h\r\nX-Sandbox-Fault: \(fault)\r\n")
    }
}

extension Pacing {
    /// Ten tokens, the first after 300 ms and one every 20 ms then.
    static var steady: Pacing {
        var pacing = Pacing()
        pacing.firstToken = .fixed(.milliseconds(300))
        pacing.perToken = .fixed(.milliseconds(20))
        pacing.replyTokens = .fixed(10)
        return pacing
    }
}

/// A client that notes when what came.
struct StreamListener {
    /// The bytes of one read, and when it was after the request.
    typealias Read = (at: Nanoseconds, bytes: [UInt8])

    let loop: EventLoop
    let stream: Networking.Stream

    init(to address: SocketAddress, on loop: EventLoop, tls: TLSContext? = nil) async throws {
        self.loop = loop
        stream = try await Stream.connect(to: address, on: loop, until: loop.tick + .seconds(5))
        if let tls {
            try await stream.secure(with: tls, host: "127.0.0.1", until: loop.tick + .seconds(5))
        }
    }

    /// Sends a request and reads until what came ends with `end`, the server ends the connection, or
    /// nothing has come for a minute.
    func reads(_ request: String, until end: String = "0\r\n\r\n") async throws -> [Read] {
        let start = loop.tick
        try await stream.send(Array(request.utf8))
        var reads: [Read] = []
        var all: [UInt8] = []
        while !all.suffix(end.utf8.count).elementsEqual(end.utf8) {
            var bytes: [UInt8] = []
            do {
                let deadline = loop.tick + .seconds(60)
                guard try await stream.receive(into: &bytes, until: deadline) > 0 else { break }
            } catch SocketError.timedOut {
                break
            }
            reads.append((loop.tick - start, bytes))
            all += bytes
        }
        return reads
    }

    /// What comes of a request to a server that speaks TLS, in virtual time, and what it has counted.
    static func readsOverTLS(
        _ request: String
    ) async throws -> (reads: [Read], counts: SandboxCounts) {
        let identity = try TLSIdentity.selfSigned(hosts: ["127.0.0.1"])
        return try await onSimulatedLoop { loop in
            var settings = SandboxSettings()
            settings.pacing = .steady
            let server = SandboxServer(
                settings: settings, tls: try TLSContext(server: identity), loop: loop)
            let address = try await server.start()
            var trusted = TLSSettings()
            trusted.authorities = identity.chain
            let client = try await StreamListener(
                to: address, on: loop, tls: try TLSContext(client: trusted))
            let reads = try await client.reads(request)
            let counts = await server.counts
            await server.stop()
            return (reads, counts)
        }
    }

    /// Head and body of what came, the body without its chunks; nil where it does not end as a whole.
    static func body(of reads: [Read]) -> (head: String, body: String, isWhole: Bool) {
        let text = String(decoding: reads.flatMap(\.bytes), as: UTF8.self)
        guard let blank = text.firstRange(of: "\r\n\r\n") else { return (text, "", false) }
        let head = String(text[..<blank.lowerBound])
        var rest = Array(text[blank.upperBound...].utf8)[...]
        guard head.contains("Transfer-Encoding: chunked") else {
            return (head, String(decoding: rest, as: UTF8.self), true)
        }
        var body: [UInt8] = []
        while let line = rest.firstIndex(of: 0x0A) {
            let digits = String(decoding: rest[..<line], as: UTF8.self).dropLast()
            guard let size = Int(digits, radix: 16), rest.count > line - rest.startIndex + size
            else { break }
            if size == 0 { return (head, String(decoding: body, as: UTF8.self), true) }
            body += rest[(line + 1)..<(line + 1 + size)]
            rest = rest[(line + 1 + size)...].dropFirst(2)
        }
        return (head, String(decoding: body, as: UTF8.self), false)
    }
}
