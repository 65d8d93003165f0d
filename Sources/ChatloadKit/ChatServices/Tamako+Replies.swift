import Networking

/// What Tamako's responses mean.
extension Tamako {
    static let errorFields = JSONFields(literal: "error", "message")

    /// The echoed parameters, next to the names they are sent under.
    private static let echoFields = JSONFields(
        literal: "args.prvid", "args.svcid", "args.svcsecret", "args.incoming_message",
        "args.userid", "args.name", "args.gender")
    private static let sentNames = [
        "prvid", "svcid", "svcsecret", "message", "user", "name", "gender",
    ]

    func read(
        _ head: ResponseHead, _ body: Span<UInt8>, into reception: inout Reception
    ) throws(ExchangeFailure) {
        if head.contentProblem == nil, ErrorClass(status: head.status) == .http4xx,
            let told = errorDetail(head, body)
        {
            throw failures.failure(.http4xx, told)
        }
        try failures.checkStatus(head, body)
        var response: JSONText?
        var hasError = false
        do throws(JSONError) {
            try replyFields.read(body) { path, token, _ in
                if path == 1 {
                    hasError = token != .null
                } else if case .string(let text) = token {
                    response = text
                } else {
                    response = nil
                }
            }
        } catch {
            throw failures.malformed(error, body)
        }
        if hasError {
            throw failures.failure(.serviceError, errorDetail(head, body) ?? "an empty error")
        }
        guard let response else { throw failures.lacking("response text", body) }
        response.append(to: &reception.reply, from: body)
        reception.deliversReply = true
    }

    /// The documented errors in words: `"null"` (the text) means wrong authentication, and
    /// `missing_arguements` (so spelled) is followed by the parameters that arrived as null. Nil
    /// when the body names no error and the status says no more.
    private func errorDetail(_ head: ResponseHead, _ body: Span<UInt8>) -> String? {
        let told = failures.fieldText(in: body)
        if told == "null" { return "wrong authentication" }
        if head.status == 401 {
            return told.map { "wrong authentication: \($0)" } ?? "wrong authentication"
        }
        guard told == "missing_arguements" else { return told }
        var missing: [Int] = []
        try? Self.echoFields.read(body) { path, token, _ in
            if token == .null { missing.append(path) }
        }
        if missing.isEmpty { return told }
        return "missing_arguements: "
            + missing.sorted().map { Self.sentNames[$0] }.joined(separator: ", ")
    }
}
