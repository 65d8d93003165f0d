import Base

/// Takes a `multipart/form-data` body apart (RFC 7578, RFC 2046 §5.1). Total: every body is either
/// read completely or refused.
enum MultipartReader {
    /// One part.
    struct Part: Equatable {
        var name: String
        /// Without folders; nil for a part that is not a file.
        var fileName: String?
        var contentType: String?
        /// Where its content is in the body.
        var content: Range<Int>
    }

    private static let mostParts = 1000
    private static let longestHead = 8192

    /// The boundary of a `Content-Type`; nil when it is not `multipart/form-data` with one.
    static func boundary(ofContentType type: String) -> [UInt8]? {
        let essence = type.prefix { $0 != ";" }
        guard trimmed(essence).lowercased() == "multipart/form-data",
            let boundary = parameter("boundary", of: type), (1...70).contains(boundary.utf8.count)
        else { return nil }
        return Array(boundary.utf8)
    }

    /// The body's parts in order; nil when the body is not what the boundary promises.
    static func parts(of body: Span<UInt8>, boundary: [UInt8]) -> [Part]? {
        let opening = Array("--".utf8) + boundary
        let delimiter = [0x0D, 0x0A] + opening
        var parts: [Part] = []
        // A preamble is allowed and ignored.
        let first =
            body.firstRange(of: opening.span)?.lowerBound == 0
                && isBoundaryEnd(body, at: opening.count)
            ? -2 : findDelimiter(delimiter, in: body, from: 0)
        guard var position = first.map({ $0 + delimiter.count }) else { return nil }
        while parts.count < mostParts {
            if body.matches("--", at: position) { return parts }
            while position < body.count, body[position] != 0x0D { position += 1 }
            position += 2
            guard let (part, contentStart) = readHead(body, from: position) else { return nil }
            // An empty part's delimiter begins with the empty line's CR LF.
            guard let end = findDelimiter(delimiter, in: body, from: contentStart - 2) else {
                return nil
            }
            if var part {
                part.content = contentStart..<max(end, contentStart)
                parts.append(part)
            }
            position = end + delimiter.count
        }
        return nil
    }

    /// Where the delimiter stands next; a longer boundary that only begins like it is content.
    private static func findDelimiter(
        _ delimiter: [UInt8], in body: Span<UInt8>, from start: Int
    ) -> Int? {
        var index = find(delimiter, in: body, from: start)
        while let found = index, !isBoundaryEnd(body, at: found + delimiter.count) {
            index = find(delimiter, in: body, from: found + 2)
        }
        return index
    }

    /// Whether what a delimiter has to be followed by is at `index`: `--`, or the line's end after
    /// white space.
    private static func isBoundaryEnd(_ body: Span<UInt8>, at index: Int) -> Bool {
        if body.matches("--", at: index) { return true }
        var index = index
        while index < body.count, body[index].isBlank { index += 1 }
        return body.matches("\r\n", at: index)
    }

    /// Reads a part's header lines; no part when it has no name, nothing when they are malformed.
    private static func readHead(_ body: Span<UInt8>, from start: Int) -> (Part?, Int)? {
        var part = Part(name: "", fileName: nil, contentType: nil, content: start..<start)
        var hasName = false
        var position = start
        while position - start <= longestHead {
            guard let end = find(Array("\r\n".utf8), in: body, from: position) else { return nil }
            if end == position { return (hasName ? part : nil, end + 2) }
            let line = body.extracting(position..<end).text
            position = end + 2
            let pieces = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard pieces.count == 2 else { return nil }
            switch pieces[0].lowercased() {
            case "content-disposition":
                part.name = parameter("name", of: line) ?? ""
                part.fileName = parameter("filename", of: line).map(baseName)
                hasName = !part.name.isEmpty
            case "content-type": part.contentType = trimmed(pieces[1])
            default: break
            }
        }
        return nil
    }

    /// A parameter of a header value, `name=token` or `name="quoted \" text"`.
    static func parameter(_ name: String, of header: String) -> String? {
        var rest = Substring(header)
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" }
            let label = rest.prefix { $0 != "=" && $0 != ";" }
            guard rest[label.endIndex...].first == "=" else { continue }
            let (value, remainder) = parameterValue(rest[rest.index(after: label.endIndex)...])
            if trimmed(label).lowercased() == name { return value }
            rest = remainder
        }
        return nil
    }

    private static func parameterValue(_ text: Substring) -> (String, Substring) {
        guard text.first == "\"" else {
            let value = text.prefix { $0 != ";" }
            return (trimmed(value), text[value.endIndex...])
        }
        var value = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst(), character != "\"" {
            // Browsers do not escape a backslash in a Windows path: only `\"` and `\\` are escapes.
            if character == "\\", let next = rest.first, next == "\"" || next == "\\" {
                value.append(rest.removeFirst())
            } else {
                value.append(character)
            }
        }
        return (value, rest)
    }

    /// What is behind the last slash or backslash.
    private static func baseName(_ name: String) -> String {
        String(
            name.suffix(
                from: name.lastIndex { $0 == "/" || $0 == "\\" }
                    .map { name.index(after: $0) } ?? name.startIndex))
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }

    /// Where `bytes` stand next.
    private static func find(
        _ bytes: [UInt8], in body: Span<UInt8>, from start: Int
    ) -> Int? {
        let start = min(max(start, 0), body.count)
        return body.extracting(start..<body.count).firstRange(of: bytes.span)
            .map { start + $0.lowerBound }
    }
}
