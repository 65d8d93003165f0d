import Base
import Networking

/// OpenAI's responses (`POST /v1/responses`): typed events, no `[DONE]`, and a conversation that may go on
/// from an earlier reply (`previous_response_id`).
extension ModelAPI {
    static let responses = ModelAPI(
        name: "responses", routes: (.responsesCreate, .responsesOther),
        members: [
            .init("model", .model), .init("input", .messages), .init("instructions", .instruction),
            .init("stream", .isStreamed), .init("max_output_tokens", .mostTokens),
            .init("previous_response_id", .previous),
        ],
        messages: "input", rememberedPrefix: "resp_",
        place: { request in
            let bytes = request.bytes.span
            let isIts =
                bytes.equals("/v1/responses", request.path)
                || bytes.equals("/responses", request.path)
            return isIts ? .reply() : nil
        },
        key: { $0.bearer },
        whole: { generation, response in
            appendResponse(of: generation, isDone: true, to: &response.body)
        },
        streamed: { StreamedReply($0, .events, responseParts($0)) },
        refuse: { refuseAsOpenAI($0, &$1) },
        writeLimits: { standings, _, response in
            writeOpenAILimits(standings, &response)
        },
        lateError: LateError(plain: responsesError, isEvent: true, event: responsesError))

    private static let responsesError: StaticString = """
        {"type":"error","code":"server_error","message":"The server had an error while processing \
        your request.","param":null,"sequence_number":99}
        """
}

/// Replies.
extension ModelAPI {
    private typealias Part = StreamedReply.Part

    /// Appends the object that a response is, with its output and usage once it is done.
    private static func appendResponse(
        of generation: borrowing Generation, isDone: Bool, to buffer: inout ByteBuffer
    ) {
        buffer.append(fixed: "{\"id\":\"resp_")
        buffer.append(generation.id)
        buffer.append(fixed: "\",\"object\":\"response\",\"created_at\":")
        buffer.append(decimal: Int(generation.time.count / 1_000_000_000))
        buffer.append(fixed: ",\"status\":\"")
        let end: StaticString = generation.isCut ? "incomplete" : "completed"
        buffer.append(fixed: isDone ? end : "in_progress")
        buffer.append(fixed: "\",\"error\":null,\"incomplete_details\":")
        buffer.append(
            fixed: isDone && generation.isCut ? "{\"reason\":\"max_output_tokens\"}" : "null")
        buffer.append(fixed: ",\"model\":")
        buffer.append(json: generation.model)
        buffer.append(fixed: ",\"output\":[")
        if isDone {
            if generation.reasoningTokens > 0 {
                appendReasoningItem(of: generation, to: &buffer)
                buffer.append(fixed: ",")
            }
            appendMessageItem(of: generation, to: &buffer)
        }
        buffer.append(fixed: "],\"usage\":")
        if isDone, generation.includesUsage {
            appendResponseUsage(of: generation, to: &buffer)
        } else {
            buffer.append(fixed: "null")
        }
        buffer.append(fixed: "}")
    }

    private static func appendResponseUsage(
        of generation: borrowing Generation, to buffer: inout ByteBuffer
    ) {
        buffer.append(fixed: "{\"input_tokens\":")
        buffer.append(decimal: generation.promptTokens)
        buffer.append(fixed: ",\"input_tokens_details\":{\"cached_tokens\":")
        buffer.append(decimal: generation.cachedTokens)
        buffer.append(fixed: "},\"output_tokens\":")
        buffer.append(decimal: generation.replyTokens)
        buffer.append(fixed: ",\"output_tokens_details\":{\"reasoning_tokens\":")
        buffer.append(decimal: generation.reasoningTokens)
        buffer.append(fixed: "},\"total_tokens\":")
        buffer.append(decimal: generation.promptTokens + generation.replyTokens)
        buffer.append(fixed: "}")
    }

    private static func appendReasoningItem(
        of generation: borrowing Generation, to buffer: inout ByteBuffer
    ) {
        buffer.append(fixed: "{\"id\":\"rs_")
        buffer.append(generation.id)
        buffer.append(
            fixed:
                "\",\"type\":\"reasoning\",\"summary\":[],\"content\":[{\"type\":\"reasoning_text\","
        )
        buffer.append(fixed: "\"text\":\"")
        generation.appendReasoning(to: &buffer)
        buffer.append(fixed: "\"}]}")
    }

    private static func appendMessageItem(
        of generation: borrowing Generation, to buffer: inout ByteBuffer
    ) {
        buffer.append(fixed: "{\"id\":\"msg_")
        buffer.append(generation.id)
        buffer.append(fixed: "\",\"type\":\"message\",\"status\":\"")
        buffer.append(fixed: generation.isCut ? "incomplete" : "completed")
        buffer.append(fixed: "\",\"role\":\"assistant\",\"content\":[")
        appendTextPart(of: generation, to: &buffer)
        buffer.append(fixed: "]}")
    }

    private static func appendTextPart(
        of generation: borrowing Generation, to buffer: inout ByteBuffer
    ) {
        buffer.append(fixed: "{\"type\":\"output_text\",\"text\":\"")
        generation.appendAnswer(to: &buffer)
        buffer.append(fixed: "\",\"annotations\":[]}")
    }
}

