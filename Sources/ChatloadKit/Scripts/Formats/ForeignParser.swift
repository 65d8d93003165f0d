import Base

/// Reads JSON of formats that others define: what is needed must be there and of the right type,
/// everything else is passed over.
struct ForeignParser: ElementParser {
    var scanner = JSONScanner(takesNaN: true)

    /// The next key of the open object; nil at its end.
    mutating func nextKey(in bytes: Span<UInt8>) throws(Fault) -> JSONText? {
        if case .key(let key) = try next(in: bytes) { key } else { nil }
    }

    /// Makes sure that nothing follows the value that was read.
    mutating func end(in bytes: Span<UInt8>) throws(Fault) { _ = try next(in: bytes) }

    /// The next value as a string; nil for null.
    mutating func text(_ key: String, in bytes: Span<UInt8>) throws(Fault) -> JSONText? {
        let token = try next(in: bytes)
        switch token {
        case .string(let text): return text
        case .null: return nil
        default: throw wrong(token, key, "a string")
        }
    }

    /// The next value as a name for reports; nil for whatever cannot be one.
    mutating func name(in bytes: Span<UInt8>) throws(Fault) -> String? {
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
    mutating func count(_ key: String, in bytes: Span<UInt8>) throws(Fault) -> Int {
        let token = try next(in: bytes)
        guard case .number(let range) = token else { throw wrong(token, key, "a number") }
        guard let value = JSONNumber.double(range, in: bytes), value >= 0, value < 1e15 else {
            throw Fault("\"\(key)\" must be a number from 0 on", offset: range.lowerBound)
        }
        return Int(value)
    }

    /// The next value as a point of time: a date and time, or a number in `unit`, also as a string.
    /// Nil for null.
    mutating func time(
        _ key: String, unit: Nanoseconds, in bytes: Span<UInt8>
    ) throws(Fault) -> Nanoseconds? {
        let token = try next(in: bytes)
        switch token {
        case .null: return nil
        case .number(let range):
            if let time = UTCTime.parse(number: range, unit: unit, in: bytes) { return time }
            throw Fault("\"\(key)\" is no time", offset: range.lowerBound)
        case .string(let text):
            if let time = UTCTime.parse(text.range, in: bytes)
                ?? UTCTime.parse(number: text.range, unit: unit, in: bytes)
            {
                return time
            }
            throw Fault("\"\(key)\" is no time", offset: text.range.lowerBound - 1)
        default: throw wrong(token, key, "a time")
        }
    }
}

extension ForeignParser {
    /// Reads the members of the open object, which is a transcript and all there is.
    ///
    /// - Parameters:
    ///   - key: where its messages are; `missing` begins what is said of an object without them.
    ///   - ids: the keys of its name.
    ///   - other: reads the value of another key; false where it has not.
    mutating func transcript(
        messages key: StaticString, missing: String, ids: [StaticString],
        into dialogue: inout Dialogue, in bytes: Span<UInt8>,
        other: (inout ForeignParser, JSONText, inout Dialogue) throws(Fault) -> Bool = {
            (_, _, _) throws(Fault) in false
        }
    ) throws(Fault) {
        var hasMessages = false
        while let member = try nextKey(in: bytes) {
            if member.equals(key, in: bytes) {
                try messages("\(key)", into: &dialogue, in: bytes)
                hasMessages = true
            } else if ids.contains(where: { member.equals($0, in: bytes) }) {
                dialogue.id = try name(in: bytes)
            } else if try !other(&self, member, &dialogue) {
                try skipValue(in: bytes)
            }
        }
        try end(in: bytes)
        if !hasMessages { throw Fault("\(missing) \"\(key)\" in this object") }
    }

    /// Reads the array of messages that comes next into `dialogue`.
    mutating func messages(
        _ key: String, into dialogue: inout Dialogue, in bytes: Span<UInt8>
    ) throws(Fault) {
        try beginArray(key, in: bytes)
        while try nextObject("a message", in: bytes) {
            dialogue.add(try message(in: bytes))
        }
    }

