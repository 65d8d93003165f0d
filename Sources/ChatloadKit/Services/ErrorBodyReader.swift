import Base
import Networking

/// Finds what a failed response says of itself: cold code, clear rather than fast. Details are neither
/// masked nor cut: that is done where they are recorded, by who knows the session's cookies too.
struct ErrorBodyReader: Sendable {
    /// How much of a body is looked at when it is not JSON.
    private static let excerptLimit = 65_536

    /// Where the service puts its error texts, the best first.
    let fields: JSONFields

    /// Throws the failure that a response's status means, or a body that could not be decoded; does
    /// nothing for a success. What was asked, and the status itself, the line adds.
    func checkStatus(_ head: ResponseHead, _ body: Span<UInt8>) throws(ExchangeFailure) {
        let errorClass = ErrorClass(status: head.status)
        if let problem = head.contentProblem { throw failure(errorClass, unread: problem) }
        guard let errorClass else { return }
        var details = [text(of: body)].compactMap(\.self)
        // Only proxies answer so (RFC 9110 §15.5.8).
        if head.status == 407 { details.insert("the proxy wants a user and a password", at: 0) }
        var detail = details.joined(separator: ": ")
        if errorClass == .rejected, let wait = head.retryAfter {
            detail += (detail.isEmpty ? "" : " ") + "(Retry-After: \(wait))"
        }
        throw ExchangeFailure(errorClass, detail)
    }

    /// The failure of a response whose body is still coded: of its status, if that is none of success.
    private func failure(_ errorClass: ErrorClass?, unread problem: HTTPError) -> ExchangeFailure {
        switch problem {
        case .tooLarge(let reason): ExchangeFailure(errorClass ?? .tooLarge, reason)
        case .malformed(let reason): ExchangeFailure(errorClass ?? .malformedReply, reason)
        case .closedEarly: ExchangeFailure(errorClass ?? .closedEarly, "the body is not whole")
        }
    }

    /// The failure of a response that is not JSON.
    func malformed(_ error: JSONError, _ body: Span<UInt8>) -> ExchangeFailure {
        ExchangeFailure(
            .malformedReply,
            "not JSON, at byte \(error.offset) \(error.reason): \(excerpt(of: body))")
    }

    /// The failure of a JSON response in which something is missing.
    func lacking(_ what: String, _ body: Span<UInt8>) -> ExchangeFailure {
        ExchangeFailure(.malformedReply, "no \(what) in: \(excerpt(of: body))")
    }

    /// The text of the first error field that says something, else the body as it is; nil when it is
    /// empty.
    func text(of body: Span<UInt8>) -> String? {
        if let told = fieldText(in: body) { return told }
        let excerpt = excerpt(of: body)
        return excerpt.isEmpty ? nil : excerpt
    }

    /// The text of the first error field that says something; structures as JSON.
    func fieldText(in body: Span<UInt8>) -> String? {
        var found: (path: Int, text: String)?
        let outcome = Result { () throws(JSONError) in
            try fields.read(body) { path, token, range in
                guard path < found?.path ?? .max else { return }
                let text = Self.text(of: token, at: range, in: body)
                if !text.isEmpty { found = (path, text) }
            }
        }
        guard case .success = outcome else { return nil }
        return found?.text
    }

    /// What a value says as an error text: nothing when it is null, false or an empty structure.
    private static func text(
        of token: JSONToken, at range: Range<Int>, in body: Span<UInt8>
    ) -> String {
        switch token {
        case .string(let text): return text.string(in: body)
        case .bool(true): return "true"
        case .number, .beginObject, .beginArray:
            let text = JSONText(range: range, hasEscapes: false).string(in: body)
            return text == "{}" || text == "[]" ? "" : text
        default: return ""
        }
    }

    private func excerpt(of body: Span<UInt8>) -> String {
        let range = 0..<min(body.count, Self.excerptLimit)
        return JSONText(range: range, hasEscapes: false).string(in: body)
    }
}
