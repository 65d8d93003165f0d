import Base
import Networking

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
        return ExchangeFailure(failure.errorClass, words)
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
