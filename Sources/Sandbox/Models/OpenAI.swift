import Base
import Networking

/// OpenAI's chat completions (`POST /v1/chat/completions`), as OpenAI documents them and compatible
/// servers extend them: `ignore_eos`, `min_tokens`, `continuous_usage_stats` and `reasoning_content`
/// are vLLM's.
extension ModelAPI {
    static let openAI = ModelAPI(
        name: "openai", routes: (.openAIChat, .openAIOther), members: chatMembers,
        tellsUsageUnasked: false,
        place: { request in
            let bytes = request.bytes.span
            let path = request.path
            if bytes.equals("/v1/models", path) || bytes.equals("/models", path) {
                return .page(models)
            }
            if bytes.equals("/health", path) { return .page("{}", needsKey: false) }
            if bytes.equals("/metrics", path) {
                return .page(metrics, type: Response.plain, needsKey: false)
            }
            if bytes.matches("/openai/", at: path.lowerBound) { return nil }
            return bytes.ends(with: "/chat/completions", path) ? .reply() : nil
        },
        key: { $0.bearer }, whole: writeCompletion,
        streamed: { StreamedReply($0, .events, chatParts($0)) },
        refuse: { refuseAsOpenAI($0, &$1) },
        writeLimits: { standings, _, response in
            writeOpenAILimits(standings, &response)
        },
        lateError: openAILateError)

    /// An error in the middle of a stream, as vLLM words it.
    static let openAILateError = LateError(
        plain: openAIServerError, event: openAIServerError, isFollowedByEnd: true)
    private static let openAIServerError: StaticString = """
        {"error":{"message":"The server had an error while processing your request. Sorry about \
        that!","type":"server_error","param":null,"code":500}}
        """

    /// What is shown to load testers that look for an inference server's own figures.
    private static let metrics: StaticString = "# The sandbox's counts are at /_sandbox/counts.\n"

    /// The models there are, in OpenAI's words.
    static let models: StaticString = """
        {"object":"list","data":[{"id":"sandbox-1","object":"model","created":1700000000,\
        "owned_by":"chatload"}]}
        """

    /// What is known of a chat completion's body.
    static let chatMembers: [GenerationRequest.Member] = [
        .init("model", .model), .init("messages", .messages), .init("stream", .isStreamed),
        .init("max_tokens", .mostTokens), .init("max_completion_tokens", .mostTokens),
        .init("min_tokens", .leastTokens), .init("ignore_eos", .ignoresEnd),
        .init(
            "stream_options",
            [
                .init("include_usage", .includesUsage),
                .init("continuous_usage_stats", .countsInFrames),
            ]),
    ]
}

