import Base

/// Parser of one element of a workload, by tokens of JSON: what is wrong is a fault at an offset of
/// the element's bytes. Extensions read each format.
struct ElementParser {
    /// A copy of the element, so that all that reads it need not hand it on.
    let bytes: [UInt8]
    var scanner: JSONScanner
    /// The variables there are where the parser of a script has got to.
    var scope: VariableScope

    /// A parser before an element; formats of others may have `NaN` for null.
    init(_ bytes: Span<UInt8>, takesNaN: Bool = true, columns: [String] = []) {
        self.bytes = bytes.array
        scanner = JSONScanner(takesNaN: takesNaN)
        scope = VariableScope(columns: columns)
    }

    /// The next token.
    mutating func next() throws(Fault) -> JSONToken {
        // A copy, since the bytes are lent out of the same value.
        var scanner = scanner
        defer { self.scanner = scanner }
        do throws(JSONError) {
            return try scanner.next(in: bytes.span)
        } catch {
            throw Fault(error, in: bytes.span)
        }
    }

    /// Passes over the next value.
    mutating func skipValue() throws(Fault) { try skipRest(of: try next()) }

    /// Passes over what is left of the value that began with `token`.
    mutating func skipRest(of token: JSONToken) throws(Fault) {
        var scanner = scanner
        defer { self.scanner = scanner }
        do throws(JSONError) {
            try scanner.skipRest(of: token, in: bytes.span)
        } catch {
            throw Fault(error, in: bytes.span)
        }
    }

    /// Goes into the object that comes next; `what` it is, for the fault about something else.
    mutating func beginObject(_ what: String, _ expected: String = "an object") throws(Fault) {
        let token = try next()
        guard token == .beginObject else { throw wrong(token, what, expected) }
    }

    /// Goes into the array that comes next.
    mutating func beginArray(_ what: String, _ expected: String = "an array") throws(Fault) {
        let token = try next()
        guard token == .beginArray else { throw wrong(token, what, expected) }
    }

    /// Goes into the next object of the open array; false at the array's end.
    mutating func nextObject(
        _ what: String, _ expected: String = "an object"
    ) throws(Fault) -> Bool {
        let token = try next()
        if token == .endArray { return false }
        guard token == .beginObject else { throw wrong(token, what, expected) }
        return true
    }

    /// What to say when the value of `key` is of another type than `expected`.
    func wrong(_ token: JSONToken, _ key: String, _ expected: String) -> Fault {
        Fault("\"\(key)\" must be \(expected), not \(token.kind)", offset: start(of: token))
    }

    /// Where the token that was just read begins.
    func start(of token: JSONToken) -> Int {
        switch token {
        case .key(let text), .string(let text): text.range.lowerBound - 1
        case .number(let range): range.lowerBound
        case .bool(false): scanner.position - 5
        case .bool(true), .null: scanner.position - 4
        case .beginObject, .beginArray, .endObject, .endArray: scanner.position - 1
        case .end: scanner.position
        }
    }
}

extension Fault {
    /// What the scanner found in a line or an element, and what is usually behind it.
    init(_ error: JSONError, in bytes: Span<UInt8>) {
        self.init(
            "this is not valid JSON: \(error.reason)", offset: error.offset,
            hint: Self.usualMistake(behind: error.offset, in: bytes))
    }

    private static func usualMistake(behind offset: Int, in bytes: Span<UInt8>) -> String? {
        let first = bytes.skipJSONSpace(from: 0)
        guard offset < bytes.count else {
            // As the first line of JSON ends that somebody has laid out.
            let last = (0..<bytes.count).last { !bytes[$0].isJSONSpace }
            return last.map { [0x7B, 0x5B, 0x2C].contains(bytes[$0]) } == true
                ? "one conversation stands on one line; put those of several lines into an array:"
                    + " [ {…}, {…} ]" : nil
        }
        switch bytes[offset] {
        case UInt8(ascii: "#") where offset == first: return "comments begin with //"
        case UInt8(ascii: ",")
        where bytes.skipJSONSpace(from: offset + 1) == bytes.count:
            return "take the comma off the end of each line, or put all of it into an array: [ … ]"
        case UInt8(ascii: "\\"):
            return #"write two backslashes for one, as in "(\\d+)""#
        case UInt8(ascii: "]") where offset == first:
            return "take the comma off that stands before the closing bracket"
        case let byte where offset == first && byte != UInt8(ascii: "{") && byte < 0x80:
            return
                "a file of prompts is named .txt, or is CSV with a column \"prompt\"; or write each"
                + #" prompt as a script: {"turns":[{"say":"Hello"}]}"#
        default: return nil
        }
    }
}

/// The keys of a conversation.
enum ConversationKey: String, ObjectKey {
    case id, user, weight, at, with, system
    case onFail = "on_fail"
    case turns, result

    static let object = "a conversation"

    static func usual(for word: String) -> String? {
        textNames.contains(word) || word == "say"
            ? #"a conversation has turns: {"turns":[{"say":"Hello"}]}"# : nil
    }
}

/// The keys of a turn.
enum TurnKey: String, ObjectKey {
    case say, call, attach, name, think, with, expect, capture
    case onFail = "on_fail"
    case reply, at, result

    static let object = "a turn"

    static func usual(for word: String) -> String? {
        if textNames.contains(word) { return #"what the user says is "say""# }
        switch word {
        case "wait", "sleep", "pause", "delay": return #"the time before a turn is "think""#
        case "assert", "check", "checks", "expected", "verify":
            return #"what a reply must be is "expect""#
        case "extract", "save", "store": return #"what is kept of a reply is "capture""#
        default: return nil
        }
    }
}

/// The demands of an expectation.
enum ExpectationKey: String, ObjectKey {
    case contains
    case notContains = "not_contains"
    case equals, matches, within, status, json

    static let object = "an expectation"

    static func usual(for word: String) -> String? { nil }
}

extension ObjectKey {
    /// Names that others give to a text to say.
    fileprivate static var textNames: Set<String> {
        ["prompt", "text", "content", "message", "question", "query", "input", "instruction"]
    }
}
