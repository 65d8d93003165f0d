import Networking

/// Lines of a batch's output as OpenAI's Batch API writes them: one for each request, told apart by
/// `custom_id`, with the response or why there is none.
struct BatchOutput {
    /// When the run began, in seconds since 1970.
    let started: Int

    /// Appends the line of the conversation at a place of the workload, from 0: the last turn that
    /// was taken is the request.
    func append(_ line: TranscriptLine, place: Int, to buffer: inout ByteBuffer) {
        let turn = line.turns.last { $0.isTaken } ?? TranscriptTurn()
        Self.append("{\"id\":", "batch_req_\(place + 1)", to: &buffer)
        Self.append(",\"custom_id\":", line.id, to: &buffer)
        if let reply = turn.reply {
            begin(response: turn.status ?? 200, place: place, to: &buffer)
            append(completion: turn, reply, of: line, place: place, to: &buffer)
            buffer.append("},\"error\":null}\n")
        } else if let status = turn.status {
            begin(response: status, place: place, to: &buffer)
            Self.append("{\"error\":{\"message\":", turn.errorDetail ?? "", to: &buffer)
            Self.append(",\"type\":", turn.errorClass ?? "unknown", to: &buffer)
            buffer.append("}}},\"error\":null}\n")
        } else {
            buffer.append(",\"response\":null")
            Self.append(",\"error\":{\"code\":", turn.errorClass ?? "not_sent", to: &buffer)
            Self.append(",\"message\":", turn.errorDetail ?? "", to: &buffer)
            buffer.append("}}\n")
        }
    }

    private func begin(response status: Int, place: Int, to buffer: inout ByteBuffer) {
        buffer.append(",\"response\":{\"status_code\":")
        buffer.append(decimal: status)
        Self.append(",\"request_id\":", "req_\(place + 1)", to: &buffer)
        buffer.append(",\"body\":")
    }

    private func append(
        completion turn: TranscriptTurn, _ reply: String, of line: TranscriptLine, place: Int,
        to buffer: inout ByteBuffer
    ) {
        Self.append("{\"id\":", "chatcmpl-\(place + 1)", to: &buffer)
        buffer.append(",\"object\":\"chat.completion\",\"created\":")
        let seconds = Int(exactly: (turn.sentMilliseconds / 1_000).rounded(.down)) ?? 0
        buffer.append(decimal: started &+ seconds)
        Self.append(",\"model\":", line.model ?? "", to: &buffer)
        Self.append(
            ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":", reply,
            to: &buffer)
        buffer.append("},\"finish_reason\":\"stop\"}]")
        if turn.isReported, let prompt = turn.promptTokens, let reply = turn.replyTokens {
            buffer.append(",\"usage\":{\"prompt_tokens\":")
            buffer.append(decimal: prompt)
            buffer.append(",\"completion_tokens\":")
            buffer.append(decimal: reply)
            buffer.append(",\"total_tokens\":")
            buffer.append(decimal: prompt &+ reply)
            buffer.append("}")
        }
        buffer.append("}")
    }

    private static func append(_ key: String, _ text: String, to buffer: inout ByteBuffer) {
        buffer.append(key)
        buffer.append("\"")
        buffer.append(jsonEscaped: text)
        buffer.append("\"")
    }
}
