import Networking

/// Reads JSON of formats that others define: what is needed must be there and of the right type,
/// everything else is passed over.
struct ForeignParser {
    var scanner = JSONScanner(takesNaN: true)

    mutating func next(in bytes: Span<UInt8>) throws(ScriptFault) -> JSONToken {
        do throws(JSONError) {
            return try scanner.next(in: bytes)
        } catch {
            throw ScriptFault(error, in: bytes)
        }
    }

    /// Passes over the next value.
    mutating func skipValue(in bytes: Span<UInt8>) throws(ScriptFault) {
        do throws(JSONError) {
            try scanner.skipValue(in: bytes)
        } catch {
            throw ScriptFault(error, in: bytes)
        }
    }

    /// Passes over what is left of the value that began with `token`.
    mutating func skipRest(of token: JSONToken, in bytes: Span<UInt8>) throws(ScriptFault) {
        do throws(JSONError) {
            try scanner.skipRest(of: token, in: bytes)
        } catch {
            throw ScriptFault(error, in: bytes)
        }
    }

    /// Goes into the object that comes next; `what` it is, for the complaint about something else.
    mutating func beginObject(_ what: String, in bytes: Span<UInt8>) throws(ScriptFault) {
        let token = try next(in: bytes)
        guard token == .beginObject else { throw wrong(token, what, "an object") }
    }

    /// Goes into the array that comes next.
    mutating func beginArray(_ what: String, in bytes: Span<UInt8>) throws(ScriptFault) {
        let token = try next(in: bytes)
        guard token == .beginArray else { throw wrong(token, what, "an array") }
    }

    /// The next key of the open object; nil at its end.
    mutating func nextKey(in bytes: Span<UInt8>) throws(ScriptFault) -> JSONText? {
        if case .key(let key) = try next(in: bytes) { key } else { nil }
    }

    /// Goes into the next object of the open array; false at the array's end.
    mutating func nextObject(_ what: String, in bytes: Span<UInt8>) throws(ScriptFault) -> Bool {
        let token = try next(in: bytes)
        if token == .endArray { return false }
        guard token == .beginObject else { throw wrong(token, what, "an object") }
        return true
    }

    /// Makes sure that nothing follows the value that was read.
    mutating func end(in bytes: Span<UInt8>) throws(ScriptFault) { _ = try next(in: bytes) }

    /// The next value as a string; nil for null.
    mutating func text(_ key: String, in bytes: Span<UInt8>) throws(ScriptFault) -> JSONText? {
        let token = try next(in: bytes)
        switch token {
        case .string(let text): return text
        case .null: return nil
        default: throw wrong(token, key, "a string")
        }
    }

    /// The next value as a name for reports; nil for whatever cannot be one.
    mutating func name(in bytes: Span<UInt8>) throws(ScriptFault) -> String? {
        let token = try next(in: bytes)
        switch token {
        case .string(let text): return Dialogue.name(text.string(in: bytes))
        case .number(let range): return JSONNumber.text(range, in: bytes)
        default:
            try skipRest(of: token, in: bytes)
            return nil
        }
    }

    /// The next value as a whole number from 0 on.
    mutating func count(_ key: String, in bytes: Span<UInt8>) throws(ScriptFault) -> Int {
        let token = try next(in: bytes)
        guard case .number(let range) = token else { throw wrong(token, key, "a number") }
        guard let value = JSONNumber.double(range, in: bytes), value >= 0, value < 1e15 else {
            throw ScriptFault("\"\(key)\" must be a number from 0 on", at: range.lowerBound)
        }
        return Int(value)
    }

    /// The next value as a point of time: a date and time, or a number in `unit`, also as a string.
    /// Nil for null.
    mutating func time(
        _ key: String, unit: Nanoseconds, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> Nanoseconds? {
        let token = try next(in: bytes)
        switch token {
        case .null: return nil
        case .number(let range):
            if let time = Timestamp.parse(number: range, unit: unit, in: bytes) { return time }
            throw ScriptFault("\"\(key)\" is no time", at: range.lowerBound)
        case .string(let text):
            if let time = Timestamp.parse(text.range, in: bytes)
                ?? Timestamp.parse(number: text.range, unit: unit, in: bytes)
            {
                return time
            }
            throw ScriptFault("\"\(key)\" is no time", at: text.range.lowerBound - 1)
        default: throw wrong(token, key, "a time")
        }
    }

    /// What to say when the value of `key` is of another type than `expected`.
    func wrong(_ token: JSONToken, _ key: String, _ expected: String) -> ScriptFault {
        let offset =
            switch token {
            case .key(let text), .string(let text): text.range.lowerBound - 1
            case .number(let range): range.lowerBound
            default: max(scanner.position - 1, 0)
            }
        return ScriptFault("\"\(key)\" must be \(expected), not \(token.kind)", at: offset)
    }
}
