import Networking

/// The keys of one object that have been read, by their place among the known ones.
struct SeenKeys {
    private var bits: UInt32 = 0

    /// Whether the key has been read.
    func has(_ key: Int) -> Bool { bits & (1 << UInt32(key)) != 0 }

    /// Remembers a key; false when it was there before.
    mutating func insert(_ key: Int) -> Bool {
        if has(key) { return false }
        bits |= 1 << UInt32(key)
        return true
    }
}

extension ScriptParser {
    mutating func next(in bytes: Span<UInt8>) throws(ScriptFault) -> JSONToken {
        do {
            return try scanner.next(in: bytes)
        } catch {
            throw ScriptFault(error, in: bytes)
        }
    }

    /// The next key of the open object, as its place among the known ones; nil at the object's end.
    mutating func nextKey(
        of keys: ScriptKeys, seen: inout SeenKeys, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> Int? {
        guard case .key(let text) = try next(in: bytes) else { return nil }
        guard let key = keys.index(of: text, in: bytes) else {
            throw keys.fault(for: text, in: bytes)
        }
        guard seen.insert(key) else { throw repeated(text, in: bytes) }
        return key
    }

    /// A string, and where it stands.
    mutating func string(
        _ key: String, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> (String, JSONText) {
        let token = try next(in: bytes)
        guard case .string(let text) = token else { throw wrong(token, key, "a string") }
        return (text.string(in: bytes), text)
    }

    /// A string that becomes a cell of a report: not empty, of bounded length, without control
    /// characters.
    mutating func name(_ key: String, in bytes: Span<UInt8>) throws(ScriptFault) -> String {
        let (text, place) = try string(key, in: bytes)
        let offset = place.range.lowerBound - 1
        if text.isEmpty { throw ScriptFault("\"\(key)\" must not be empty", at: offset) }
        if text.utf8.count > Self.longestName {
            throw ScriptFault("\"\(key)\" is longer than \(Self.longestName) bytes", at: offset)
        }
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw ScriptFault("\"\(key)\" must not have control characters", at: offset)
        }
        if place.hasEscapes || place.holdsDollar(in: bytes), Variables.occur(in: text) {
            throw ScriptFault(
                "\"\(key)\" must not have variables", at: offset,
                suggestion: "reports would have a row for each of their values")
        }
        return text
    }

    /// `with`: an object of scalars, kept as the texts they are written as; those with variables also
    /// taken apart.
    mutating func parameters(
        in bytes: Span<UInt8>
    ) throws(ScriptFault) -> (texts: [String: String], templates: [String: Template]) {
        let first = try next(in: bytes)
        guard first == .beginObject else { throw wrong(first, "with", "an object") }
        var parameters: [String: String] = [:]
        var templates: [String: Template] = [:]
        while case .key(let text) = try next(in: bytes) {
            let key = text.string(in: bytes)
            let token = try next(in: bytes)
            let value: String
            switch token {
            case .string(let text):
                value = text.string(in: bytes)
                templates[key] = try variables(of: value, at: text, in: bytes)
            case .number(let range): value = JSONNumber.text(range, in: bytes)
            case .bool(let flag): value = flag ? "true" : "false"
            default: throw wrong(token, key.shortened, "a string, a number, true or false")
            }
            guard parameters.updateValue(value, forKey: key) == nil else {
                throw repeated(text, in: bytes)
            }
        }
        return (parameters, templates)
    }

    /// A time counted from something's start.
    mutating func time(
        _ key: String, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> Nanoseconds {
        let token = try next(in: bytes)
        switch token {
        case .number(let range): return try seconds(range, of: key, in: bytes)
        case .string(let text):
            if let span = plainDuration(text, in: bytes) { return span }
            if let span = Units.parseDuration(text.string(in: bytes)) { return span }
            throw ScriptFault(
                "\"\(key)\" is no duration", at: start(of: token),
                suggestion: #"write "1.5s", "2m" or a number of seconds"#)
        default: throw wrong(token, key, "a duration")
        }
    }

    /// `on_fail`: whether a failure ends the conversation.
    mutating func stopsOnFailure(in bytes: Span<UInt8>) throws(ScriptFault) -> Bool {
        let (word, place) = try string("on_fail", in: bytes)
        switch word {
        case "stop": return true
        case "continue": return false
        default:
            throw ScriptFault(
                "\"on_fail\" must be \"continue\" or \"stop\"", at: place.range.lowerBound - 1)
        }
    }

    /// `result`: what a replay wrote down of a conversation or a turn; an object of any kind.
    mutating func skipResult(in bytes: Span<UInt8>) throws(ScriptFault) {
        let first = try next(in: bytes)
        guard first == .beginObject else { throw wrong(first, "result", "an object") }
        do {
            try scanner.skipRest(of: first, in: bytes)
        } catch {
            throw ScriptFault(error, in: bytes)
        }
    }

    /// A number as a time that does not run backwards.
    func seconds(
        _ range: Range<Int>, of key: String, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> Nanoseconds {
        guard let seconds = JSONNumber.double(range, in: bytes), seconds >= 0, seconds < 9e9 else {
            throw ScriptFault("\"\(key)\" must be a time from 0 on", at: range.lowerBound)
        }
        return Nanoseconds(seconds: seconds)
    }

    /// `250ms` and `2s`, which workloads are full of, read off the bytes; nil for every other form,
    /// which `Units` reads ten times slower.
    func plainDuration(_ text: JSONText, in bytes: Span<UInt8>) -> Nanoseconds? {
        let end = text.range.upperBound
        var index = text.range.lowerBound
        var value: Int64 = 0
        while index < min(end, text.range.lowerBound + 9) {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value * 10 + Int64(digit)
            index += 1
        }
        guard index > text.range.lowerBound else { return nil }
        switch end - index {
        case 1 where bytes[index] == UInt8(ascii: "s"): return .seconds(value)
        case 2 where bytes[index] == UInt8(ascii: "m") && bytes[index + 1] == UInt8(ascii: "s"):
            return .milliseconds(value)
        default: return nil
        }
    }

    /// What to say when the value of `key` is of another type than `expected`.
    func wrong(_ token: JSONToken, _ key: String, _ expected: String) -> ScriptFault {
        ScriptFault("\"\(key)\" must be \(expected), not \(token.kind)", at: start(of: token))
    }

    private func repeated(_ key: JSONText, in bytes: Span<UInt8>) -> ScriptFault {
        ScriptFault(
            "the key \"\(key.string(in: bytes).shortened)\" is there twice",
            at: key.range.lowerBound - 1)
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

extension JSONToken {
    /// The token's type, for complaints.
    var kind: String {
        switch self {
        case .beginObject: "an object"
        case .beginArray: "an array"
        case .string, .key: "a string"
        case .number: "a number"
        case .bool: "true or false"
        case .null: "null"
        case .endObject, .endArray, .end: "nothing"
        }
    }
}
