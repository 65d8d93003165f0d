import Base

/// OpenAI's `messages`, as fine-tuning files have them (platform.openai.com, "Chat format"), and bare
/// arrays of such messages.
enum MessagesFormat {
    static func read(
        _ bytes: Span<UInt8>, into dialogue: inout Dialogue
    ) throws(Fault) {
        var parser = ForeignParser()
        let first = try parser.next(in: bytes)
        switch first {
        case .beginArray:
            while try parser.nextObject("a message", in: bytes) {
                dialogue.add(try parser.message(in: bytes))
            }
        case .beginObject: try members(&parser, into: &dialogue, in: bytes)
        default:
            throw Fault(
                "a conversation must be an object with \"messages\", not \(first.kind)", offset: 0)
        }
        try parser.end(in: bytes)
    }

    private static func members(
        _ parser: inout ForeignParser, into dialogue: inout Dialogue, in bytes: Span<UInt8>
    ) throws(Fault) {
        var hasMessages = false
        while let key = try parser.nextKey(in: bytes) {
            if key.equals("messages", in: bytes) {
                try parser.messages("messages", into: &dialogue, in: bytes)
                hasMessages = true
            } else if key.equals("id", in: bytes) {
                dialogue.id = try parser.name(in: bytes)
            } else {
                try parser.skipValue(in: bytes)
            }
        }
        if !hasMessages { throw Fault("there are no \"messages\" in this object") }
    }
}

/// ShareGPT: `{"id":…,"conversations":[{"from":"human","value":…},{"from":"gpt","value":…}]}`.
enum ShareGPTFormat {
    static func read(
        _ bytes: Span<UInt8>, into dialogue: inout Dialogue
    ) throws(Fault) {
        var parser = ForeignParser()
        var hasMessages = false
        try parser.beginObject("a conversation", in: bytes)
        while let key = try parser.nextKey(in: bytes) {
            if key.equals("conversations", in: bytes) {
                try parser.messages("conversations", into: &dialogue, in: bytes)
                hasMessages = true
            } else if key.equals("id", in: bytes) {
                dialogue.id = try parser.name(in: bytes)
            } else if key.equals("system", in: bytes) {
                let text = try parser.text("system", in: bytes)?.string(in: bytes) ?? ""
                if !text.isEmpty { dialogue.addSystem(text) }
            } else {
                try parser.skipValue(in: bytes)
            }
        }
        try parser.end(in: bytes)
        if !hasMessages {
            throw Fault("there are no \"conversations\" in this object")
        }
    }
}

/// LMSYS-Chat-1M and WildChat-1M: `{"conversation":[{"role":…,"content":…}],"turn":…}` with
/// `conversation_id` or `conversation_hash`. WildChat dates its replies and, as a whole, the
/// conversation's last turn.
enum ChatLogFormat {
    static func read(
        _ bytes: Span<UInt8>, into dialogue: inout Dialogue
    ) throws(Fault) {
        var parser = ForeignParser()
        var hasMessages = false
        var date: Nanoseconds?
        try parser.beginObject("a conversation", in: bytes)
        while let key = try parser.nextKey(in: bytes) {
            if key.equals("conversation", in: bytes) {
                try parser.messages("conversation", into: &dialogue, in: bytes)
                hasMessages = true
            } else if key.equals("conversation_id", in: bytes)
                || key.equals("conversation_hash", in: bytes)
            {
                dialogue.id = try parser.name(in: bytes)
            } else if key.equals("timestamp", in: bytes) {
                date = try parser.time("timestamp", unit: .seconds(1), in: bytes)
            } else {
                try parser.skipValue(in: bytes)
            }
        }
        try parser.end(in: bytes)
        if !hasMessages {
            throw Fault("there is no \"conversation\" in this object")
        }
        dialogue.date(date)
    }

    /// Every time in it, to find the earliest of a file.
    static let times = JSONFields(literal: "timestamp", "conversation.*.timestamp")
}
