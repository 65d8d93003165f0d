import Networking

extension ForeignParser {
    /// Reads the array of messages that comes next into `dialogue`.
    mutating func messages(
        _ key: String, into dialogue: inout Dialogue, in bytes: Span<UInt8>
    ) throws(ScriptFault) {
        try beginArray(key, in: bytes)
        while try nextObject("a message", in: bytes) {
            dialogue.add(try message(in: bytes))
        }
    }

    /// The message whose brace was just read: `role` or `from` says whose it is; `content`, `value`
    /// or `text` is what it says, a string or parts; `timestamp` when it was written.
    mutating func message(in bytes: Span<UInt8>) throws(ScriptFault) -> TranscriptMessage {
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
            throw ScriptFault("a message needs \"role\" or \"from\"", at: brace)
        }
        message.role = callsTools && message.text.isEmpty ? .tool : role
        return message
    }

    /// Whose message it is, by the names the formats have for the user, the service and the others;
    /// `key` is what the file calls it.
    mutating func role(
        _ key: JSONText, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> TranscriptMessage.Role {
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
            throw ScriptFault(
                "the \(key.string(in: bytes)) \"\(word.shortened)\" is not known",
                at: text.range.lowerBound - 1,
                suggestion: "known: user, human, prompter, assistant, gpt, bot, model, system, tool"
            )
        }
    }

    /// A string, null, or an array of parts, of which those that are text are put together, each on
    /// a line; with the number of the others.
    mutating func content(
        _ key: JSONText, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> (text: String, otherParts: Int) {
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
    ) throws(ScriptFault) -> (text: String, otherParts: Int) {
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
    private mutating func part(in bytes: Span<UInt8>) throws(ScriptFault) -> String? {
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
