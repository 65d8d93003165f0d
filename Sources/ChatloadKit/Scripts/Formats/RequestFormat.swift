import Base

/// OpenAI Batch input: a line for each request, with `custom_id`, `url` and `body`
/// (platform.openai.com, "Batch API").
enum BatchFormat {
    static func read(_ bytes: Span<UInt8>, into dialogue: inout Dialogue) throws(Fault) {
        var parser = ForeignParser()
        var (id, url) = (String?.none, "")
        var hasBody = false
        try parser.beginObject("a request", in: bytes)
        while let key = try parser.nextKey(in: bytes) {
            if key.equals("custom_id", in: bytes) {
                id = try parser.text("custom_id", in: bytes)?.string(in: bytes)
            } else if key.equals("url", in: bytes) {
                url = try parser.text("url", in: bytes)?.string(in: bytes) ?? ""
            } else if key.equals("body", in: bytes) {
                try parser.beginObject("body", in: bytes)
                try parser.requestBody(into: &dialogue, in: bytes)
                hasBody = true
            } else {
                try parser.skipValue(in: bytes)
            }
        }
        try parser.end(in: bytes)
        if ["/embeddings", "/moderations"].contains(where: url.hasSuffix) {
            throw Fault("a request to \(url.shortened) is no conversation")
        }
        guard let id else { throw Fault("a request needs a \"custom_id\"") }
        guard let name = Dialogue.name(id) else {
            throw Fault(
                "\"custom_id\" must have from 1 to \(ScriptParser.longestName) bytes, no control"
                    + " characters and no ${")
        }
        if !hasBody { throw Fault("a request needs a \"body\"") }
        dialogue.id = name
    }
}

/// The workload traces of evalscope (modelscope/evalscope, `perf/plugin/datasets/workload_trace.py`):
/// a line for each request, with its `timestamp` (seconds, or a date and time) and its `body` (an
/// object, or its JSON in a string).
enum EvalscopeFormat {
    static func read(_ bytes: Span<UInt8>, into dialogue: inout Dialogue) throws(Fault) {
        var parser = ForeignParser()
        var hasBody = false
        var date: Nanoseconds?
        try parser.beginObject("a request", in: bytes)
        while let key = try parser.nextKey(in: bytes) {
            if key.equals("timestamp", in: bytes) {
                date = try parser.time("timestamp", unit: .seconds(1), in: bytes)
            } else if key.equals("request_id", in: bytes) {
                dialogue.id = try parser.name(in: bytes)
            } else if key.equals("body", in: bytes) {
                try parser.embeddedBody(into: &dialogue, in: bytes)
                hasBody = true
            } else {
                try parser.skipValue(in: bytes)
            }
        }
        try parser.end(in: bytes)
        if !hasBody { throw Fault("a request needs a \"body\"") }
        dialogue.date(date)
    }

    /// When it came, to find the earliest of a file.
    static let times = JSONFields(literal: "timestamp")
}

extension ForeignParser {
    /// A body that is an object, or a string that holds its JSON.
    fileprivate mutating func embeddedBody(
        into dialogue: inout Dialogue, in bytes: Span<UInt8>
    ) throws(Fault) {
        let token = try next(in: bytes)
        switch token {
        case .beginObject: try requestBody(into: &dialogue, in: bytes)
        case .string(let text):
            do throws(Fault) {
                try Self.readBody(text, into: &dialogue, in: bytes)
            } catch {
                throw Fault(
                    "\"body\": \(error.message)", offset: text.range.lowerBound - 1,
                    hint: error.hint)
            }
        default: throw wrong(token, "body", "an object")
        }
    }

    /// Reads a request's body out of a string that holds its JSON.
    static func readBody(
        _ text: JSONText, into dialogue: inout Dialogue, in bytes: Span<UInt8>
    ) throws(Fault) {
        var body = ByteBuffer(capacity: text.range.count)
        text.append(to: &body, from: bytes)
        try readBody(body.bytes.span, into: &dialogue)
    }

    /// Reads a request's body.
    static func readBody(_ bytes: Span<UInt8>, into dialogue: inout Dialogue) throws(Fault) {
        var parser = ForeignParser()
        try parser.beginObject("body", in: bytes)
        try parser.requestBody(into: &dialogue, in: bytes)
        try parser.end(in: bytes)
    }

    /// The body of a request, whose brace was just read: `messages` of Chat Completions (with
    /// Anthropic's `system`), `input` and `instructions` of Responses, or the `prompt` of Completions.
    mutating func requestBody(into dialogue: inout Dialogue, in bytes: Span<UInt8>) throws(Fault) {
        let brace = max(scanner.position - 1, 0)
        var says = false
        while let key = try nextKey(in: bytes) {
            if key.equals("messages", in: bytes) {
                try messages("messages", into: &dialogue, in: bytes)
                says = true
            } else if key.equals("input", in: bytes) {
                try input(into: &dialogue, in: bytes)
                says = true
            } else if key.equals("prompt", in: bytes) {
                let (text, others) = try content(key, in: bytes)
                dialogue.add(TranscriptMessage(role: .user, text: text, otherParts: others))
                says = true
            } else if key.equals("instructions", in: bytes) || key.equals("system", in: bytes) {
                let (text, _) = try content(key, in: bytes)
                if !text.isEmpty { dialogue.addSystem(text) }
            } else {
                try skipValue(in: bytes)
            }
        }
        if !says {
            throw Fault("there are no \"messages\" in the body of this request", offset: brace)
        }
    }

    /// The `input` of Responses: a text, or items of which those with a role are messages.
    private mutating func input(
        into dialogue: inout Dialogue, in bytes: Span<UInt8>
    ) throws(Fault) {
        let token = try next(in: bytes)
        switch token {
        case .string(let text):
            return dialogue.add(TranscriptMessage(role: .user, text: text.string(in: bytes)))
        case .beginArray: break
        default: throw wrong(token, "input", "a string or an array of messages")
        }
        while true {
            let token = try next(in: bytes)
            switch token {
            case .endArray: return
            case .string(let text):
                dialogue.add(TranscriptMessage(role: .user, text: text.string(in: bytes)))
            case .beginObject: dialogue.add(try item(in: bytes))
            default: throw wrong(token, "input", "an array of messages")
            }
        }
    }

    /// An item of `input`, whose brace was just read. Calls of tools and what came of them have no
    /// role.
    private mutating func item(in bytes: Span<UInt8>) throws(Fault) -> TranscriptMessage {
        var message = TranscriptMessage(role: .tool, text: "")
        while let key = try nextKey(in: bytes) {
            if key.equals("role", in: bytes) {
                message.role = try role(key, in: bytes)
            } else if key.equals("content", in: bytes) {
                (message.text, message.otherParts) = try content(key, in: bytes)
            } else {
                try skipValue(in: bytes)
            }
        }
        return message
    }
}
