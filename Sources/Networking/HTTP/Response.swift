package import Base

/// Response, before it is put on the wire. One is reused for all requests of a server, so that
/// answering does not allocate.
package struct Response {
    /// Media types.
    package static let json = "application/json"
    package static let html = "text/html; charset=utf-8"
    package static let plain = "text/plain; charset=utf-8"

    /// The status code.
    package var status = 200
    /// What `Content-Type` says; nil where it is missing.
    package var contentType: String? = json
    /// Further header lines, complete with CR LF.
    package var headers = ByteBuffer()
    /// The body, whose length says where it ends.
    package var body = ByteBuffer()
    /// How the body's end is told.
    package var framing = Framing.length
    /// How long after the request's arrival the answer leaves.
    package var delay = Nanoseconds.zero
    /// Whether the connection ends with this answer.
    package var closes = false
    /// Whether the headers say that the body is coded.
    package private(set) var isEncoded = false

    /// How a client sees where the body ends.
    package enum Framing: Sendable {
        /// By `Content-Length`; the body is the response's own.
        case length
        /// It comes in chunks, which are not part of the response.
        case chunks
        /// With the connection, for HTTP/1.0; it is not part of the response either.
        case connection
    }

    /// An empty response with the status 200.
    package init() {}

    /// Ready for the next request, memory kept.
    package mutating func clear() {
        status = 200
        contentType = Self.json
        headers.clear()
        body.clear()
        delay = .zero
        closes = false
        framing = .length
        isEncoded = false
    }

    /// Adds a header line. `value` must not come from a client unless it is known to hold no CR or
    /// LF, which nothing that passed `RequestParser` does.
    package mutating func addHeader(_ name: StaticString, _ value: String) {
        headers.append(fixed: name)
        headers.append(": ")
        headers.append(value)
        headers.append("\r\n")
    }

    /// Compresses the body. It stays as it is where this machine has no zlib.
    package mutating func encode(as coding: ContentCoding) {
        guard let packed = coding.pack(body.bytes.span) else { return }
        body.clear()
        body.append(packed)
        declareCoding(coding == .gzip ? "gzip" : "deflate")
    }

    /// Says that the body is coded, whether it is or not.
    package mutating func declareCoding(_ name: String) {
        isEncoded = true
        addHeader("Content-Encoding", name)
    }
}

extension ByteBuffer {
    /// Appends a text that is known at compile time, without making a String.
    package mutating func append(fixed text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount).span)
    }
}

extension ByteBuffer {
    /// Appends a chunk of the chunked transfer coding (RFC 9112 §7.1). An empty one is none: it would
    /// end the body.
    package mutating func append(chunk: borrowing ByteBuffer) {
        if chunk.isEmpty { return }
        let size = chunk.count
        var shift = (Int.bitWidth - size.leadingZeroBitCount + 3) / 4 * 4
        while shift > 0 {
            shift -= 4
            let digit = UInt8(truncatingIfNeeded: size >> shift & 0xF)
            append(byte: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + (digit - 10))
        }
        append(fixed: "\r\n")
        append(chunk)
        append(fixed: "\r\n")
    }

    /// Appends the chunk that ends a body.
    package mutating func appendLastChunk() { append(fixed: "0\r\n\r\n") }
}

/// Writer of responses as HTTP/1.1.
package struct ResponseWriter {
    private var dateSecond: Int64 = .min
    private var dateLine = ByteBuffer()

    /// A writer that has written nothing.
    package init() {}

    /// Appends the complete response to `output`.
    ///
    /// - Parameters:
    ///   - isHead: whether the body is announced but not sent, as for HEAD.
    ///   - persistence: the line that tells whether the connection stays open; empty where that
    ///     goes without saying.
    ///   - time: the time since 1970, for `Date`; nil writes none.
    package mutating func write(
        _ response: borrowing Response, isHead: Bool, persistence: StaticString,
        at time: Nanoseconds?, to output: inout ByteBuffer
    ) {
        let hasBody = response.status >= 200 && response.status != 204 && response.status != 304
        output.append(fixed: "HTTP/1.1 ")
        output.append(decimal: response.status)
        output.append(byte: 0x20)
        output.append(fixed: Self.reason(response.status))
        output.append(fixed: "\r\n")
        if let time {
            updateDate(time)
            output.append(dateLine)
        }
        if let type = response.contentType {
            output.append(fixed: "Content-Type: ")
            output.append(type)
            output.append(fixed: "\r\n")
        }
        output.append(response.headers)
        switch response.framing {
        case .length where hasBody:
            output.append(fixed: "Content-Length: ")
            output.append(decimal: response.body.count)
            output.append(fixed: "\r\n")
        case .chunks: output.append(fixed: "Transfer-Encoding: chunked\r\n")
        case .length, .connection: break
        }
        output.append(fixed: persistence)
        output.append(fixed: "\r\n")
        if hasBody, !isHead, response.framing == .length { output.append(response.body) }
    }

    /// Written once a second and not once a response.
    private mutating func updateDate(_ time: Nanoseconds) {
        let second = time.count / 1_000_000_000
        guard second != dateSecond else { return }
        dateSecond = second
        dateLine.clear()
        dateLine.append(fixed: "Date: ")
        dateLine.append(HTTPDate.text(second: second))
        dateLine.append(fixed: "\r\n")
    }

    private static func reason(_ status: Int) -> StaticString {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 307: "Temporary Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 529: "Overloaded"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Unknown"
        }
    }
}
