import Networking

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
        return shown + ["(cut; \(Units.format(bytes: count)) in all, --full shows them)"]
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
        return "(\(Units.format(bytes: bytes.count)), no text: "
            + start.joined(separator: " ") + rest + ")"
    }
}