/// Streams.
extension ModelAPI {
    private static func responseParts(_ generation: borrowing Generation) -> [StreamedReply.Part] {
        var parts: [Part] = []
        for name in ["response.created", "response.in_progress"] as [StaticString] {
            parts.append(
                typed(.opening, name) {
                    $0.bytes.append(fixed: ",\"response\":")
                    appendResponse(of: generation, isDone: false, to: &$0.bytes)
                })
        }
        if generation.reasoningTokens > 0 { parts += reasoningParts(generation) }
        parts += messageParts(generation)
        parts.append(
            typed(.usage, generation.isCut ? "response.incomplete" : "response.completed") {
                $0.bytes.append(fixed: ",\"response\":")
                appendResponse(of: generation, isDone: true, to: &$0.bytes)
            })
        return parts
    }

    private static func reasoningParts(_ generation: borrowing Generation) -> [StreamedReply.Part] {
        let place: StaticString = ",\"output_index\":0"
        return [
            typed(.between, "response.output_item.added", place) {
                $0.bytes.append(fixed: ",\"item\":{\"id\":\"rs_")
                $0.bytes.append(generation.id)
                $0.bytes.append(fixed: "\",\"type\":\"reasoning\",\"summary\":[]}")
            },
            typed(
                .reasoning, "response.reasoning_text.delta", place,
                tokens: generation.reasoningTokens
            ) { appendDelta(of: "rs_", generation, to: &$0) },
            typed(.between, "response.reasoning_text.done", place) {
                appendItemName("rs_", generation, to: &$0.bytes)
                $0.bytes.append(fixed: ",\"content_index\":0,\"text\":\"")
                generation.appendReasoning(to: &$0.bytes)
                $0.bytes.append(fixed: "\"")
            },
            typed(.between, "response.output_item.done", place) {
                $0.bytes.append(fixed: ",\"item\":")
                appendReasoningItem(of: generation, to: &$0.bytes)
            },
        ]
    }

    private static func messageParts(_ generation: borrowing Generation) -> [StreamedReply.Part] {
        let place: StaticString =
            generation.reasoningTokens > 0 ? ",\"output_index\":1" : ",\"output_index\":0"
        var parts = [
            typed(.between, "response.output_item.added", place) {
                $0.bytes.append(fixed: ",\"item\":{\"id\":\"msg_")
                $0.bytes.append(generation.id)
                $0.bytes.append(fixed: "\",\"type\":\"message\",\"status\":\"in_progress\",")
                $0.bytes.append(fixed: "\"role\":\"assistant\",\"content\":[]}")
            },
            typed(.between, "response.content_part.added", place) {
                appendItemName("msg_", generation, to: &$0.bytes)
                $0.bytes.append(fixed: ",\"content_index\":0,\"part\":{\"type\":\"output_text\",")
                $0.bytes.append(fixed: "\"text\":\"\",\"annotations\":[]}")
            },
        ]
        if generation.answerTokens > 0 {
            parts.append(
                typed(
                    .answer, "response.output_text.delta", place, tokens: generation.answerTokens
                ) { appendDelta(of: "msg_", generation, to: &$0) })
        }
        return parts + messageEndParts(generation, place)
    }

    private static func messageEndParts(
        _ generation: borrowing Generation, _ place: StaticString
    ) -> [StreamedReply.Part] {
        [
            typed(.finish, "response.output_text.done", place) {
                appendItemName("msg_", generation, to: &$0.bytes)
                $0.bytes.append(fixed: ",\"content_index\":0,\"text\":\"")
                generation.appendAnswer(to: &$0.bytes)
                $0.bytes.append(fixed: "\"")
            },
            typed(.finish, "response.content_part.done", place) {
                appendItemName("msg_", generation, to: &$0.bytes)
                $0.bytes.append(fixed: ",\"content_index\":0,\"part\":")
                appendTextPart(of: generation, to: &$0.bytes)
            },
            typed(.finish, "response.output_item.done", place) {
                $0.bytes.append(fixed: ",\"item\":")
                appendMessageItem(of: generation, to: &$0.bytes)
            },
        ]
    }

    /// Frames of one type; `place` and `rest` are further members, each with the comma before it.
    private static func typed(
        _ role: StreamedReply.Part.Role, _ type: StaticString, _ place: StaticString = "",
        tokens: Int = 0, _ rest: (inout FrameTemplate) -> Void
    ) -> StreamedReply.Part {
        let template = FrameTemplate.event(type) {
            $0.bytes.append(fixed: "{\"type\":\"")
            $0.bytes.append(fixed: type)
            $0.bytes.append(fixed: "\",\"sequence_number\":")
            $0.mark(.number)
            $0.bytes.append(fixed: place)
            rest(&$0)
            $0.bytes.append(fixed: "}")
        }
        return StreamedReply.Part(role: role, template: template, tokens: tokens)
    }

    private static func appendItemName(
        _ prefix: StaticString, _ generation: borrowing Generation, to buffer: inout ByteBuffer
    ) {
        buffer.append(fixed: ",\"item_id\":\"")
        buffer.append(fixed: prefix)
        buffer.append(generation.id)
        buffer.append(fixed: "\"")
    }

    private static func appendDelta(
        of prefix: StaticString, _ generation: borrowing Generation,
        to template: inout FrameTemplate
    ) {
        appendItemName(prefix, generation, to: &template.bytes)
        template.bytes.append(fixed: ",\"content_index\":0,\"delta\":\"")
        template.mark(.text)
        template.bytes.append(fixed: "\"")
    }
}
