import Networking

/// The text in the response to a chat request, whole or streamed.
enum CapturedReply {
    /// Where whole responses have it: Chat Completions, Completions, Responses, Anthropic, Ollama.
    private static let whole = JSONFields(
        literal: "choices.0.message.content", "choices.0.text", "output.*.content.*.text",
        "content.*.text", "message.content")
    /// Where the events of streamed ones have it.
    private static let streamed = JSONFields(
        literal: "choices.0.delta.content", "choices.0.text", "delta", "delta.text",
        "message.content")
    private static let kind = JSONFields(literal: "type")
    /// Of the events that have a type, those that carry the answer; others carry thoughts and calls.
    private static let answers = ["response.output_text.delta", "content_block_delta"]

    /// The reply; nil when there is none, or none that is understood.
    static func text(of entry: HAREntry) -> String? {
        guard entry.hasSucceeded else { return nil }
        if let texts = all(whole, in: entry.content.bytes.span), !texts.isEmpty { return texts }
        var reply = ""
        for line in entry.content.text.split(whereSeparator: \.isNewline) {
            let event = line.hasPrefix("data:") ? line.dropFirst("data:".count) : line
            let bytes = Array(event.utf8)
            let type = all(kind, in: bytes.span) ?? ""
            if type.isEmpty || answers.contains(type) {
                reply += all(streamed, in: bytes.span) ?? ""
            }
        }
        return reply.isEmpty ? nil : reply
    }

    /// The strings at all of the paths, one after the other; nil when it is no JSON.
    private static func all(_ fields: JSONFields, in bytes: Span<UInt8>) -> String? {
        var found = ""
        do throws(JSONError) {
            try fields.read(bytes) { _, token, _ in
                if case .string(let text) = token { found += text.string(in: bytes) }
            }
        } catch {
            return nil
        }
        return found
    }
}
