import Networking

/// One complete request as the sandbox received it: ranges into the received bytes, nothing copied.
///
/// It keeps the receive buffer alive, so it has to be let go before more is received.
struct Request {
    /// The methods some service has a route for.
    enum Method: Equatable { case get, head, post, put, delete, options, other }

    /// The received bytes that the ranges point into.
    var bytes: [UInt8]
    var method: Method
    /// The method as it was written.
    var methodText: Range<Int>
    /// The target's path, still percent-encoded.
    var path: Range<Int>
    /// What follows the target's `?`; empty when there is none.
    var query: Range<Int>
    /// The header fields that some service looks at.
    var fields: Fields
    /// The body within `bodyBytes`.
    var body: Range<Int>
    /// Where the body is: `bytes`, or what was put together from chunks.
    var bodyBytes: [UInt8]

    /// The values of header fields, without the white space around them.
    struct Fields {
        var contentType: Range<Int>?
        var authorization: Range<Int>?
        var cookie: Range<Int>?
        var origin: Range<Int>?
        var acceptEncoding: Range<Int>?
        /// The fault that the answer shall have.
        var fault: Range<Int>?
        /// Whether the client wants the connection to stay open.
        var keepsAlive = true
        /// HTTP/1.0 clients must be told that the connection stays open.
        var isHTTP11 = true
    }

    /// Whether the route is that of a GET: HEAD is answered like one, without the body.
    var isGet: Bool { method == .get || method == .head }

    /// The coding that the client would like its answer in, of those the sandbox has; nil for none.
    var wantedCoding: ContentCoding? {
        guard let accepted = text(fields.acceptEncoding) else { return nil }
        var wanted: ContentCoding?
        for part in accepted.lowercased().split(separator: ",") {
            let words = part.split { $0 == " " || $0 == "\t" || $0 == ";" }
            // A weight of zero is a refusal (RFC 9110 §12.4.2).
            if words.dropFirst().contains(where: {
                $0.hasPrefix("q=0") && Double($0.dropFirst(2)) == 0
            }) {
                continue
            }
            switch words.first {
            case "gzip", "x-gzip", "*": return .gzip
            case "deflate": wanted = .deflate
            default: break
            }
        }
        return wanted
    }

    /// The bytes at `range` as text; what is not UTF-8 becomes U+FFFD.
    func text(_ range: Range<Int>) -> String {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return "" }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    /// A header field's value as text; nil when the field is missing.
    func text(_ range: Range<Int>?) -> String? { range.map { text($0) } }
}
