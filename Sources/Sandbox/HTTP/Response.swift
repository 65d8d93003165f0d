import Networking

/// What a service answers, before it is put on the wire. One is reused for all requests of a
/// server, so that answering does not allocate.
struct Response {
    /// Media types the services use.
    enum ContentType {
        case json, jsonUTF8, html, plain, none
        case other(String)
    }

    var status = 200
    var contentType = ContentType.json
    /// Further header lines, complete with CR LF.
    var headers = ByteBuffer()
    var body = ByteBuffer()
    /// How long after the request's arrival the answer leaves.
    var delay = Nanoseconds.zero
    /// Whether the connection ends with this answer.
    var closes = false
    /// Whether the headers say that the body is coded.
    private(set) var isEncoded = false

    /// Ready for the next request, memory kept.
    mutating func clear() {
        status = 200
        contentType = .json
        headers.clear()
        body.clear()
        delay = .zero
        closes = false
        isEncoded = false
    }

    /// Adds a header line. `value` must not come from a client unless it is known to hold no CR or
    /// LF, which nothing that passed `RequestParser` does.
    mutating func addHeader(_ name: StaticString, _ value: String) {
        headers.append(fixed: name)
        headers.append(": ")
        headers.append(value)
        headers.append("\r\n")
    }

    /// Compresses the body. It stays as it is where this machine has no zlib.
    mutating func encode(as coding: ContentCoding) {
        guard let packed = Unpacking.pack(body.bytes.span, as: coding) else { return }
        body.clear()
        body.append(packed)
        declareCoding(coding == .gzip ? "gzip" : "deflate")
    }

    /// Says that the body is coded, whether it is or not.
    mutating func declareCoding(_ name: String) {
        isEncoded = true
        addHeader("Content-Encoding", name)
    }
}

extension ByteBuffer {
    /// Appends a text that is known at compile time, without making a String.
    mutating func append(fixed text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount).span)
    }
}
