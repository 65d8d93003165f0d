package import Base

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