    /// The message whose brace was just read: `role` or `from` says whose it is; `content`, `value`
    /// or `text` is what it says, a string or parts; `timestamp` when it was written.
    mutating func message(in bytes: Span<UInt8>) throws(Fault) -> TranscriptMessage {
        let brace = max(scanner.position - 1, 0)
        var role: TranscriptMessage.Role?
        var message = TranscriptMessage(role: .user, text: "")
        var callsTools = false
        while let key = try nextKey(in: bytes) {
            if key.equals("role", in: bytes) || key.equals("from", in: bytes) {
                role = try self.role(key, in: bytes)
            } else if key.equals("content", in: bytes) || key.equals("value", in: bytes)
                || key.equals("text", in: bytes)
            {
                (message.text, message.otherParts) = try content(key, in: bytes)
            } else if key.equals("timestamp", in: bytes) {
                message.time = try time("timestamp", unit: .seconds(1), in: bytes)
            } else if key.equals("tool_calls", in: bytes) || key.equals("function_call", in: bytes)
            {
                let token = try next(in: bytes)
                callsTools = token != .null
                try skipRest(of: token, in: bytes)
            } else {
                try skipValue(in: bytes)
            }
        }
        guard let role else {
            throw Fault("a message needs \"role\" or \"from\"", offset: brace)
        }
        message.role = callsTools && message.text.isEmpty ? .tool : role
        return message
    }

    /// Whose message it is, by the names the formats have for the user, the service and the others;
    /// `key` is what the file calls it.
    mutating func role(
        _ key: JSONText, in bytes: Span<UInt8>
    ) throws(Fault) -> TranscriptMessage.Role {
        let token = try next(in: bytes)
        guard case .string(let text) = token else {
            throw wrong(token, key.string(in: bytes), "a string")
        }
        if text.equals("user", in: bytes) || text.equals("human", in: bytes) { return .user }
        if text.equals("assistant", in: bytes) || text.equals("gpt", in: bytes) {
            return .assistant
        }
        let word = text.string(in: bytes)
        switch word.lowercased() {
        case "user", "human", "prompter": return .user
        case "assistant", "gpt", "chatgpt", "bot", "model", "ai", "bing", "bard":
            return .assistant
        case "system", "developer": return .system
        case "tool", "function", "function_call", "observation", "ipython": return .tool
        default:
            throw Fault(
                "the \(key.string(in: bytes)) \"\(word.shortened)\" is not known",
                offset: text.range.lowerBound - 1,
                hint: "known: user, human, prompter, assistant, gpt, bot, model, system, tool")
        }
    }

    /// A string, null, or an array of parts, of which those that are text are put together, each on
    /// a line; with the number of the others.
    mutating func content(
        _ key: JSONText, in bytes: Span<UInt8>
    ) throws(Fault) -> (text: String, otherParts: Int) {
        let token = try next(in: bytes)
        switch token {
        case .string(let text): return (text.string(in: bytes), 0)
        case .null: return ("", 0)
        case .beginArray: return try parts(in: bytes)
        default: throw wrong(token, key.string(in: bytes), "a string or an array of parts")
        }
    }

    private mutating func parts(
        in bytes: Span<UInt8>
    ) throws(Fault) -> (text: String, otherParts: Int) {
        var texts: [String] = []
        var others = 0
        while true {
            let token = try next(in: bytes)
            switch token {
            case .endArray: return (texts.joined(separator: "\n"), others)
            case .string(let text): texts.append(text.string(in: bytes))
            case .beginObject:
                if let text = try part(in: bytes) { texts.append(text) } else { others += 1 }
            default:
                try skipRest(of: token, in: bytes)
                others += 1
            }
        }
    }

    /// The text of the part whose brace was just read; nil when it is of another kind.
    private mutating func part(in bytes: Span<UInt8>) throws(Fault) -> String? {
        var text: String?
        while let key = try nextKey(in: bytes) {
            let token = try next(in: bytes)
            if case .string(let found) = token, key.equals("text", in: bytes) {
                text = found.string(in: bytes)
            }
            try skipRest(of: token, in: bytes)
        }
        return text
    }
}
