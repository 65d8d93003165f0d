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
        Self.fields(in: String(decoding: head, as: UTF8.self).split(whereSeparator: \.isNewline))
    }

    /// The fields in all lines but the first.
    static func fields(in lines: [some StringProtocol]) -> [(name: String, value: String)] {
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

extension TracedExchange {
    /// The parts of the time it took, in their order; those that there were.
    var phases: [(name: String, key: String, span: Nanoseconds)] {
        var phases: [(String, String, Nanoseconds?)] = [
            ("look-up", "dns", exchange.dns), ("connect", "connect", exchange.connect),
            ("TLS", "tls", exchange.tls),
        ]
        let began = attempt?.began ?? exchange.end
        if let sent = exchange.sent {
            phases.append(("waiting", "waiting", (exchange.firstByte ?? exchange.end) - sent))
            phases.append(("transfer", "transfer", exchange.firstByte.map { exchange.end - $0 }))
        } else if exchange.end > began {
            phases = [("connecting in vain", "connecting", exchange.end - began)]
        }
        return phases.compactMap { name, key, span in span.map { (name, key, $0) } }
    }

    /// All of them together.
    var duration: Nanoseconds { phases.reduce(.zero) { $0 + $1.span } }
}

/// Takes out of what a probe shows what nobody may see: the run's secrets, and the cookies that the
/// service has set since, which let anybody in who has them.
struct ProbeMask {
    /// Values shorter than this are looked for in cookies only: elsewhere they would be found where
    /// they are not.
    private static let fewestCharacters = 8

    private var secrets: Secrets
    /// The names of the cookies that the service has set.
    private(set) var cookies: Set<String> = []

    init(_ secrets: Secrets) { self.secrets = secrets }

    /// Learns the cookies that a response sets.
    mutating func learn(from head: [UInt8]) {
        var values: [String] = []
        HeadSyntax.forEachSetCookie(in: head.span) { field in
            let text = field.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
            let pair = text.prefix { $0 != ";" }
            guard let equals = pair.firstIndex(of: "=") else { return }
            cookies.insert(String(pair[..<equals]))
            let value = pair[pair.index(after: equals)...].drop { $0 == " " }
            values.append(value.filter { $0 != "\"" })
        }
        let long = values.filter { $0.count >= Self.fewestCharacters }
        secrets = secrets.adding(long.filter { !secrets.values.contains($0) })
    }

    /// Bytes without the secrets; where they were cut off, also without the beginning of one.
    func masked(_ bytes: [UInt8], isCut: Bool = false) -> [UInt8] {
        secrets.mask(bytes, isCut: isCut)
    }

    /// A text without the secrets.
    func masked(_ text: String) -> String {
        String(decoding: secrets.mask(Array(text.utf8)), as: UTF8.self)
    }

    /// The lines of a head without secrets and cookies, the empty one at its end left out.
    func lines(ofHead head: [UInt8]) -> [String] {
        let text = String(decoding: masked(head), as: UTF8.self)
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { Self.withoutCookies(String($0)) }
    }

    private static func withoutCookies(_ line: String) -> String {
        guard let colon = line.firstIndex(of: ":") else { return line }
        let start = line.index(after: colon)
        switch line[..<colon].lowercased() {
        case "set-cookie":
            let end = line[start...].firstIndex(of: ";") ?? line.endIndex
            return line[..<start] + withoutValue(line[start..<end]) + line[end...]
        case "cookie":
            let pairs = line[start...].split(separator: ";", omittingEmptySubsequences: false)
            return line[..<start] + pairs.map(withoutValue).joined(separator: ";")
        default: return withoutCredential(line, from: colon)
        }
    }

    /// Without a value that the field's name tells to be a credential; a scheme before one that was
    /// taken out stays.
    private static func withoutCredential(_ line: String, from colon: String.Index) -> String {
        let value = line[line.index(after: colon)...].drop { $0 == " " }
        guard Secrets.areIn(header: String(line[..<colon])), !value.isEmpty,
            value != Secrets.mark[...], !value.hasSuffix(" " + Secrets.mark)
        else { return line }
        return line[...colon] + " " + Secrets.mark
    }

    private static func withoutValue(_ pair: Substring) -> String {
        guard let equals = pair.firstIndex(of: "=") else { return String(pair) }
        return pair[...equals] + Secrets.mark
    }
}
