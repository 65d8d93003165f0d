import Base
import Networking

/// Anthropic's messages (`POST /v1/messages`). The key is in `x-api-key`, or in `Authorization` as the
/// newer clients send it; any `anthropic-version` will do. What its service fails with is 529.
extension ModelAPI {
    static let anthropic = ModelAPI(
        name: "anthropic", routes: (.anthropicMessages, .anthropicOther),
        members: [
            .init("model", .model), .init("system", .instruction), .init("messages", .messages),
            .init("max_tokens", .mostTokens), .init("stream", .isStreamed),
        ],
        demandedLength: "max_tokens",
        place: { $0.bytes.span.equals("/v1/messages", $0.path) ? .reply() : nil },
        key: { $0.fields.xAPIKey ?? $0.bearer }, whole: writeMessage,
        streamed: { StreamedReply($0, .events, messageParts($0)) }, refuse: refuseAsAnthropic,
        writeLimits: writeAnthropicLimits,
        lateError: LateError(
            plain: """
                {"type":"error","error":{"type":"api_error","message":"Internal server error"}}
                """,
            isEvent: true,
            event: """
                {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}
                """
        ))
}

/// Replies.
extension ModelAPI {
    private static func writeMessage(_ generation: borrowing Generation, _ response: inout Response)
    {
        appendMessageStart(of: generation, to: &response.body)
        response.body.append(fixed: "\"content\":[")
        if generation.reasoningTokens > 0 {
            response.body.append(fixed: "{\"type\":\"thinking\",\"thinking\":\"")
            generation.appendReasoning(to: &response.body)
            response.body.append(fixed: "\",\"signature\":\"c2FuZGJveA==\"},")
        }
        response.body.append(fixed: "{\"type\":\"text\",\"text\":\"")
        generation.appendAnswer(to: &response.body)
        response.body.append(fixed: "\"}],\"stop_reason\":\"")
        response.body.append(fixed: generation.isCut ? "max_tokens" : "end_turn")
        response.body.append(fixed: "\",\"stop_sequence\":null,")
        appendMessageUsage(of: generation, generation.replyTokens, to: &response.body)
        response.body.append(fixed: "}")
    }

