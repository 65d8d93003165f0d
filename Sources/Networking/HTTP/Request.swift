package import Base

/// Request, complete, as a server received it: ranges into the received bytes, nothing copied.
///
/// It keeps the receive buffer alive, so it has to be let go before more is received.
package struct Request {
    /// A method that has routes of its own.
    package enum Method: Sendable, Equatable { case get, head, post, put, delete, options, other }

    /// The received bytes that the ranges point into.
    package internal(set) var bytes: [UInt8] = []
    package private(set) var method = Method.other
    /// The method as it was written.
    package private(set) var methodText = 0..<0
    /// The target's path, still percent-encoded.
    package private(set) var path = 0..<0
    /// What follows the target's `?`; empty when there is none.
    package private(set) var query = 0..<0
    /// The header fields that some service looks at.
    package private(set) var fields = Fields()
    /// The body within `bodyBytes`.
    package internal(set) var body = 0..<0
    /// Where the body is: `bytes`, or what was put together from chunks.
    package internal(set) var bodyBytes: [UInt8] = []

    private(set) var framing = BodyFraming.none
    private(set) var expectsContinue = false
    /// The index behind the empty line that ends the head.
    private(set) var headEnd = 0
    private var hosts = 0

    /// The values of header fields, without the white space around them.
    package struct Fields {
        package internal(set) var accept: Range<Int>?
        package internal(set) var acceptEncoding: Range<Int>?
        package internal(set) var authorization: Range<Int>?
        /// Keys where they have a header of their own: `api-key`, `x-api-key` and `x-goog-api-key`.
        package internal(set) var apiKey: Range<Int>?
        package internal(set) var xAPIKey: Range<Int>?
        package internal(set) var googleAPIKey: Range<Int>?
        package internal(set) var contentType: Range<Int>?
        package internal(set) var cookie: Range<Int>?
        package internal(set) var origin: Range<Int>?
        /// The fault that a sandbox's answer shall have: `X-Sandbox-Fault`.
        package internal(set) var fault: Range<Int>?
        /// Whether the client wants the connection to stay open.
        package internal(set) var keepsAlive = true
        /// HTTP/1.0 clients must be told that the connection stays open.
        package internal(set) var isHTTP11 = true
    }

    /// Whether the route is that of a GET: HEAD is answered like one, without the body.
    package var isGet: Bool { method == .get || method == .head }

    /// The coding that the client would like its answer in, of gzip and deflate; nil for none.
    package var wantedCoding: ContentCoding? {
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
    package func text(_ range: Range<Int>) -> String {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return "" }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    /// A header field's value as text; nil when the field is missing.
    package func text(_ range: Range<Int>?) -> String? { range.map { text($0) } }
}

/// The head is read strictly: what two parties could understand differently is refused.
extension Request {
    /// Reads the head that fills `range`, the empty line included, and whose lines end with CR LF.
    ///
    /// - Returns: why it has to be refused, if it has to.
    mutating func readHead(_ bytes: Span<UInt8>, _ range: Range<Int>) -> RequestParser.Refusal? {
        headEnd = range.upperBound
        var line = Self.line(in: bytes, range)
        guard readRequestLine(bytes, line) else { return .malformed }
        guard hasKnownVersion(bytes, line) else { return .versionNotSupported }
        fields.isHTTP11 = bytes[line.upperBound - 1] != UInt8(ascii: "0")
        fields.keepsAlive = fields.isHTTP11
        while true {
            line = Self.line(in: bytes, line.upperBound + 2..<headEnd)
            if line.isEmpty { break }
            guard readField(bytes, line) else { return .malformed }
        }
        return hosts > 1 || hosts == 0 && fields.isHTTP11 ? .malformed : nil
    }

    /// The first line of `range`, without its CR LF. A carriage return alone does not end a line; it
    /// is found as a control character by whoever reads the line.
    private static func line(in bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        let end =
            HeadSyntax.lineEnd(bytes, from: range.lowerBound, to: range.upperBound)
            ?? range.upperBound
        return range.lowerBound..<max(end - 1, range.lowerBound)
    }

    /// `method SP target SP HTTP/d.d`, with single spaces.
    private mutating func readRequestLine(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Bool {
        var index = line.lowerBound
        while index < line.upperBound, bytes[index].isToken { index += 1 }
        guard index > line.lowerBound, index < line.upperBound, bytes[index] == 0x20 else {
            return false
        }
        methodText = line.lowerBound..<index
        method = Self.method(bytes, methodText)
        let targetStart = index + 1
        index = targetStart
        while index < line.upperBound, bytes[index] > 0x20, bytes[index] != 0x7F { index += 1 }
        guard index > targetStart, index < line.upperBound, bytes[index] == 0x20 else {
            return false
        }
        readTarget(bytes, targetStart..<index)
        guard line.upperBound - index == 9 else { return false }
        return bytes.matches("HTTP/", at: index + 1) && bytes[line.upperBound - 2] == 0x2E
    }

    private func hasKnownVersion(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Bool {
        let minor = bytes[line.upperBound - 1]
        return bytes[line.upperBound - 3] == UInt8(ascii: "1")
            && (minor == UInt8(ascii: "0") || minor == UInt8(ascii: "1"))
    }

    /// Splits the target; of an absolute one (`http://host/path`, RFC 9112 §3.2.2) scheme and
    /// authority are passed over.
    private mutating func readTarget(_ bytes: Span<UInt8>, _ target: Range<Int>) {
        var start = target.lowerBound
        if bytes.matches("http://", at: start), start + 7 <= target.upperBound {
            start += 7
            while start < target.upperBound, bytes[start] != UInt8(ascii: "/") { start += 1 }
        }
        var index = start
        while index < target.upperBound, bytes[index] != UInt8(ascii: "?") { index += 1 }
        path = start..<index
        query = min(index + 1, target.upperBound)..<target.upperBound
        // A fragment has no place in a target; servers that meet one cut it off, and with it every
        // parameter behind an unencoded '#'.
        index = query.lowerBound
        while index < query.upperBound, bytes[index] != UInt8(ascii: "#") { index += 1 }
        query = query.lowerBound..<index
    }

    private static func method(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Method {
        if bytes.equals("GET", range) { return .get }
        if bytes.equals("POST", range) { return .post }
        if bytes.equals("DELETE", range) { return .delete }
        if bytes.equals("PUT", range) { return .put }
        if bytes.equals("HEAD", range) { return .head }
        if bytes.equals("OPTIONS", range) { return .options }
        return .other
    }

    /// `name ":" OWS value OWS`; false when the line is something else.
    private mutating func readField(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Bool {
        guard let length = HeadSyntax.nameLength(bytes, line), length > 0 else { return false }
        let name = line.prefix(length)
        let value = line.dropFirst(length + 1)
        for position in name where !bytes[position].isToken { return false }
        for position in value where !bytes[position].isFieldContent { return false }
        return take(bytes, name, bytes.trimmed(value))
    }

    /// Keeps the fields that matter; the length of the name picks the few to compare with.
    private mutating func take(
        _ bytes: Span<UInt8>, _ name: Range<Int>, _ value: Range<Int>
    ) -> Bool {
        switch name.count {
        case 4 where bytes.equalsIgnoringCase("host", name): hosts += 1
        case 6 where bytes.equalsIgnoringCase("accept", name): fields.accept = value
        case 6 where bytes.equalsIgnoringCase("cookie", name): fields.cookie = value
        case 6 where bytes.equalsIgnoringCase("origin", name): fields.origin = value
        case 6 where bytes.equalsIgnoringCase("expect", name):
            expectsContinue = fields.isHTTP11 && bytes.equalsIgnoringCase("100-continue", value)
        case 7 where bytes.equalsIgnoringCase("api-key", name): fields.apiKey = value
        case 9 where bytes.equalsIgnoringCase("x-api-key", name): fields.xAPIKey = value
        case 10 where bytes.equalsIgnoringCase("connection", name):
            readConnection(bytes, value)
        case 12 where bytes.equalsIgnoringCase("content-type", name): fields.contentType = value
        case 13 where bytes.equalsIgnoringCase("authorization", name): fields.authorization = value
        case 14 where bytes.equalsIgnoringCase("x-goog-api-key", name):
            fields.googleAPIKey = value
        case 14 where bytes.equalsIgnoringCase("content-length", name):
            guard framing == .none, let length = HeadSyntax.length(bytes, value, digits: 15) else {
                return false
            }
            framing = .length(length)
        case 15 where bytes.equalsIgnoringCase("accept-encoding", name):
            fields.acceptEncoding = value
        case 15 where bytes.equalsIgnoringCase("x-sandbox-fault", name): fields.fault = value
        case 17 where bytes.equalsIgnoringCase("transfer-encoding", name):
            guard framing == .none, bytes.equalsIgnoringCase("chunked", value), fields.isHTTP11
            else {
                return false
            }
            framing = .chunked
        default: break
        }
        return true
    }

    private mutating func readConnection(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        var start = value.lowerBound
        while start < value.upperBound {
            let end =
                bytes.firstIndex(of: UInt8(ascii: ","), in: start..<value.upperBound)
                ?? value.upperBound
            let option = bytes.trimmed(start..<end)
            if bytes.equalsIgnoringCase("close", option) { fields.keepsAlive = false }
            if bytes.equalsIgnoringCase("keep-alive", option), !fields.isHTTP11 {
                fields.keepsAlive = true
            }
            start = end + 1
        }
    }
}

/// One header of a request.
package struct HeaderField: Sendable, Equatable {
    /// The name, a token of RFC 9110 §5.6.2.
    package var name: String
    /// The value, without line breaks.
    package var value: String
    /// Whether nobody may see the value, whatever the name says.
    package var isHidden: Bool

    /// A header; see `isValid`.
    package init(_ name: String, _ value: String, isHidden: Bool = false) {
        self.name = name
        self.value = value
        self.isHidden = isHidden
    }

    /// Whether the field can be written without changing the shape of the request: the name a
    /// token, the value free of control characters other than the tab.
    package var isValid: Bool {
        !name.isEmpty && name.utf8.allSatisfy(\.isToken)
            && value.utf8.allSatisfy(\.isFieldContent)
    }

    /// Whether the field is called `other`, in any case.
    package func isNamed(_ other: String) -> Bool { name.lowercased() == other.lowercased() }
}

/// The fixed parts of one kind of request, rendered once, around the parts that change.
///
/// The order of calls is: `begin`, anything that continues the target (path segments, query),
/// `endTarget`, then either `endHead` or `beginBody`, the body, and `endBody` with what
/// `beginBody` returned. Nothing here allocates beyond the buffer's own growth.
package struct RequestTemplate: Sendable, Equatable {
    private let start: [UInt8]
    private let namesHost: Bool
    private let headers: [UInt8]
    /// The value of a fixed `Cookie` header, which shares one line with the jar's cookies.
    private let cookie: [UInt8]?

    /// A template for `method` and a target that begins with `target` (already encoded).
    ///
    /// A later header replaces an earlier one of the same name. The headers must be valid.
    package init(method: String, target: String, headers: [HeaderField]) {
        start = Array("\(method) \(target)".utf8)
        var kept: [HeaderField] = []
        for header in headers {
            kept.removeAll { $0.isNamed(header.name) }
            kept.append(header)
        }
        namesHost = kept.contains { $0.isNamed("Host") }
        cookie = kept.last { $0.isNamed("Cookie") }.map { Array($0.value.utf8) }
        kept.removeAll { $0.isNamed("Cookie") }
        self.headers = Array(kept.map { "\($0.name): \($0.value)\r\n" }.joined().utf8)
    }

    /// Writes the method and the beginning of the target.
    package func begin(_ buffer: inout ByteBuffer) { buffer.append(start) }

    /// Ends the request line and writes the fixed headers and the jar's cookies.
    package func endTarget(
        _ buffer: inout ByteBuffer, host: String, cookies: borrowing CookieJar = CookieJar()
    ) {
        let end = buffer.count
        buffer.append(" HTTP/1.1\r\n")
        if !namesHost {
            buffer.append("Host: ")
            buffer.append(host)
            buffer.append("\r\n")
        }
        buffer.append(headers)
        if cookie == nil && cookies.isEmpty { return }
        if let cookie {
            buffer.append("Cookie: ")
            buffer.append(cookie)
        }
        let hasCookies = append(cookies, before: end, to: &buffer)
        if hasCookies || cookie != nil { buffer.append("\r\n") }
    }

    /// Writes the jar's cookies for the request whose target ends at `end`.
    private func append(
        _ cookies: borrowing CookieJar, before end: Int, to buffer: inout ByteBuffer
    ) -> Bool {
        var path: [UInt8] = []
        if cookies.hasPaths {
            let line = buffer.bytes[..<end].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            path = CookieOrigin.path(ofRequest: buffer.bytes.span.extracting(line..<end))
        }
        return cookies.append(to: &buffer, for: path, after: cookie == nil ? "Cookie: " : "; ")
    }

    /// Writes one more header, for what is not fixed.
    package func append(header name: String, _ value: String, to buffer: inout ByteBuffer) {
        buffer.append(name)
        buffer.append(": ")
        buffer.append(value)
        buffer.append("\r\n")
    }

    /// Ends the head of a request without a body.
    package func endHead(_ buffer: inout ByteBuffer) { buffer.append("\r\n") }

    /// Ends the head of a request whose body follows; the returned mark is for `endBody`.
    package func beginBody(_ buffer: inout ByteBuffer) -> BodyMark {
        buffer.append("Content-Length: ")
        let length = buffer.count
        buffer.append("\r\n\r\n")
        return BodyMark(length: length, start: buffer.count)
    }

    /// Puts the body's length where the head needs it.
    ///
    /// The body moves by the number of digits: for messages that is cheaper than measuring an
    /// escaped text before writing it.
    package func endBody(_ buffer: inout ByteBuffer, since mark: BodyMark) {
        buffer.insert(decimal: buffer.count - mark.start, at: mark.length)
    }

    /// Where a body's length belongs and where the body starts.
    package struct BodyMark: Sendable {
        fileprivate let length: Int
        fileprivate let start: Int
    }
}
