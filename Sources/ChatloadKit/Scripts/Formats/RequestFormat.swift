import Base

/// Requests to services that want the whole conversation each time.
extension ElementParser {
    /// OpenAI Batch input: a line for each request, with `custom_id`, `url` and `body`
    /// (platform.openai.com, "Batch API").
    mutating func readBatchRequest(into dialogue: inout Dialogue) throws(Fault) {
        var (id, url) = (String?.none, "")
        var hasBody = false
        try beginObject("a request")
        while let key = try nextKey() {
            switch key {
            case "custom_id": id = try text(key)?.string(in: bytes.span)
            case "url": url = try text(key)?.string(in: bytes.span) ?? ""
            case "body":
                try beginObject(key)
                try requestBody(into: &dialogue)
                hasBody = true
            default: try skipValue()
            }
        }
        try end()
        if ["/embeddings", "/moderations"].contains(where: url.hasSuffix) {
            throw Fault("a request to \(url.shortened) is no conversation")
        }
        guard let id else { throw Fault("a request needs a \"custom_id\"") }
        guard let name = Dialogue.name(id) else {
            throw Fault(
                "\"custom_id\" must have from 1 to \(Self.longestName) bytes, no control"
                    + " characters and no ${")
        }
        if !hasBody { throw Fault("a request needs a \"body\"") }
        dialogue.id = name
    }

    /// The workload traces of evalscope (modelscope/evalscope,
    /// `perf/plugin/datasets/workload_trace.py`): a line for each request, with its `timestamp`
    /// (seconds, or a date and time) and its `body` (an object, or its JSON in a string).
    mutating func readTracedRequest(into dialogue: inout Dialogue) throws(Fault) {
        var hasBody = false
        var date: Nanoseconds?
        try beginObject("a request")
        while let key = try nextKey() {
            switch key {
            case "timestamp": date = try time(key, unit: .seconds(1))
            case "request_id": dialogue.id = try name()
            case "body":
                try embeddedBody(into: &dialogue)
                hasBody = true
            default: try skipValue()
            }
        }
        try end()
        if !hasBody { throw Fault("a request needs a \"body\"") }
        dialogue.date(date)
    }

    /// A body that is an object, or a string that holds its JSON.
    private mutating func embeddedBody(into dialogue: inout Dialogue) throws(Fault) {
        let token = try next()
        switch token {
        case .beginObject: try requestBody(into: &dialogue)
        case .string(let text):
            var body = ByteBuffer(capacity: text.range.count)
            text.append(to: &body, from: bytes.span)
            do throws(Fault) {
                try Self.readBody(body.bytes.span, into: &dialogue)
            } catch {
                throw Fault(
                    "\"body\": \(error.message)", offset: start(of: token), hint: error.hint)
            }
        default: throw wrong(token, "body", "an object")
        }
    }

    /// Reads a request's body.
    static func readBody(_ bytes: Span<UInt8>, into dialogue: inout Dialogue) throws(Fault) {
        var parser = ElementParser(bytes)
        try parser.beginObject("body")
        try parser.requestBody(into: &dialogue)
        try parser.end()
    }

    /// The body of a request, whose brace was just read: `messages` of Chat Completions (with
    /// Anthropic's `system`), `input` and `instructions` of Responses, or the `prompt` of Completions.
    private mutating func requestBody(into dialogue: inout Dialogue) throws(Fault) {
        let brace = max(scanner.position - 1, 0)
        var says = false
        while let key = try nextKey() {
            switch key {
            case "messages": try messages(key, into: &dialogue)
            case "input": try input(into: &dialogue)
            case "prompt":
                let (text, others) = try content(key)
                dialogue.add(TranscriptMessage(role: .user, text: text, otherParts: others))
            case "instructions", "system":
                let (text, _) = try content(key)
                if !text.isEmpty { dialogue.addSystem(text) }
                continue
            default:
                try skipValue()
                continue
            }
            says = true
        }
        if !says {
            throw Fault("there are no \"messages\" in the body of this request", offset: brace)
        }
    }

    /// The `input` of Responses: a text, or items of which those with a role are messages.
    private mutating func input(into dialogue: inout Dialogue) throws(Fault) {
        let token = try next()
        switch token {
        case .string(let text):
            return dialogue.add(TranscriptMessage(role: .user, text: text.string(in: bytes.span)))
        case .beginArray: break
        default: throw wrong(token, "input", "a string or an array of messages")
        }
        while true {
            let token = try next()
            switch token {
            case .endArray: return
            case .string(let text):
                dialogue.add(TranscriptMessage(role: .user, text: text.string(in: bytes.span)))
            case .beginObject: dialogue.add(try item())
            default: throw wrong(token, "input", "an array of messages")
            }
        }
    }

    /// An item of `input`, whose brace was just read. Calls of tools and what came of them have no
    /// role.
    private mutating func item() throws(Fault) -> TranscriptMessage {
        var message = TranscriptMessage(role: .tool, text: "")
        while let key = try nextKey() {
            switch key {
            case "role": message.role = try role(key)
            case "content": (message.text, message.otherParts) = try content(key)
            default: try skipValue()
            }
        }
        return message
    }
}