/// Replies.
extension ModelAPI {
    static func writeCompletion(
        _ generation: borrowing Generation, _ response: inout Response
    ) {
        appendChatStart(of: generation, "chat.completion", to: &response.body)
        response.body.append(
            fixed: "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"")
        generation.appendAnswer(to: &response.body)
        response.body.append(fixed: "\",\"refusal\":null")
        if generation.reasoningTokens > 0 {
            response.body.append(fixed: ",\"reasoning_content\":\"")
            generation.appendReasoning(to: &response.body)
            response.body.append(fixed: "\"")
        }
        response.body.append(fixed: "},\"logprobs\":null,\"finish_reason\":\"")
        response.body.append(fixed: generation.isCut ? "length" : "stop")
        response.body.append(fixed: "\"}],\"usage\":")
        appendChatUsage(of: generation, to: &response.body)
        response.body.append(fixed: "}")
    }

    /// The frames of a streamed completion; `note` is a member that every choice has besides.
    static func chatParts(
        _ generation: borrowing Generation, _ note: StaticString = ""
    ) -> [StreamedReply.Part] {
        var parts: [StreamedReply.Part] = []
        parts.append(
            chunk(.opening, of: generation, note) {
                $0.bytes.append(fixed: "{\"role\":\"assistant\",\"content\":\"\"}")
            })
        if generation.reasoningTokens > 0 {
            parts.append(
                chunk(.reasoning, of: generation, note, tokens: generation.reasoningTokens) {
                    $0.bytes.append(fixed: "{\"reasoning_content\":\"")
                    $0.mark(.text)
                    $0.bytes.append(fixed: "\"}")
                })
        }
        if generation.answerTokens > 0 {
            parts.append(
                chunk(.answer, of: generation, note, tokens: generation.answerTokens) {
                    $0.bytes.append(fixed: "{\"content\":\"")
                    $0.mark(.text)
                    $0.bytes.append(fixed: "\"}")
                })
        }
        parts.append(chunk(.finish, of: generation, note) { $0.bytes.append(fixed: "{}") })
        if generation.includesUsage { parts.append(chatUsage(of: generation)) }
        let done = FrameTemplate { $0.bytes.append(fixed: "data: [DONE]\n\n") }
        parts.append(StreamedReply.Part(role: .terminator, template: done))
        return parts
    }

    private static func chunk(
        _ role: StreamedReply.Part.Role, of generation: borrowing Generation, _ note: StaticString,
        tokens: Int = 0, _ delta: (inout FrameTemplate) -> Void
    ) -> StreamedReply.Part {
        var template = FrameTemplate { _ in }
        template.bytes.append(fixed: "data: ")
        appendChatStart(of: generation, "chat.completion.chunk", to: &template.bytes)
        template.bytes.append(fixed: "[{\"index\":0,")
        template.bytes.append(fixed: note)
        template.bytes.append(fixed: "\"delta\":")
        delta(&template)
        template.bytes.append(fixed: ",\"logprobs\":null,\"finish_reason\":")
        let reason: StaticString = generation.isCut ? "\"length\"" : "\"stop\""
        template.bytes.append(fixed: role == .finish ? reason : "null")
        template.bytes.append(fixed: "}]")
        if generation.countsInFrames {
            template.bytes.append(fixed: ",\"usage\":{\"prompt_tokens\":")
            template.bytes.append(decimal: generation.promptTokens)
            template.bytes.append(fixed: ",\"completion_tokens\":")
            template.mark(.replyTokens)
            template.bytes.append(fixed: ",\"total_tokens\":")
            template.mark(.allTokens)
            template.bytes.append(fixed: "}")
        } else if generation.includesUsage {
            template.bytes.append(fixed: ",\"usage\":null")
        }
        template.bytes.append(fixed: "}\n\n")
        return StreamedReply.Part(role: role, template: template, tokens: tokens)
    }

    private static func chatUsage(of generation: borrowing Generation) -> StreamedReply.Part {
        var template = FrameTemplate { _ in }
        template.bytes.append(fixed: "data: ")
        appendChatStart(of: generation, "chat.completion.chunk", to: &template.bytes)
        template.bytes.append(fixed: "[],\"usage\":")
        appendChatUsage(of: generation, to: &template.bytes)
        template.bytes.append(fixed: "}\n\n")
        return StreamedReply.Part(role: .usage, template: template)
    }

    /// What all objects begin with, up to the choices.
    private static func appendChatStart(
        of generation: borrowing Generation, _ object: StaticString, to buffer: inout ByteBuffer
    ) {
        buffer.append(fixed: "{\"id\":\"chatcmpl-")
        buffer.append(generation.id)
        buffer.append(fixed: "\",\"object\":\"")
        buffer.append(fixed: object)
        buffer.append(fixed: "\",\"created\":")
        buffer.append(decimal: Int(generation.time.count / 1_000_000_000))
        buffer.append(fixed: ",\"model\":")
        buffer.append(json: generation.model)
        buffer.append(fixed: ",\"choices\":")
    }

    private static func appendChatUsage(
        of generation: borrowing Generation, to buffer: inout ByteBuffer
    ) {
        buffer.append(fixed: "{\"prompt_tokens\":")
        buffer.append(decimal: generation.promptTokens)
        buffer.append(fixed: ",\"completion_tokens\":")
        buffer.append(decimal: generation.replyTokens)
        buffer.append(fixed: ",\"total_tokens\":")
        buffer.append(decimal: generation.promptTokens + generation.replyTokens)
        buffer.append(fixed: ",\"prompt_tokens_details\":{\"cached_tokens\":")
        buffer.append(decimal: generation.cachedTokens)
        buffer.append(fixed: "},\"completion_tokens_details\":{\"reasoning_tokens\":")
        buffer.append(decimal: generation.reasoningTokens)
        buffer.append(fixed: "}}")
    }
}

extension Request {
    /// The token of `Authorization: Bearer TOKEN`; nil where there is none.
    var bearer: Range<Int>? {
        guard let value = fields.authorization,
            bytes.span.matchesIgnoringCase("bearer ", at: value.lowerBound), value.count > 7
        else { return nil }
        return bytes.span.trimmed(value.lowerBound + 7..<value.upperBound)
    }
}

extension Span<UInt8> {
    /// Whether the bytes at `range` end with `text`.
    func ends(with text: StaticString, _ range: Range<Int>) -> Bool {
        range.count >= text.utf8CodeUnitCount
            && matches(text, at: range.upperBound - text.utf8CodeUnitCount)
    }
}
