import Base
import Glibc
import Networking

/// Takes requests out of the bytes of one connection (RFC 9112), in whatever pieces they arrive.
///
/// Total and bounded: it never traps, keeps at most one head and one body beyond what was just
/// received, and refuses what two parties could understand differently (several lengths, a length
/// beside chunks, folded lines, bare line feeds), because only one of the two would be tested.
struct RequestParser {
    /// The limits of one request.
    struct Limits: Equatable {
        var head = 32 * 1024
        /// Botyard's largest file is also its largest body.
        var body = 26_214_400
    }

    enum Outcome {
        /// More bytes are needed.
        case incomplete
        /// The client waits for `100 Continue` before it sends the body. Given once a request.
        case expectsContinue
        case request(Request)
        /// The connection is of no further use.
        case refused(Refusal)
    }

    enum Refusal: Error, Equatable {
        case malformed, headTooLarge, bodyTooLarge, versionNotSupported, overloaded
    }

    /// What was received and not yet used up; the connection appends to it.
    var input: [UInt8] = []
    let limits: Limits

    private var start = 0
    /// The index behind the last byte of the head that was looked at.
    private var scanned = 0
    /// Where the line that is being looked at begins.
    private var lineStart = 0
    private var phase = Phase.head
    private var chunks = ChunkedBody(limit: 0)

    private enum Phase {
        case head
        case fixed(RequestHead)
        case chunked(RequestHead)
        case refused(Refusal)
    }

    init(limits: Limits = Limits()) { self.limits = limits }

    /// Whether a request has begun to arrive and is not complete.
    var isInsideRequest: Bool {
        if case .head = phase { return start < input.count }
        return true
    }

    /// Gives the connection up, because there is no memory for its request.
    mutating func overload() {
        input = []
        chunks = ChunkedBody(limit: 0)
        phase = .refused(.overloaded)
    }

    /// How many bytes it holds on to.
    var heldBytes: Int { input.count + chunks.bytes.count }

    /// Forgets the bytes of the requests handed out; to be called once they have been let go.
    mutating func compact() {
        guard case .head = phase, start > 0 else { return }
        if start < input.count {
            input.removeFirst(start)
        } else if input.capacity > 1 << 18 {
            input = []
        } else {
            input.removeAll(keepingCapacity: true)
        }
        scanned = max(scanned - start, 0)
        lineStart = max(lineStart - start, 0)
        start = 0
    }

    /// The next request, or what stands in its way.
    mutating func next() -> Outcome {
        switch phase {
        case .head: return parseHead()
        case .fixed(let head): return parseFixed(head)
        case .chunked(let head): return parseChunks(head)
        case .refused(let refusal): return .refused(refusal)
        }
    }

    private mutating func parseHead() -> Outcome {
        skipEmptyLines()
        if start < input.count, !RequestHead.isTokenByte(input[start]), input[start] != 0x0D {
            return refuse(.malformed)
        }
        do {
            guard let end = try endOfHead() else {
                return input.count - start > limits.head ? refuse(.headTooLarge) : .incomplete
            }
            return beginBody(of: try RequestHead.parse(input.span, start..<end))
        } catch {
            return refuse(error)
        }
    }

    private mutating func beginBody(of head: RequestHead) -> Outcome {
        let outcome: Outcome
        switch head.framing {
        case .none:
            return finish(head, body: head.end..<head.end, in: input, end: head.end)
        case .length(let length):
            guard length <= limits.body else { return refuse(.bodyTooLarge) }
            phase = .fixed(head)
            outcome = parseFixed(head)
        case .chunked:
            phase = .chunked(head)
            chunks = ChunkedBody(limit: limits.body)
            outcome = parseChunks(head)
        }
        if case .incomplete = outcome, head.expectsContinue, input.count == head.end {
            return .expectsContinue
        }
        return outcome
    }

    private mutating func parseFixed(_ head: RequestHead) -> Outcome {
        guard case .length(let length) = head.framing, input.count - head.end >= length else {
            return .incomplete
        }
        let end = head.end + length
        return finish(head, body: head.end..<end, in: input, end: end)
    }

    /// Raw bytes of chunks are dropped as they are used, so that tiny chunks cannot pile up.
    private mutating func parseChunks(_ head: RequestHead) -> Outcome {
        var position = head.end
        let outcome = chunks.advance(in: input, at: &position)
        switch outcome {
        case .incomplete:
            input.removeSubrange(head.end..<position)
            return .incomplete
        case .refused(let refusal): return refuse(refusal)
        case .complete:
            let body = chunks.bytes
            chunks = ChunkedBody(limit: 0)
            return finish(head, body: 0..<body.count, in: body, end: position)
        }
    }

    private mutating func finish(
        _ head: RequestHead, body: Range<Int>, in bodyBytes: [UInt8], end: Int
    ) -> Outcome {
        start = end
        scanned = end
        lineStart = end
        phase = .head
        return .request(
            Request(
                bytes: input, method: head.method, methodText: head.methodText, path: head.path,
                query: head.query, fields: head.fields, body: body, bodyBytes: bodyBytes))
    }

    private mutating func refuse(_ refusal: Refusal) -> Outcome {
        phase = .refused(refusal)
        return .refused(refusal)
    }

    /// Clients may send an empty line or two before a request (RFC 9112 §2.2).
    private mutating func skipEmptyLines() {
        while start + 1 < input.count, input[start] == 0x0D, input[start + 1] == 0x0A { start += 2 }
        scanned = max(scanned, start)
        lineStart = max(lineStart, start)
    }

    /// The index behind the empty line that ends the head, if that has arrived and the head is not
    /// too large; remembers how far it has looked.
    ///
    /// - Throws: a line feed without its carriage return, at once: a client that ends its lines so
    ///   would wait for ever for an answer to a head that never ends.
    private mutating func endOfHead() throws(RequestParser.Refusal) -> Int? {
        let limit = min(input.count, start + limits.head)
        while let lineFeed = Self.lineFeed(in: input.span, scanned..<max(limit, scanned)) {
            let end = lineFeed + 1
            guard lineFeed > lineStart, input[lineFeed - 1] == 0x0D else { throw .malformed }
            let isEmpty = lineFeed - lineStart == 1
            scanned = end
            lineStart = end
            if isEmpty { return end }
        }
        scanned = max(limit, scanned)
        return nil
    }

    private static func lineFeed(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, range.upperBound <= bytes.count,
                let found = memchr(start + range.lowerBound, 0x0A, range.count)
            else { return nil }
            return UnsafeRawPointer(found) - start
        }
    }
}

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
