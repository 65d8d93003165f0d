import Base
import ChatloadKit
import Networking

/// A request or a response, taken apart.
struct ProbedMessage {
    /// The first line and the fields, with the empty line at the end.
    var head: [UInt8]
    var body: [UInt8]

    init(head: [UInt8], body: [UInt8]) {
        self.head = head
        self.body = body
    }

    /// A request as it was written.
    init(request: [UInt8]) {
        let end = request.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? request.count
        head = Array(request[..<end])
        body = Array(request[end...])
    }

    /// The first line in its parts: method, target and version, or version, status and reason.
    var start: [String] {
        let line = head.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        return String(decoding: line, as: UTF8.self)
            .split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    }

    /// Names and values of the fields, in their order.
    var fields: [(name: String, value: String)] {
        Self.fields(
            in: String(decoding: head, as: UTF8.self).split(whereSeparator: \.isNewline)[...])
    }

    /// The fields in all lines but the first.
    static func fields(in lines: ArraySlice<Substring>) -> [(name: String, value: String)] {
        lines.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            return (String(line[..<colon]), String(value))
        }
    }

    /// The value of the first field of this name, in lower case.
    func value(of name: String) -> String? {
        fields.first { $0.name.lowercased() == name }?.value
    }

    /// What separates the parts of the body, where it has some.
    var boundary: String? {
        guard let type = value(of: "content-type"), type.hasPrefix("multipart/"),
            let start = type.firstRange(of: "boundary=")?.upperBound
        else { return nil }
        return type[start...].prefix { $0 != ";" }.filter { $0 != "\"" }
    }

    /// The parts of the body; empty where it has none.
    var parts: [ProbedMessage] {
        guard let boundary else { return [] }
        let mark = Array("--\(boundary)".utf8)
        var parts: [ProbedMessage] = []
        var rest = body[...]
        while let start = rest.firstRange(of: mark)?.upperBound {
            rest = rest[start...]
            guard let end = rest.firstRange(of: mark)?.lowerBound else { break }
            // A part stands between line breaks; its head begins as if a first line preceded it.
            parts.append(ProbedMessage(request: Array(rest[..<max(end - 2, rest.startIndex)])))
            rest = rest[end...]
        }
        return parts
    }
}

/// A body as people read it: JSON laid out, what is no text summed up, what is long cut short.
struct ProbedBody {
    private static let mostLines = 40
    private static let mostCharacters = 2_000
    /// JSON that is no longer than this stays on one line.
    private static let shortJSON = 76

    private let message: ProbedMessage
    private let showsAll: Bool

    /// The body of a message without its secrets.
    init(of message: ProbedMessage, showsAll: Bool) {
        self.message = message
        self.showsAll = showsAll
    }

    /// Its lines, none of which acts on a terminal; none for an empty body.
    var lines: [String] {
        let parts = message.parts
        if parts.isEmpty { return Self.lines(of: message.body, showsAll: showsAll) }
        return parts.flatMap { part in
            let head = String(decoding: part.head, as: UTF8.self).split(whereSeparator: \.isNewline)
            return ["--\(message.boundary ?? "")"] + head.map { Printable.line(String($0)) }
                + [""] + Self.lines(of: part.body, showsAll: showsAll)
        }
    }

    private static func lines(of bytes: [UInt8], showsAll: Bool) -> [String] {
        if bytes.isEmpty { return [] }
        guard let text = text(in: bytes) else { return [summary(of: bytes)] }
        let isShort = bytes.count <= shortJSON
        let laidOut = isShort ? text : JSONLayout.lines(of: bytes) ?? text
        let lines = laidOut.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        return showsAll ? lines.map { visible($0) } : cut(lines, count: bytes.count)
    }

    private static func cut(_ lines: [Substring], count: Int) -> [String] {
        var room = mostCharacters
        var shown: [String] = []
        for line in lines {
            guard shown.count < mostLines, room > 0 else { break }
            shown.append(visible(line.prefix(room)) + (line.count > room ? "…" : ""))
            room -= line.count + 1
        }
        guard shown.count < lines.count || room < 0 else { return shown }
        return shown + ["(cut; \(Figures.bytes(count)) in all, --full shows them)"]
    }

    private static func visible(_ line: Substring) -> String {
        Printable.line(String(line).replacing("\t", with: "  "), limit: .max)
    }

    /// The bytes as text, if they are nothing else.
    private static func text(in bytes: [UInt8]) -> String? {
        bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    private static func summary(of bytes: [UInt8]) -> String {
        let start = bytes.prefix(16).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        let rest = bytes.count > 16 ? " …" : ""
        return "(\(Figures.bytes(bytes.count)), no text: "
            + start.joined(separator: " ") + rest + ")"
    }
}

/// How long each part of an exchange took, and what else was measured.
struct ProbedTimes {
    private let exchange: Exchange
    private let began: Nanoseconds

    init(of witnessed: TracedExchange) {
        exchange = witnessed.exchange
        began = witnessed.attempt?.began ?? exchange.end
    }

    /// The parts in their order; those that there were.
    var phases: [(name: String, key: String, span: Nanoseconds)] {
        var phases: [(String, String, Nanoseconds?)] = [
            ("look-up", "dns", exchange.dns), ("connect", "connect", exchange.connect),
            ("TLS", "tls", exchange.tls),
        ]
        if let sent = exchange.sent {
            phases.append(("waiting", "waiting", (exchange.firstByte ?? exchange.end) - sent))
            phases.append(("transfer", "transfer", exchange.firstByte.map { exchange.end - $0 }))
        } else if exchange.end > began {
            phases = [("connecting in vain", "connecting", exchange.end - began)]
        }
        return phases.compactMap { name, key, span in span.map { (name, key, $0) } }
    }

    /// All of them together.
    var total: Nanoseconds { phases.reduce(.zero) { $0 + $1.span } }

    /// What a report shows, by its label.
    var facts: [(String, String)] {
        let parts = phases.map { "\($0.name) \(Units.format($0.span))" }.joined(separator: ", ")
        let tokens = exchange.sent == nil ? 0 : exchange.promptTokens + exchange.replyTokens
        return [
            ("time", phases.isEmpty ? "" : "\(Units.format(total)): \(parts)"),
            (
                "bytes",
                exchange.sent == nil
                    ? ""
                    : "\(Figures.bytes(exchange.bytesOut)) sent, "
                        + "\(Figures.bytes(exchange.bytesIn)) received"
            ),
            (
                "tokens",
                tokens == 0
                    ? ""
                    : "\(exchange.promptTokens) in the prompt, \(exchange.replyTokens) in the "
                        + "reply (\(exchange.tokenSource.rawValue))"
            ),
        ]
    }
}
