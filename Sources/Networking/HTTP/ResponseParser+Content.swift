/// Taking content codings off a body that has come whole. A message without them passes by all of
/// this.
extension ResponseParser {
    /// Decodes the body, or says in the head why it stands as it came: the message is framed soundly,
    /// so its status and its connection are as good as any.
    ///
    /// Never inlined: what it needs would be room on every response's way.
    @inline(never)
    mutating func decodeContent(input: Span<UInt8>) {
        var outcome: Result<[UInt8], HTTPError>?
        withMessage(input: input) { _, body in
            // Nothing has no form in any coding, yet that is how empty answers are sent.
            if body.isEmpty { return }
            outcome = Result { () throws(HTTPError) in
                try ContentCoding.decode(body, head.codings, limit: limits.body)
            }
        }
        switch outcome {
        case .success(let content):
            decoded = content
            bodyPlace = .decoded
        case .failure(let problem): head.contentProblem = problem
        case nil: break
        }
    }
}
