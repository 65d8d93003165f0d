import Base

/// Node of a JSON document that is held as a tree, so that what is wrong with one value can be told by
/// another: each knows where in the document it stands.
struct JSONNode: Sendable {
    /// What it is.
    indirect enum Value: Sendable {
        case null
        case bool(Bool)
        /// As it is written.
        case number(String)
        /// The text, and its place between the quotes.
        case string(String, JSONText)
        case array([JSONNode])
        /// In the order of the document; a name may occur twice.
        case object([Member])
    }

    /// A member of an object.
    struct Member: Sendable {
        var name: String
        /// Where the name stands between its quotes.
        var text: JSONText
        var node: JSONNode
    }

    var value: Value
    /// Its bytes in the document, of a string with the quotes.
    var range: Range<Int>

    /// Its type, for complaints.
    var kind: String

    /// The value of the first member of a name; nil where it has none or is no object.
    subscript(name: String) -> JSONNode? {
        members.first { $0.name == name }?.node
    }

    /// The members of an object; none of anything else.
    var members: [Member] { if case .object(let members) = value { members } else { [] } }

    /// The elements of an array; anything else is its only one.
    var elements: [JSONNode] { if case .array(let elements) = value { elements } else { [self] } }
}

extension JSONNode {
    /// The tree of a whole document.
    ///
    /// - Throws: where and why the bytes are not one.
    init(document bytes: [UInt8]) throws(JSONError) {
        var scanner = JSONScanner()
        let first = try scanner.next(in: bytes.span)
        self = try Self.node(first, &scanner, bytes)
        _ = try scanner.next(in: bytes.span)
    }

    /// The value that begins with `token`, which was just read.
    private static func node(
        _ token: JSONToken, _ scanner: inout JSONScanner, _ bytes: [UInt8]
    ) throws(JSONError) -> JSONNode {
        let end = scanner.position
        func made(_ value: Value, _ range: Range<Int>) -> JSONNode {
            JSONNode(value: value, range: range, kind: token.kind)
        }
        switch token {
        case .string(let text):
            let string = text.string(in: bytes.span)
            return made(.string(string, text), text.range.lowerBound - 1..<end)
        case .number(let range):
            return made(.number(JSONNumber.text(range, in: bytes.span)), range)
        case .bool(let flag):
            return made(.bool(flag), end - (flag ? 4 : 5)..<end)
        case .beginArray:
            var elements: [JSONNode] = []
            while true {
                let next = try scanner.next(in: bytes.span)
                if next == .endArray { break }
                elements.append(try node(next, &scanner, bytes))
            }
            return made(.array(elements), end - 1..<scanner.position)
        case .beginObject:
            var members: [Member] = []
            while case .key(let text) = try scanner.next(in: bytes.span) {
                let next = try scanner.next(in: bytes.span)
                members.append(
                    Member(
                        name: text.string(in: bytes.span), text: text,
                        node: try node(next, &scanner, bytes)))
            }
            return made(.object(members), end - 1..<scanner.position)
        case .null, .key, .endObject, .endArray, .end:
            return made(.null, max(end - 4, 0)..<end)
        }
    }
}

extension JSONPath {
    /// What is wrong with a text that is no path from `$` on.
    static func mistake(in text: String) -> String {
        guard text.first == "$" else { return "it must begin with $" }
        var rest = text.dropFirst()
        while let mark = rest.popFirst() {
            switch mark {
            case ".":
                let name = rest.prefix { $0 != "." && $0 != "[" }
                if name.isEmpty {
                    return rest.first == "."
                        ? "there is no .. in it" : "a name is missing after a dot"
                }
                if name.first?.isNumber == true { return "an index stands in brackets, as in [0]" }
                rest = rest.dropFirst(name.count)
            case "[":
                if let mistake = mistake(behindBracket: &rest) { return mistake }
            default: return "after \"\(text.prefix(text.count - rest.count - 1))\" a . or [ is due"
            }
        }
        return "it has more than \(maximumDepth) parts"
    }

    /// What is wrong between a bracket that was just passed and the one that closes it.
    private static func mistake(behindBracket rest: inout Substring) -> String? {
        if let quote = rest.first, quote == "'" || quote == "\"" {
            let key = rest.dropFirst().prefix { $0 != quote }
            rest = rest.dropFirst(key.count + 1)
            guard rest.popFirst() == quote else { return "\(quote) is missing after \(key)" }
            return rest.popFirst() == "]" ? nil : "\"]\" is missing after \(quote)\(key)\(quote)"
        }
        let word = rest.prefix { $0.isNumber || $0 == "*" }
        rest = rest.dropFirst(word.count)
        if word.isEmpty { return "in brackets stands an index, * or a name in quotes" }
        return rest.popFirst() == "]" ? nil : "\"]\" is missing after \(word)"
    }
}
