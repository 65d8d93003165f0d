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
