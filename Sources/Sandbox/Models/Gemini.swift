import Base
import Networking

/// Gemini's `generateContent` and `streamGenerateContent` (`v1beta` and `v1`). The path names the model
/// and says whether the reply is streamed: as events with `alt=sse`, otherwise as one array that grows.
/// Nothing ends a stream but its body.
extension ModelAPI {
    static let gemini = ModelAPI(
        name: "gemini", routes: (.geminiGenerate, .geminiOther),
        members: [
            .init("contents", .messages), .init("systemInstruction", .instruction),
            .init("system_instruction", .instruction),
            .init("generationConfig", [.init("maxOutputTokens", .mostTokens)]),
            .init("generation_config", [.init("max_output_tokens", .mostTokens)]),
        ],
        messages: "contents", place: { geminiPlace($0) },
        key: { $0.fields.googleAPIKey ?? $0.queryKey }, whole: writeContent,
        streamed: { generation in
            StreamedReply(
                generation, generation.isArray ? .array : .events, contentParts(generation))
        }, refuse: refuseAsGemini, lateError: LateError(plain: geminiError, event: geminiError))

    private static let geminiError: StaticString = """
        {"error":{"code":500,"message":"An internal error has occurred. Please retry.",\
        "status":"INTERNAL"}}
        """

    private static let geminiModels: StaticString = """
        {"models":[{"name":"models/sandbox-1","displayName":"Sandbox 1",\
        "supportedGenerationMethods":["generateContent"]}]}
        """

    private static func geminiPlace(_ request: borrowing Request) -> Place? {
        let bytes = request.bytes.span
        let path = request.path
        if bytes.equals("/v1beta/models", path) { return .page(geminiModels) }
        let isBeta = bytes.matches("/v1beta/", at: path.lowerBound)
        let start = path.lowerBound + (isBeta ? 8 : 4)
        guard isBeta || bytes.matches("/v1/", at: path.lowerBound),
            bytes.matches("models/", at: start),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":"), in: start..<path.upperBound)
        else { return isBeta ? .nothing : nil }
        let model = start + 7..<colon
        let method = colon..<path.upperBound
        if model.isEmpty { return .nothing }
        if bytes.equals(":generateContent", method) {
            return .reply(model: model, isStreamed: false)
        }
        guard bytes.equals(":streamGenerateContent", method) else { return .nothing }
        let isArray = QueryString.value(of: "alt", in: request) != "sse"
        return .reply(model: model, isStreamed: true, isArray: isArray)
    }
}

