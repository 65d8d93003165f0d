import Base

extension TranscriptLine {
    /// Appends the line of a batch's output as OpenAI's Batch API writes it: one for each request, told
    /// apart by `custom_id`, with the response or why there is none. The last turn that was taken is
    /// the request.
    ///
    /// - Parameters:
    ///   - place: that of the conversation in the workload, from 0.
    ///   - started: when the run began, in seconds since 1970.
    func appendBatchOutput(place: Int, started: Int, to buffer: inout ByteBuffer) {
        let turn = turns.last { $0.isTaken } ?? TranscriptTurn()
        buffer.append { output in
            output.append("id", "batch_req_\(place + 1)")
            output.append("custom_id", id)
            guard let status = turn.status ?? (turn.reply == nil ? nil : 200) else {
                output.append("response", literal: nil)
                return output.append("error") { error in
                    error.append("code", turn.errorClass ?? "not_sent")
                    error.append("message", turn.errorDetail ?? "")
                }
            }
            output.append("response") { response in
                response.append("status_code", status)
                response.append("request_id", "req_\(place + 1)")
                response.append("body") {
                    append(body: turn, place: place, started: started, to: &$0)
                }
            }
            output.append("error", literal: nil)
        }
        buffer.append("\n")
    }

    /// Appends what is in the response's body: a completion, or an error.
    private func append(
        body turn: TranscriptTurn, place: Int, started: Int, to body: inout ByteBuffer
    ) {
        guard let reply = turn.reply else {
            return body.append("error") { error in
                error.append("message", turn.errorDetail ?? "")
                error.append("type", turn.errorClass ?? "unknown")
            }
        }
        let seconds = Int(exactly: (turn.sentMilliseconds / 1_000).rounded(.down)) ?? 0
        body.append("id", "chatcmpl-\(place + 1)")
        body.append("object", "chat.completion")
        body.append("created", started &+ seconds)
        body.append("model", model ?? "")
        body.append(key: "choices")
        body.append(array: CollectionOfOne(reply)) { choices, reply in
            choices.append { choice in
                choice.append("index", 0)
                choice.append("message") { message in
                    message.append("role", "assistant")
                    message.append("content", reply)
                }
                choice.append("finish_reason", "stop")
            }
        }
        guard turn.isReported, let prompt = turn.promptTokens, let reply = turn.replyTokens
        else { return }
        body.append("usage") { usage in
            usage.append("prompt_tokens", prompt)
            usage.append("completion_tokens", reply)
            usage.append("total_tokens", prompt &+ reply)
        }
    }
}
