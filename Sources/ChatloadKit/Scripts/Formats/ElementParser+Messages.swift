import Base

/// Reading JSON of formats that others define: what is needed must be there and of the right type,
/// everything else is passed over.
extension ElementParser {
    /// The next key of the open object; nil at its end.
    mutating func nextKey() throws(Fault) -> String? {
        if case .key(let key) = try next() { key.string(in: bytes.span) } else { nil }
    }

    /// Makes sure that nothing follows the value that was read.
    mutating func end() throws(Fault) { _ = try next() }

    /// The next value as a string; nil for null.
    mutating func text(_ key: String) throws(Fault) -> JSONText? {
        let token = try next()
        switch token {
        case .string(let text): return text
        case .null: return nil
        default: throw wrong(token, key, "a string")
        }
    }

    /// The next value as a name for reports; nil for whatever cannot be one.
    mutating func name() throws(Fault) -> String? {
        let token = try next()
        switch token {
        case .string(let text): return Dialogue.name(text.string(in: bytes.span))
        case .number(let range): return JSONNumber.text(range, in: bytes.span)
        default:
            try skipRest(of: token)
            return nil
        }
    }

    /// The next value as a whole number from 0 on.
    mutating func count(_ key: String) throws(Fault) -> Int {
        let token = try next()
        guard case .number(let range) = token else { throw wrong(token, key, "a number") }
        return Int(try amount(key, range))
    }

    /// The number there, which must not be below 0 nor beyond what can be counted.
    func amount(_ key: String, _ range: Range<Int>) throws(Fault) -> Double {
        guard let value = JSONNumber.double(range, in: bytes.span), value >= 0, value < 1e15 else {
            throw Fault("\"\(key)\" must be a number from 0 on", offset: range.lowerBound)
        }
        return value
    }

    /// The next value as a point of time: a date and time, or a number in `unit`, also as a string.
    /// Nil for null.
    mutating func time(_ key: String, unit: Nanoseconds) throws(Fault) -> Nanoseconds? {
        let token = try next()
        let time: Nanoseconds?
        switch token {
        case .null: return nil
        case .number(let range):
            time = UTCTime.parse(number: range, unit: unit, in: bytes.span)
        case .string(let text):
            time =
                UTCTime.parse(text.range, in: bytes.span)
                ?? UTCTime.parse(number: text.range, unit: unit, in: bytes.span)
        default: throw wrong(token, key, "a time")
        }
        guard let time else { throw Fault("\"\(key)\" is no time", offset: start(of: token)) }
        return time
    }
}

/// Messages as transcripts have them.
extension ElementParser {
    /// Reads the array of messages that comes next into `dialogue`.
    mutating func messages(_ key: String, into dialogue: inout Dialogue) throws(Fault) {
        try beginArray(key)
        try restOfMessages(into: &dialogue)
    }

    private mutating func restOfMessages(into dialogue: inout Dialogue) throws(Fault) {
        while try nextObject("a message") { dialogue.add(try message()) }
    }

    /// The message whose brace was just read: `role` or `from` says whose it is; `content`, `value`
    /// or `text` is what it says, a string or parts; `timestamp` when it was written.
    mutating func message() throws(Fault) -> TranscriptMessage {
        let brace = max(scanner.position - 1, 0)
        var role: TranscriptMessage.Role?
        var message = TranscriptMessage(role: .user, text: "")
        var callsTools = false
        while let key = try nextKey() {
            switch key {
            case "role", "from": role = try self.role(key)
            case "content", "value", "text":
                (message.text, message.otherParts) = try content(key)
            case "timestamp": message.time = try time(key, unit: .seconds(1))
            case "tool_calls", "function_call":
                let token = try next()
                callsTools = token != .null
                try skipRest(of: token)
            default: try skipValue()
            }
        }
        guard let role else { throw Fault("a message needs \"role\" or \"from\"", offset: brace) }
        message.role = callsTools && message.text.isEmpty ? .tool : role
        return message
    }

    /// Whose message it is, by the names the formats have for the user, the service and the others;
    /// `key` is what the file calls it.
    mutating func role(_ key: String) throws(Fault) -> TranscriptMessage.Role {
        try role(of: try next(), key)
    }

    /// The same of its token.
    func role(of token: JSONToken, _ key: String) throws(Fault) -> TranscriptMessage.Role {
        guard case .string(let text) = token else { throw wrong(token, key, "a string") }
        let word = text.string(in: bytes.span)
        switch word.lowercased() {
        case "user", "human", "prompter": return .user
        case "assistant", "gpt", "chatgpt", "bot", "model", "ai", "bing", "bard":
            return .assistant
        case "system", "developer": return .system
        case "tool", "function", "function_call", "observation", "ipython": return .tool
        default:
            throw Fault(
                "the \(key) \"\(word.shortened)\" is not known", offset: start(of: token),
                hint: "known: user, human, prompter, assistant, gpt, bot, model, system, tool")
        }
    }

