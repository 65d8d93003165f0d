import Base

/// OpenAI's `messages`, as fine-tuning files have them (platform.openai.com, "Chat format"), and bare
/// arrays of such messages.
enum MessagesFormat {
    static func read(_ bytes: Span<UInt8>, into dialogue: inout Dialogue) throws(Fault) {
        var parser = ForeignParser()
        let first = try parser.next(in: bytes)
        switch first {
        case .beginArray:
            while try parser.nextObject("a message", in: bytes) {
                dialogue.add(try parser.message(in: bytes))
            }
        case .beginObject:
            return try parser.transcript(
                messages: "messages", missing: "there are no", ids: ["id"], into: &dialogue,
                in: bytes)
        default:
            throw Fault(
                "a conversation must be an object with \"messages\", not \(first.kind)", offset: 0)
        }
        try parser.end(in: bytes)
    }
}

/// ShareGPT: `{"id":…,"conversations":[{"from":"human","value":…},{"from":"gpt","value":…}]}`.
enum ShareGPTFormat {
    static func read(_ bytes: Span<UInt8>, into dialogue: inout Dialogue) throws(Fault) {
        var parser = ForeignParser()
        try parser.beginObject("a conversation", in: bytes)
        try parser.transcript(
            messages: "conversations", missing: "there are no", ids: ["id"], into: &dialogue,
            in: bytes
        ) { (parser, key, dialogue) throws(Fault) in
            guard key.equals("system", in: bytes) else { return false }
            let text = try parser.text("system", in: bytes)?.string(in: bytes) ?? ""
            if !text.isEmpty { dialogue.addSystem(text) }
            return true
        }
    }
}

/// LMSYS-Chat-1M and WildChat-1M: `{"conversation":[{"role":…,"content":…}],"turn":…}` with
/// `conversation_id` or `conversation_hash`. WildChat dates its replies and, as a whole, the
/// conversation's last turn.
enum ChatLogFormat {
    static func read(_ bytes: Span<UInt8>, into dialogue: inout Dialogue) throws(Fault) {
        var parser = ForeignParser()
        var date: Nanoseconds?
        try parser.beginObject("a conversation", in: bytes)
        try parser.transcript(
            messages: "conversation", missing: "there is no",
            ids: ["conversation_id", "conversation_hash"], into: &dialogue, in: bytes
        ) { (parser, key, _) throws(Fault) in
            guard key.equals("timestamp", in: bytes) else { return false }
            date = try parser.time("timestamp", unit: .seconds(1), in: bytes)
            return true
        }
        dialogue.date(date)
    }

    /// Every time in it, to find the earliest of a file.
    static let times = JSONFields(literal: "timestamp", "conversation.*.timestamp")
}
