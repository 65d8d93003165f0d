import Base
import ChatloadKit
import Networking

/// A probe as curl commands, which send the same requests once more. Secrets stand in them by the
/// names they were given by.
struct ProbeCurl: ProbeWriter {
    let opening = ""
    let ending = ""
    private let origin: Target
    private let turns: [Turn]
    /// The environment variable that names the proxy on the way.
    private let proxy: String?
    private let tls: TLSOptions
    /// What the parameters and headers name by reference, and what a shell calls it, the longest
    /// values first, so that none hides within another.
    private let names: [(value: String, shell: String)]
    private var mask = ProbeMask(Secrets([]))
    /// Cookies that a comment has explained.
    private var explained: Set<String> = []

    init(
        origin: Target, through proxy: String? = nil, conversation: Conversation,
        _ settings: RunSettings, in surroundings: ProcessEnvironment
    ) {
        self.origin = origin
        self.proxy = proxy
        tls = settings.tls
        turns = conversation.turns
        let typed =
            settings.service.parameters.entries.map(\.value)
            + settings.service.headers.entries.flatMap { entry in
                // A scheme may precede the reference.
                [entry.value]
                    + entry.value.split(separator: " ", maxSplits: 1).dropFirst().map(String.init)
            }
        names = typed.compactMap { text in
            guard let value = try? surroundings.resolve(text) else { return nil }
            let shell =
                text.hasPrefix("env:")
                ? "\"$\(text.dropFirst(4))\"" : "\"$(cat \(String(text.dropFirst(5)).shellWord))\""
            return (value, shell)
        }.sorted { $0.value.utf8.count > $1.value.utf8.count }
    }

    mutating func text(of event: TraceEvent, without mask: ProbeMask) -> String {
        guard case .ended(let witnessed) = event, let attempt = witnessed.attempt else { return "" }
        self.mask = mask
        let exchange = witnessed.exchange
        let result = exchange.status.map { "\($0)" } ?? exchange.outcome.label
        let number = attempt.number > 1 ? ", attempt \(attempt.number)" : ""
        var text = "# Turn \(attempt.turn), \(attempt.step)\(number): \(result)\n"
        let request = ProbedMessage(request: witnessed.request)
        for name in cookieNames(in: request) where explained.insert(name).inserted {
            text +=
                "# \(Self.variable(ofCookie: name)): the cookie \(Printable.line(name)) that "
                + "the service has set\n"
        }
        return text + command(request, turn: attempt.turn) + "\n\n"
    }

    private func command(_ request: ProbedMessage, turn: Int) -> String {
        let start = request.start
        let target = start.count > 1 ? start[1] : "/"
        let url = "\(origin.isTLS ? "https" : "http")://\(origin.authority)\(target)"
        var words = ["curl " + quoted(url)]
        // Within brackets curl sees a pattern.
        if url.contains(where: "[]{}".contains) { words[0] = "curl -g " + quoted(url) }
        // curl does not read all of the variables that chatload reads.
        words += proxy.map { ["-x \"$\($0)\""] } ?? []
        words += trust
        words += method(start.first ?? "GET", of: request)
        words += request.fields.compactMap { name, value in field(name, value, of: request) }
        words += data(of: request, turn: turn)
        return words.joined(separator: " \\\n  ")
    }

    /// curl's options on secure connections have the same names.
    private var trust: [String] {
        let files = [
            ("--cacert ", tls.authorities), ("--cert ", tls.certificate), ("--key ", tls.key),
        ]
        return (tls.isInsecure ? ["-k"] : [])
            + files.compactMap { option, path in path.map { option + $0.shellWord } }
    }

    private func method(_ method: String, of request: ProbedMessage) -> [String] {
        let usual = request.body.isEmpty ? "GET" : "POST"
        return method == usual ? [] : ["-X " + quoted(method)]
    }

    /// A field that curl would not write by itself.
    private func field(_ name: String, _ value: String, of request: ProbedMessage) -> String? {
        switch name.lowercased() {
        case "content-length": return nil
        case "host" where value == origin.authority: return nil
        case "content-type" where request.boundary != nil: return nil
        case "cookie": return "-H " + cookies(value)
        default: return "-H " + quoted("\(name): \(value)")
        }
    }

    private func data(of request: ProbedMessage, turn: Int) -> [String] {
        if request.body.isEmpty { return [] }
        let parts = request.parts
        guard !parts.isEmpty else {
            return ["--data-raw " + quoted(String(decoding: request.body, as: UTF8.self))]
        }
        let paths = turns.indices.contains(turn - 1) ? turns[turn - 1].attachments : []
        return parts.enumerated().map { place, part in
            let path = paths.indices.contains(place) ? paths[place] : nil
            // Of a path with variables nobody knows any more what it was.
            return "-F " + quoted(form(part, path: path?.contains("${") == true ? nil : path))
        }
    }

    /// A part of a form as curl's `-F` takes it: a file by its path.
    private func form(_ part: ProbedMessage, path: String?) -> String {
        let disposition = part.value(of: "content-disposition") ?? ""
        let name = Self.parameter("name", of: disposition) ?? "file"
        let fileName = Self.parameter("filename", of: disposition) ?? ""
        let type = part.value(of: "content-type").map { ";type=\($0)" } ?? ""
        let escaped = (path ?? fileName).map { "\"\\".contains($0) ? "\\\($0)" : "\($0)" }.joined()
        return "\(name)=@\"\(escaped)\"\(type)"
    }

    private static func parameter(_ name: String, of field: String) -> String? {
        guard let start = field.firstRange(of: " \(name)=\"")?.upperBound else { return nil }
        return String(field[start...].prefix { $0 != "\"" })
    }

    // MARK: Secrets

    /// A text as one word of a shell, the secrets in it by name; all others are taken out.
    private func quoted(_ text: String) -> String {
        for (value, shell) in names {
            guard let range = text.firstRange(of: value) else { continue }
            let before = text[..<range.lowerBound]
            let after = text[range.upperBound...]
            return (before.isEmpty ? "" : quoted(String(before))) + shell
                + (after.isEmpty ? "" : quoted(String(after)))
        }
        return mask.masked(text).shellWord
    }

    private func cookieNames(in request: ProbedMessage) -> [String] {
        Self.pairs(request.value(of: "cookie") ?? "").map(\.name).filter(mask.cookies.contains)
    }

    /// Cookies that the service has set by variables that are named after them.
    private func cookies(_ value: String) -> String {
        let words = Self.pairs(value).enumerated().map { place, pair in
            let start = place == 0 ? "Cookie: " : "; "
            guard mask.cookies.contains(pair.name) else { return quoted(start + pair.text) }
            return (start + pair.name + "=").shellWord
                + "\"$\(Self.variable(ofCookie: pair.name))\""
        }
        return words.joined()
    }

    private static func pairs(_ value: String) -> [(name: String, text: String)] {
        value.split(separator: ";").map { pair in
            let pair = pair.drop { $0 == " " }
            return (String(pair.prefix { $0 != "=" }), String(pair))
        }
    }

    private static func variable(ofCookie name: String) -> String {
        let letters = name.uppercased().map { letter in
            letter.isASCII && (letter.isLetter || letter.isNumber) ? letter : "_"
        }
        return "COOKIE_" + String(letters)
    }
}

extension String {
    /// The text as one word of a POSIX shell (2.2.2), between quotes where it needs them.
    var shellWord: String {
        let isPlain = utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte.isDigit
                || "/:._-,@%+".utf8.contains(byte)
        }
        return isPlain && !isEmpty ? self : shellQuoted
    }
}