    private static func appendMessageStart(
        of generation: borrowing Generation, to buffer: inout ByteBuffer
    ) {
        buffer.append(fixed: "{\"id\":\"msg_")
        buffer.append(generation.id)
        buffer.append(fixed: "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":")
        buffer.append(json: generation.model)
        buffer.append(fixed: ",")
    }

    /// Appends the usage with so many tokens of output. What the cache had is not in the input.
    private static func appendMessageUsage(
        of generation: borrowing Generation, _ output: Int, to buffer: inout ByteBuffer
    ) {
        buffer.append(fixed: "\"usage\":{\"input_tokens\":")
        buffer.append(decimal: generation.promptTokens - generation.cachedTokens)
        buffer.append(fixed: ",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":")
        buffer.append(decimal: generation.cachedTokens)
        buffer.append(fixed: ",\"output_tokens\":")
        buffer.append(decimal: output)
        buffer.append(fixed: "}")
    }

    private static func messageParts(_ generation: borrowing Generation) -> [StreamedReply.Part] {
        var parts = [messageStart(generation), messageEvent(.opening, "ping") { _ in }]
        var place: StaticString = ",\"index\":0"
        if generation.reasoningTokens > 0 {
            parts += thinkingParts(generation)
            place = ",\"index\":1"
        }
        parts.append(
            messageEvent(.between, "content_block_start", place) {
                $0.bytes.append(fixed: ",\"content_block\":{\"type\":\"text\",\"text\":\"\"}")
            })
        if generation.answerTokens > 0 {
            parts.append(
                messageEvent(.answer, "content_block_delta", place, generation.answerTokens) {
                    $0.bytes.append(fixed: ",\"delta\":{\"type\":\"text_delta\",\"text\":\"")
                    $0.mark(.text)
                    $0.bytes.append(fixed: "\"}")
                })
        }
        parts += [
            messageEvent(.finish, "content_block_stop", place) { _ in },
            messageEvent(.usage, "message_delta") {
                $0.bytes.append(fixed: ",\"delta\":{\"stop_reason\":\"")
                $0.bytes.append(fixed: generation.isCut ? "max_tokens" : "end_turn")
                $0.bytes.append(fixed: "\",\"stop_sequence\":null}")
                if generation.includesUsage {
                    $0.bytes.append(fixed: ",\"usage\":{\"output_tokens\":")
                    $0.bytes.append(decimal: generation.replyTokens)
                    $0.bytes.append(fixed: "}")
                }
            },
            messageEvent(.terminator, "message_stop") { _ in },
        ]
        return parts
    }

    private static func messageStart(_ generation: borrowing Generation) -> StreamedReply.Part {
        messageEvent(.opening, "message_start") {
            $0.bytes.append(fixed: ",\"message\":")
            appendMessageStart(of: generation, to: &$0.bytes)
            $0.bytes.append(fixed: "\"content\":[],\"stop_reason\":null,\"stop_sequence\":null")
            if generation.includesUsage {
                $0.bytes.append(fixed: ",")
                appendMessageUsage(of: generation, 1, to: &$0.bytes)
            }
            $0.bytes.append(fixed: "}")
        }
    }

    private static func thinkingParts(_ generation: borrowing Generation) -> [StreamedReply.Part] {
        let place: StaticString = ",\"index\":0"
        return [
            messageEvent(.between, "content_block_start", place) {
                $0.bytes.append(
                    fixed: ",\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}")
            },
            messageEvent(.reasoning, "content_block_delta", place, generation.reasoningTokens) {
                $0.bytes.append(fixed: ",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"")
                $0.mark(.text)
                $0.bytes.append(fixed: "\"}")
            },
            messageEvent(.between, "content_block_delta", place) {
                $0.bytes.append(
                    fixed:
                        ",\"delta\":{\"type\":\"signature_delta\",\"signature\":\"c2FuZGJveA==\"}")
            },
            messageEvent(.between, "content_block_stop", place) { _ in },
        ]
    }

    private static func messageEvent(
        _ role: StreamedReply.Part.Role, _ type: StaticString, _ place: StaticString = "",
        _ tokens: Int = 0, _ rest: (inout FrameTemplate) -> Void
    ) -> StreamedReply.Part {
        let template = FrameTemplate.event(type) {
            $0.bytes.append(fixed: "{\"type\":\"")
            $0.bytes.append(fixed: type)
            $0.bytes.append(fixed: "\"")
            $0.bytes.append(fixed: place)
            rest(&$0)
            $0.bytes.append(fixed: "}")
        }
        return StreamedReply.Part(role: role, template: template, tokens: tokens)
    }
}

/// Errors and limits.
extension ModelAPI {
    private static func refuseAsAnthropic(_ refusal: Refusal, _ response: inout Response) {
        let (status, type, message) = anthropicError(refusal)
        response.status = status
        response.body.append(fixed: "{\"type\":\"error\",\"error\":{\"type\":\"")
        response.body.append(fixed: type)
        response.body.append(fixed: "\",\"message\":")
        response.body.append(json: message)
        response.body.append(fixed: "}}")
        if case .limited(let standing) = refusal {
            response.addHeader("retry-after", "\(standing.wait.wholeSeconds)")
        }
    }

    private static func anthropicError(_ refusal: Refusal) -> (Int, StaticString, String) {
        let invalid: StaticString = "invalid_request_error"
        return switch refusal {
        case .noKey: (401, "authentication_error", "x-api-key header is required")
        case .wrongKey: (401, "authentication_error", "invalid x-api-key")
        case .wrongMethod: (405, invalid, "Method Not Allowed")
        case .noSuchPath: (404, "not_found_error", "Not Found")
        case .complaint(.wrongType(let name)): (400, invalid, "\(name): Input has a wrong type")
        case .complaint: (400, invalid, "The request body is not valid JSON")
        case .missing(let name): (400, invalid, "\(name): Field required")
        case .badLength:
            (400, invalid, "max_tokens: Input should be greater than or equal to 1")
        case .unknownModel(let model): (404, "not_found_error", "model: \(model)")
        case .unknownEarlier(let name): (404, "not_found_error", name)
        case .tooLong(let prompt, let reply, let most):
            (400, invalid, "prompt is too long: \(prompt) tokens > \(max(most - reply, 0)) maximum")
        case .limited(let standing):
            (
                429, "rate_limit_error",
                "This request would exceed your organization's rate limit of \(standing.limit)."
            )
        case .failing: (529, "overloaded_error", "Overloaded")
        }
    }

    private static func writeAnthropicLimits(
        _ standings: CredentialLedger.Standings, _ now: Nanoseconds, _ response: inout Response
    ) {
        func reset(_ standing: CredentialLedger.Standing) -> String {
            UTCTime.text(of: .seconds((now + standing.reset).wholeSeconds), isWhole: true)
        }
        if let requests = standings.requests {
            response.addHeader("anthropic-ratelimit-requests-limit", "\(requests.limit.amount)")
            response.addHeader("anthropic-ratelimit-requests-remaining", "\(requests.left)")
            response.addHeader("anthropic-ratelimit-requests-reset", reset(requests))
        }
        if let tokens = standings.tokens {
            response.addHeader("anthropic-ratelimit-tokens-limit", "\(tokens.limit.amount)")
            response.addHeader("anthropic-ratelimit-tokens-remaining", "\(tokens.left)")
            response.addHeader("anthropic-ratelimit-tokens-reset", reset(tokens))
        }
    }
}
