import Base
import Networking

/// Ollama's chat (`POST /api/chat`): lines of JSON, streamed unless the request says otherwise, and no key.
extension ModelAPI {
    static let ollama = ModelAPI(
        name: "ollama", routes: (.ollamaChat, .ollamaOther),
        members: [
            .init("model", .model), .init("messages", .messages), .init("stream", .isStreamed),
            .init("options", [.init("num_predict", .mostTokensOrAny)]),
        ],
        streamsUnasked: true,
        place: { request in
            let bytes = request.bytes.span
            if bytes.equals("/api/chat", request.path) { return .reply() }
            if bytes.equals("/api/tags", request.path) { return .page(tags) }
            return bytes.equals("/api/version", request.path)
                ? .page("{\"version\":\"0.12.9\"}") : nil
        },
        key: { _ in nil }, demandsKey: false,
        whole: { generation, response in
            appendLine(of: generation, to: &response.body) {
                $0.append(fixed: "\"content\":\"")
                generation.appendAnswer(to: &$0)
                if generation.reasoningTokens > 0 {
                    $0.append(fixed: "\",\"thinking\":\"")
                    generation.appendReasoning(to: &$0)
                }
                $0.append(fixed: "\"")
            }
            appendEnd(of: generation, to: &response.body)
        },
        streamed: { StreamedReply($0, .lines, lineParts($0)) }, refuse: refuseAsOllama,
        lateError: LateError(plain: ollamaError, event: ollamaError))

    private static let ollamaError: StaticString = """
        {"error":"an error was encountered while running the model"}
        """

    private static let tags: StaticString = """
        {"models":[{"name":"sandbox-1","model":"sandbox-1","modified_at":"2023-11-14T22:13:20Z",\
        "size":1000000000,"digest":"73616e64626f782d31","details":{"format":"gguf",\
        "family":"sandbox","parameter_size":"1B","quantization_level":"Q4_0"}}]}
        """
}

extension ModelAPI {
    /// Appends what every line begins with, the message included.
    private static func appendLine(
        of generation: borrowing Generation, to buffer: inout ByteBuffer,
        _ message: (inout ByteBuffer) -> Void
    ) {
        appendLineStart(of: generation, to: &buffer)
        message(&buffer)
        buffer.append(fixed: "},\"done\":")
    }

    private static func appendLineStart(
        of generation: borrowing Generation, to buffer: inout ByteBuffer
    ) {
        buffer.append(fixed: "{\"model\":")
        buffer.append(json: generation.model)
        buffer.append(fixed: ",\"created_at\":\"")
        buffer.append(UTCTime.text(of: generation.time))
        buffer.append(fixed: "\",\"message\":{\"role\":\"assistant\",")
    }

    /// Appends what the last line ends with.
    private static func appendEnd(of generation: borrowing Generation, to buffer: inout ByteBuffer)
    {
        buffer.append(fixed: "true,\"done_reason\":\"")
        buffer.append(fixed: generation.isCut ? "length" : "stop")
        let end = generation.end(running: 0)
        buffer.append(fixed: "\",\"total_duration\":")
        buffer.append(decimal: Int(end.count))
        buffer.append(fixed: ",\"load_duration\":0")
        if generation.includesUsage {
            buffer.append(fixed: ",\"prompt_eval_count\":")
            buffer.append(decimal: generation.promptTokens)
            buffer.append(fixed: ",\"prompt_eval_duration\":")
            buffer.append(decimal: Int(generation.firstToken.count))
            buffer.append(fixed: ",\"eval_count\":")
            buffer.append(decimal: generation.replyTokens)
            buffer.append(fixed: ",\"eval_duration\":")
            buffer.append(decimal: Int((end - generation.firstToken).count))
        }
        buffer.append(fixed: "}")
    }

    private static func lineParts(_ generation: borrowing Generation) -> [StreamedReply.Part] {
        var parts: [StreamedReply.Part] = []
        if generation.reasoningTokens > 0 {
            parts.append(
                line(
                    .reasoning, of: generation, "\"content\":\"\",\"thinking\":\"",
                    generation.reasoningTokens))
        }
        if generation.answerTokens > 0 {
            parts.append(
                line(.answer, of: generation, "\"content\":\"", generation.answerTokens))
        }
        let last = FrameTemplate {
            appendLine(of: generation, to: &$0.bytes) { $0.append(fixed: "\"content\":\"\"") }
            appendEnd(of: generation, to: &$0.bytes)
            $0.bytes.append(fixed: "\n")
        }
        return parts + [StreamedReply.Part(role: .usage, template: last)]
    }

    private static func line(
        _ role: StreamedReply.Part.Role, of generation: borrowing Generation,
        _ label: StaticString, _ tokens: Int
    ) -> StreamedReply.Part {
        let template = FrameTemplate {
            appendLineStart(of: generation, to: &$0.bytes)
            $0.bytes.append(fixed: label)
            $0.mark(.text)
            $0.bytes.append(fixed: "\"},\"done\":false}\n")
        }
        return StreamedReply.Part(role: role, template: template, tokens: tokens)
    }

    private static func refuseAsOllama(_ refusal: Refusal, _ response: inout Response) {
        let (status, message): (Int, String) =
            switch refusal {
            case .noKey, .wrongKey: (401, "unauthorized")
            case .wrongMethod: (405, "method not allowed")
            case .noSuchPath: (404, "not found")
            case .complaint(.notJSON(let error)): (400, "invalid JSON: \(error.reason)")
            case .complaint(.notObject): (400, "invalid JSON: not an object")
            case .complaint(.wrongType(let name)): (400, "invalid type of \(name)")
            case .missing(let name): (400, "\(name) is required")
            case .badLength: (400, "num_predict is invalid")
            case .unknownModel(let model): (404, "model '\(model)' not found")
            case .unknownEarlier(let name): (404, "\(name) not found")
            case .tooLong: (400, "the input length exceeds the context length")
            case .limited: (429, "too many requests")
            case .failing: (500, "model runner has unexpectedly stopped")
            }
        response.status = status
        response.body.append(fixed: "{\"error\":")
        response.body.append(json: message)
        response.body.append(fixed: "}")
        if case .limited(let standing) = refusal {
            response.addHeader("Retry-After", "\(standing.wait.wholeSeconds)")
        }
    }
}
