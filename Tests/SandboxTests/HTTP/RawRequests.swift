import Base

@testable import Networking
@testable import Sandbox

/// Services without sockets, and a client for them that keeps Botyard's cookie.
struct Bench {
    var services: SandboxServices
    var now = Nanoseconds.seconds(1_700_000_000)
    /// What the client sends as its cookie; taken from every response that sets one.
    var cookie: String?
    var response = Response()
    /// The latest answer's stream; nil where it had none.
    var stream: StreamedReply?

    init(_ change: (inout SandboxSettings) -> Void = { _ in }) {
        var settings = SandboxSettings()
        settings.tamako.latency = .fixed(.zero)
        settings.botyard.latency = .fixed(.zero)
        settings.stammer.latency = .fixed(.zero)
        change(&settings)
        services = SandboxServices(settings, start: now)
    }

    /// Sends a raw request and returns the status and the body.
    mutating func send(_ raw: String) -> Answer { send(Array(raw.utf8)) }

    mutating func send(_ raw: [UInt8]) -> Answer {
        response.clear()
        var parser = RequestParser(limits: HTTPLimits(head: 32_768, body: BotyardLimits.bodyBytes))
        parser.input = raw
        guard case .request(let request) = parser.next() else {
            return Answer(status: -1, body: "not a request", headers: "", delay: .zero)
        }
        stream = services.answer(request, at: now, into: &response).stream
        let answer = Answer(
            status: response.status, body: response.body.text, headers: response.headers.text,
            delay: response.delay)
        if let token = answer.header("Set-Cookie")?.split(separator: ";").first {
            cookie = String(token)
        }
        return answer
    }

    /// The frames of the latest answer's stream with the times they are due at.
    mutating func frames() -> [(due: Nanoseconds, text: String)] {
        var frames: [(due: Nanoseconds, text: String)] = []
        stream?.begin()
        while let due = stream?.due {
            var frame = ByteBuffer()
            _ = stream?.write(to: &frame, running: 1)
            frames.append((due, frame.text))
        }
        return frames
    }

    /// Sends a Botyard request with the cookie of the last answer that set one.
    mutating func botyard(
        _ method: String, _ path: String, _ json: String? = nil, headers: String = ""
    ) -> Answer {
        let cookieLine = cookie.map { "Cookie: \($0)\r\n" } ?? ""
        let body = json ?? ""
        let type = json == nil ? "" : "Content-Type: application/json\r\n"
        return send(
            "\(method) \(path) HTTP/1.1\r\nHost: x\r\n\(cookieLine)\(type)\(headers)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
}

struct Answer {
    var status: Int
    var body: String
    var headers: String
    var delay: Nanoseconds

    /// The value of the first header line with this name.
    func header(_ name: String) -> String? {
        for line in headers.split(separator: "\r\n") where line.hasPrefix(name + ": ") {
            return String(line.dropFirst(name.count + 2))
        }
        return nil
    }

    /// The text or number behind the first `"key":` of the body.
    func value(_ key: String) -> String? { values(key).first }

    /// The texts or numbers behind every `"key":` of the body.
    func values(_ key: String) -> [String] {
        var values: [String] = []
        var rest = body[...]
        while let range = rest.firstRange(of: "\"\(key)\":") {
            rest = rest[range.upperBound...]
            let value =
                rest.first == "\""
                ? rest.dropFirst().prefix { $0 != "\"" } : rest.prefix { $0.isNumber }
            values.append(String(value))
        }
        return values
    }
}