/// Replies.
extension ModelAPI {
    private static func writeContent(_ generation: borrowing Generation, _ response: inout Response)
    {
        response.contentType = "application/json; charset=UTF-8"
        response.body.append(fixed: "{\"candidates\":[{\"content\":{\"parts\":[")
        if generation.reasoningTokens > 0 {
            response.body.append(fixed: "{\"text\":\"")
            generation.appendReasoning(to: &response.body)
            response.body.append(fixed: "\",\"thought\":true},")
        }
        response.body.append(fixed: "{\"text\":\"")
        generation.appendAnswer(to: &response.body)
        response.body.append(fixed: "\"}],\"role\":\"model\"},\"finishReason\":\"")
        response.body.append(fixed: generation.isCut ? "MAX_TOKENS" : "STOP")
        response.body.append(fixed: "\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":")
        response.body.append(decimal: generation.promptTokens)
        response.body.append(fixed: ",\"candidatesTokenCount\":")
        response.body.append(decimal: generation.answerTokens)
        response.body.append(fixed: ",\"totalTokenCount\":")
        response.body.append(decimal: generation.promptTokens + generation.replyTokens)
        if generation.reasoningTokens > 0 {
            response.body.append(fixed: ",\"thoughtsTokenCount\":")
            response.body.append(decimal: generation.reasoningTokens)
        }
        if generation.cachedTokens > 0 {
            response.body.append(fixed: ",\"cachedContentTokenCount\":")
            response.body.append(decimal: generation.cachedTokens)
        }
        response.body.append(fixed: "}")
        appendVersion(of: generation, to: &response.body)
    }

    private static func appendVersion(
        of generation: borrowing Generation, to buffer: inout ByteBuffer
    ) {
        buffer.append(fixed: ",\"modelVersion\":")
        buffer.append(json: generation.model)
        buffer.append(fixed: ",\"responseId\":\"")
        buffer.append(generation.id)
        buffer.append(fixed: "\"}")
    }

    private static func contentParts(_ generation: borrowing Generation) -> [StreamedReply.Part] {
        var parts: [StreamedReply.Part] = []
        if generation.isArray {
            let opening = FrameTemplate { $0.bytes.append(fixed: "[") }
            parts.append(StreamedReply.Part(role: .between, template: opening))
        }
        if generation.reasoningTokens > 0 {
            parts.append(content(.reasoning, of: generation, generation.reasoningTokens))
        }
        if generation.answerTokens > 0 {
            parts.append(content(.answer, of: generation, generation.answerTokens))
        }
        return parts + [content(.finish, of: generation, 0)]
    }

    private static func content(
        _ role: StreamedReply.Part.Role, of generation: borrowing Generation, _ tokens: Int
    ) -> StreamedReply.Part {
        var template = FrameTemplate { _ in }
        if !generation.isArray { template.bytes.append(fixed: "data: ") }
        template.bytes.append(fixed: "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"")
        template.mark(.text)
        template.bytes.append(fixed: role == .reasoning ? "\",\"thought\":true}]" : "\"}]")
        template.bytes.append(fixed: ",\"role\":\"model\"},")
        if role == .finish {
            template.bytes.append(fixed: "\"finishReason\":\"")
            template.bytes.append(fixed: generation.isCut ? "MAX_TOKENS" : "STOP")
            template.bytes.append(fixed: "\",")
        }
        template.bytes.append(fixed: "\"index\":0}]")
        if generation.includesUsage {
            appendContentUsage(role, of: generation, to: &template)
        }
        appendVersion(of: generation, to: &template.bytes)
        switch (generation.isArray, role) {
        case (false, _): template.bytes.append(fixed: "\r\n\r\n")
        case (true, .finish): template.bytes.append(fixed: "\r\n]")
        case (true, _): template.bytes.append(fixed: "\r\n,\r\n")
        }
        return StreamedReply.Part(role: role, template: template, tokens: tokens)
    }

    /// Appends the usage so far, which is that of the whole reply in its last frame.
    private static func appendContentUsage(
        _ role: StreamedReply.Part.Role, of generation: borrowing Generation,
        to template: inout FrameTemplate
    ) {
        template.bytes.append(fixed: ",\"usageMetadata\":{\"promptTokenCount\":")
        template.bytes.append(decimal: generation.promptTokens)
        if role != .reasoning {
            template.bytes.append(fixed: ",\"candidatesTokenCount\":")
            template.mark(.answerTokens)
        }
        template.bytes.append(fixed: ",\"totalTokenCount\":")
        template.mark(.allTokens)
        if generation.reasoningTokens > 0 {
            template.bytes.append(fixed: ",\"thoughtsTokenCount\":")
            if role == .reasoning {
                template.mark(.replyTokens)
            } else {
                template.bytes.append(decimal: generation.reasoningTokens)
            }
        }
        if generation.cachedTokens > 0 {
            template.bytes.append(fixed: ",\"cachedContentTokenCount\":")
            template.bytes.append(decimal: generation.cachedTokens)
        }
        template.bytes.append(fixed: "}")
    }
}

/// Errors. Google puts how long to wait into the body.
extension ModelAPI {
    private static func refuseAsGemini(_ refusal: Refusal, _ response: inout Response) {
        let (status, word, message) = geminiRefusal(refusal)
        response.status = status
        response.contentType = "application/json; charset=UTF-8"
        response.body.append(fixed: "{\"error\":{\"code\":")
        response.body.append(decimal: status)
        response.body.append(fixed: ",\"message\":")
        response.body.append(json: message)
        response.body.append(fixed: ",\"status\":\"")
        response.body.append(fixed: word)
        response.body.append(fixed: "\"")
        if case .limited(let standing) = refusal {
            response.body.append(
                fixed:
                    ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\""
            )
            response.body.append("\(standing.wait.wholeSeconds)s\"}]")
        }
        response.body.append(fixed: "}}")
    }

    private static func geminiRefusal(_ refusal: Refusal) -> (Int, StaticString, String) {
        let invalid: StaticString = "INVALID_ARGUMENT"
        return switch refusal {
        case .noKey:
            (
                401, "UNAUTHENTICATED",
                "Request is missing required authentication credential: an API key."
            )
        case .wrongKey:
            (401, "UNAUTHENTICATED", "API key not valid. Please pass a valid API key.")
        case .wrongMethod(let method): (405, invalid, "The method \(method) is not allowed here.")
        case .noSuchPath: (404, "NOT_FOUND", "The requested URL was not found on this server.")
        case .complaint(.wrongType(let name)):
            (400, invalid, "Invalid value at '\(name)': it has another type.")
        case .complaint: (400, invalid, "Invalid JSON payload received.")
        case .missing(let name):
            (400, invalid, "* GenerateContentRequest.\(name): \(name) is not specified")
        case .badLength: (400, invalid, "max_output_tokens must be positive.")
        case .unknownModel(let model):
            (404, "NOT_FOUND", "models/\(model) is not found, or is not supported for this method.")
        case .unknownEarlier(let name): (404, "NOT_FOUND", name)
        case .tooLong(let prompt, let reply, let most):
            (
                400, invalid,
                "The input token count (\(prompt)) exceeds the maximum number of tokens allowed"
                    + " (\(max(most - reply, 0)))."
            )
        case .limited(let standing):
            (
                429, "RESOURCE_EXHAUSTED",
                "You exceeded your current quota: \(standing.limit). Please retry in"
                    + " \(standing.wait.wholeSeconds)s."
            )
        case .failing:
            (503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
        }
    }
}

extension Request {
    /// The value of the query's `key`; nil where it has none.
    fileprivate var queryKey: Range<Int>? {
        var found: Range<Int>?
        let bytes = bytes.span
        QueryString.forEach(in: bytes, query) { name, value in
            if found == nil, bytes.equals("key", name) { found = value }
        }
        return found
    }
}