    /// A string, null, or an array of parts, of which those that are text are put together, each on
    /// a line; with the number of the others.
    mutating func content(_ key: String) throws(Fault) -> (text: String, otherParts: Int) {
        let token = try next()
        switch token {
        case .string(let text): return (text.string(in: bytes.span), 0)
        case .null: return ("", 0)
        case .beginArray: return try parts()
        default: throw wrong(token, key, "a string or an array of parts")
        }
    }

    private mutating func parts() throws(Fault) -> (text: String, otherParts: Int) {
        var texts: [String] = []
        var others = 0
        while true {
            let token = try next()
            switch token {
            case .endArray: return (texts.joined(separator: "\n"), others)
            case .string(let text): texts.append(text.string(in: bytes.span))
            case .beginObject:
                if let text = try part() { texts.append(text) } else { others += 1 }
            default:
                try skipRest(of: token)
                others += 1
            }
        }
    }

    /// The text of the part whose brace was just read, or aiperf's `contents`; nil when it is of
    /// another kind.
    private mutating func part() throws(Fault) -> String? {
        var text: String?
        while let key = try nextKey() {
            let token = try next()
            if key == "contents", token == .beginArray {
                text = try parts().text
                continue
            }
            if case .string(let found) = token, key == "text" {
                text = found.string(in: bytes.span)
            }
            try skipRest(of: token)
        }
        return text
    }
}

/// Transcripts.
extension ElementParser {
    /// OpenAI's `messages`, as fine-tuning files have them (platform.openai.com, "Chat format"), and
    /// bare arrays of such messages.
    mutating func readMessages(into dialogue: inout Dialogue) throws(Fault) {
        let first = try next()
        switch first {
        case .beginArray:
            try restOfMessages(into: &dialogue)
            try end()
        case .beginObject:
            try members(messages: "messages", missing: "there are no", ids: ["id"], into: &dialogue)
        default:
            throw Fault(
                "a conversation must be an object with \"messages\", not \(first.kind)", offset: 0)
        }
    }

    /// ShareGPT: `{"id":…,"conversations":[{"from":"human","value":…},{"from":"gpt","value":…}]}`.
    mutating func readShareGPT(into dialogue: inout Dialogue) throws(Fault) {
        try beginObject("a conversation")
        try members(
            messages: "conversations", missing: "there are no", ids: ["id"], into: &dialogue
        ) { (parser, key, dialogue) throws(Fault) in
            guard key == "system" else { return false }
            let text = try parser.text(key)?.string(in: parser.bytes.span) ?? ""
            if !text.isEmpty { dialogue.addSystem(text) }
            return true
        }
    }

    /// LMSYS-Chat-1M and WildChat-1M: `{"conversation":[{"role":…,"content":…}],"turn":…}` with
    /// `conversation_id` or `conversation_hash`. WildChat dates its replies and, as a whole, the
    /// conversation's last turn.
    mutating func readChatLog(into dialogue: inout Dialogue) throws(Fault) {
        var date: Nanoseconds?
        try beginObject("a conversation")
        try members(
            messages: "conversation", missing: "there is no",
            ids: ["conversation_id", "conversation_hash"], into: &dialogue
        ) { (parser, key, _) throws(Fault) in
            guard key == "timestamp" else { return false }
            date = try parser.time(key, unit: .seconds(1))
            return true
        }
        dialogue.date(date)
    }

    /// Reads the members of the open object, which is a transcript and all there is.
    ///
    /// - Parameters:
    ///   - list: the key of its messages; `missing` begins what is said of an object without them.
    ///   - ids: the keys of its name.
    ///   - other: reads the value of another key; false where it has not.
    private mutating func members(
        messages list: String, missing: String, ids: [String], into dialogue: inout Dialogue,
        other: (inout ElementParser, String, inout Dialogue) throws(Fault) -> Bool = {
            (_, _, _) throws(Fault) in false
        }
    ) throws(Fault) {
        var hasMessages = false
        while let key = try nextKey() {
            if key == list {
                try messages(key, into: &dialogue)
                hasMessages = true
            } else if ids.contains(key) {
                dialogue.id = try name()
            } else if try !other(&self, key, &dialogue) {
                try skipValue()
            }
        }
        try end()
        if !hasMessages { throw Fault("\(missing) \"\(list)\" in this object") }
    }
}
