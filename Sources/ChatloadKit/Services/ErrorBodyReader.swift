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
        if errorClass == nil, head.contentProblem == nil { return }
        let text = head.contentProblem == nil ? text(of: body) : nil
        if let failure = Self.failure(errorClass, head, text) { throw failure }
    }

    /// The failure that a response's status means, with a text from its body, or of a body that could
    /// not be decoded; nil for a success.
    static func failure(
        _ errorClass: ErrorClass?, _ head: ResponseHead, _ text: String?
    ) -> ExchangeFailure? {
        if let problem = head.contentProblem { return ExchangeFailure(unread: problem, errorClass) }
        guard let errorClass else { return nil }
        var details = [text].compactMap(\.self)
        // Only proxies answer so (RFC 9110 §15.5.8).
        if head.status == 407 { details.insert("the proxy wants a user and a password", at: 0) }
        var detail = details.joined(separator: ": ")
        if errorClass == .rejected, let wait = head.retryAfter {
            detail += (detail.isEmpty ? "" : " ") + "(Retry-After: \(wait))"
        }
        return ExchangeFailure(errorClass, detail)
    }

    /// The failure of a response that is not JSON.
    static func malformed(_ error: JSONError, _ body: Span<UInt8>) -> ExchangeFailure {
        ExchangeFailure(
            .malformedReply,
            "not JSON, at byte \(error.offset) \(error.reason): \(excerpt(of: body))")
    }

    /// The failure of a JSON response in which something is missing.
    static func lacking(_ what: String, _ body: Span<UInt8>) -> ExchangeFailure {
        ExchangeFailure(.malformedReply, "no \(what) in: \(excerpt(of: body))")
    }

    /// The text of the first error field that says something, else the body as it is; nil when it is
    /// empty.
    func text(of body: Span<UInt8>) -> String? {
        if let told = fieldText(in: body) { return told }
        let excerpt = Self.excerpt(of: body)
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

    /// The body as it is, or its beginning.
    static func excerpt(of body: Span<UInt8>) -> String {
        let range = 0..<min(body.count, excerptLimit)
        return JSONText(range: range, hasEscapes: false).string(in: body)
    }
}

extension ExchangeFailure {
    /// The failure of a response whose body could not be read: of its status, if that is none of
    /// success.
    init(unread problem: HTTPError, _ errorClass: ErrorClass? = nil) {
        switch problem {
        case .tooLarge(let reason): self.init(errorClass ?? .tooLarge, reason)
        case .malformed(let reason): self.init(errorClass ?? .malformedReply, reason)
        case .closedEarly: self.init(errorClass ?? .closedEarly, "the body is not whole")
        }
    }
}

/// A request that was answered with a status other than a success, in the words of failures:
/// `POST /api/x: 404 Not Found`.
struct RefusedRequest {
    private let method: String
    /// Path and query.
    private let target: String

    /// Whether a failure is one of the status, and not of what was in the response.
    static func explains(_ errorClass: ErrorClass) -> Bool {
        switch errorClass {
        case .http4xx, .http5xx, .httpUnexpected, .rejected: true
        default: false
        }
    }

    /// The request that begins a buffer.
    init(_ request: borrowing ByteBuffer) {
        let line = request.bytes.prefix { $0 != UInt8(ascii: "\r") }
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        method = parts.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        target = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : ""
    }

    /// The failure with the request, the status, and, of a redirect, where it leads, before its own
    /// words. A query holds what the user said, and more, and is left out.
    ///
    /// - Parameters:
    ///   - rawHead: the response's.
    ///   - origin: scheme, host and perhaps port of what was asked, as in `http://localhost:8080`.
    func naming(
        _ failure: ExchangeFailure, _ head: ResponseHead, _ rawHead: Span<UInt8>,
        from origin: String
    ) -> ExchangeFailure {
        let reason = HeadSyntax.reason(in: rawHead)
        let path = target.prefix { $0 != "?" }
        var words = "\(method) \(path): \(head.status)" + (reason.isEmpty ? "" : " " + reason)
        if 300...399 ~= head.status, head.status != 304 {
            words += way(to: head.location, from: origin)
        }
        if !failure.detail.isEmpty { words += ": " + failure.detail }
        if failure.isAstray {
            words += " (nothing of this service is at \(origin)\(path); see the path of --target)"
        }
        var named = failure
        named.detail = words
        return named
    }

    private func way(to location: String?, from origin: String) -> String {
        guard let location, !location.isEmpty else { return " without a Location" }
        let hint = hint(on: location, from: origin).map { " (\($0))" } ?? ""
        return " to " + location + hint
    }

    /// What to do where a redirect leads nearly to the same place: the usual cause is the target.
    func hint(on location: String, from origin: String) -> String? {
        let asked = Self.parts(of: origin + target)
        let other =
            location.hasPrefix("/") && !location.hasPrefix("//")
            ? (scheme: asked.scheme, host: asked.host, path: location) : Self.parts(of: location)
        guard other.host == asked.host else { return nil }
        if other.scheme != asked.scheme {
            return other.path == asked.path ? "begin --target with \(other.scheme)://" : nil
        }
        let (path, otherPath) = (asked.path.prefix { $0 != "?" }, other.path.prefix { $0 != "?" })
        let differInSlash = path + "/" == otherPath || path == otherPath + "/"
        return differInSlash ? "only the slash at the end differs; see --target" : nil
    }

    /// Scheme and host, in lower case and without a port, and the rest of a URL.
    private static func parts(of url: String) -> (scheme: String, host: String, path: String) {
        guard let mark = url.firstRange(of: "://") else { return ("", "", url) }
        let rest = url[mark.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        // The port's colon is the last one, and outside an IPv6 address's brackets.
        var host = authority[...]
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            host = host[..<colon]
        }
        let path = String(rest[authority.endIndex...])
        return (url[..<mark.lowerBound].lowercased(), host.lowercased(), path.isEmpty ? "/" : path)
    }
}
