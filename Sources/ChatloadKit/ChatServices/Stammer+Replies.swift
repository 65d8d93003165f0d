import Networking

/// What Stammer's responses mean.
extension Stammer {
    static let errorFields = JSONFields(literal: "message", "error", "detail", "errors")

    /// Reads the first answer there is, in the order of the answer paths.
    ///
    /// A 200 that has an error and no answer of its own is a service error; `message` alone is an
    /// answer by default, because error texts there come with a status. A 202 without an answer
    /// means the reply goes elsewhere: the exchange is complete, with an empty reply.
    func read(
        _ head: ResponseHead, _ body: Span<UInt8>, into reception: inout Reception
    ) throws(ExchangeFailure) {
        try failures.checkStatus(head, body)
        guard 200...202 ~= head.status else {
            throw failures.failure(.httpUnexpected, "this status is no answer")
        }
        if head.status == 202 && body.isEmpty { return reception.deliversReply = true }
        var answer: (path: Int, text: JSONText)?
        var hasError = false
        do throws(JSONError) {
            try replyFields.read(body) { path, token, range in
                if path >= answerCount {
                    hasError = hasError || Self.isError(token, range)
                } else if case .string(let text) = token, path <= answer?.path ?? path {
                    answer = (path, text)
                }
            }
        } catch {
            throw failures.malformed(error, body)
        }
        if let answer, !hasError || !isMessage(answer.path) {
            answer.text.append(to: &reception.reply, from: body)
        } else if hasError {
            throw failures.failure(.serviceError, failures.text(of: body) ?? "an empty error")
        } else if head.status != 202 {
            throw failures.lacking("answer text", body)
        }
        reception.deliversReply = true
    }

    /// Whether an answer comes from the field that also carries error texts.
    private func isMessage(_ path: Int) -> Bool { replyFields.paths[path].text == "message" }

    /// Whether an error field says that there is one: not null, false, or empty.
    private static func isError(_ token: JSONToken, _ range: Range<Int>) -> Bool {
        switch token {
        case .null, .bool(false): false
        case .beginObject, .beginArray: range.count > 2
        case .string: !range.isEmpty
        default: true
        }
    }
}
