import Base

/// Parser of the requests of one connection (RFC 9112), in whatever pieces they arrive.
///
/// Total and bounded: it never traps, keeps at most one head and one body beyond what was just
/// received, and refuses what two parties could understand differently (several lengths, a length
/// beside chunks, folded lines, bare line feeds), because only one of the two would be tested.
package struct RequestParser {
    enum Outcome {
        /// More bytes are needed.
        case incomplete
        /// The client waits for `100 Continue` before it sends the body. Given once a request.
        case expectsContinue
        case request(Request)
        /// The connection is of no further use.
        case refused(Refusal)
    }

    /// Why a connection is of no further use.
    package enum Refusal: Sendable, Equatable {
        case malformed, headTooLarge, bodyTooLarge, versionNotSupported
        /// There is no memory for the request.
        case overloaded
        /// The request did not arrive in time.
        case late

        /// The status that tells the client (RFC 9110 §15, RFC 6585 §5).
        package var status: Int {
            switch self {
            case .malformed: 400
            case .late: 408
            case .bodyTooLarge: 413
            case .headTooLarge: 431
            case .overloaded: 503
            case .versionNotSupported: 505
            }
        }
    }

    /// What was received and not yet used up; the connection appends to it.
    var input: [UInt8] = []
    let limits: HTTPLimits

    private var start = 0
    /// The index behind the last byte of the head that was looked at.
    private var scanned = 0
    /// Where the line that is being looked at begins.
    private var lineStart = 0
    private var phase = Phase.head
    private var chunks = ChunkDecoder(isStrict: true)
    /// What has come in chunks, put together.
    private var content: [UInt8] = []

    private enum Phase {
        case head
        case fixed(Request)
        case chunked(Request)
        case refused(Refusal)
    }

    init(limits: HTTPLimits) { self.limits = limits }

    /// Whether a request has begun to arrive and is not complete.
    var isInsideRequest: Bool {
        if case .head = phase { return start < input.count }
        return true
    }

    /// Gives the connection up, because there is no memory for its request.
    mutating func overload() {
        input = []
        content = []
        phase = .refused(.overloaded)
    }

    /// How many bytes it holds on to.
    var heldBytes: Int { input.count + content.count }

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
        if start < input.count, !input[start].isToken, input[start] != 0x0D {
            return refuse(.malformed)
        }
        switch scanHead() {
        case .incomplete:
            return input.count - start > limits.head ? refuse(.headTooLarge) : .incomplete
        case .malformed: return refuse(.malformed)
        case .end(let end):
            var head = Request()
            if let refusal = head.readHead(input.span, start..<end) { return refuse(refusal) }
            return beginBody(of: head)
        }
    }

    private mutating func beginBody(of head: Request) -> Outcome {
        let outcome: Outcome
        switch head.framing {
        case .none, .untilClose:
            return finish(head, body: head.headEnd..<head.headEnd, in: input, end: head.headEnd)
        case .length(let length):
            guard length <= limits.body else { return refuse(.bodyTooLarge) }
            phase = .fixed(head)
            outcome = parseFixed(head)
        case .chunked:
            phase = .chunked(head)
            chunks = ChunkDecoder(isStrict: true)
            content = []
            outcome = parseChunks(head)
        }
        if case .incomplete = outcome, head.expectsContinue, input.count == head.headEnd {
            return .expectsContinue
        }
        return outcome
    }

    private mutating func parseFixed(_ head: Request) -> Outcome {
        guard case .length(let length) = head.framing, input.count - head.headEnd >= length else {
            return .incomplete
        }
        let end = head.headEnd + length
        return finish(head, body: head.headEnd..<end, in: input, end: end)
    }

    /// Raw bytes of chunks are dropped as they are used, so that tiny chunks cannot pile up.
    private mutating func parseChunks(_ head: Request) -> Outcome {
        var position = head.headEnd
        var decoder = chunks
        do throws(HTTPError) {
            while let piece = try decoder.next(in: input.span, at: &position, limits: limits) {
                content.append(contentsOf: input[piece])
            }
        } catch {
            guard case .tooLarge = error else { return refuse(.malformed) }
            return refuse(decoder.isAfterContent ? .headTooLarge : .bodyTooLarge)
        }
        chunks = decoder
        guard chunks.isDone else {
            input.removeSubrange(head.headEnd..<position)
            return .incomplete
        }
        let body = content
        content = []
        return finish(head, body: 0..<body.count, in: body, end: position)
    }

    private mutating func finish(
        _ head: Request, body: Range<Int>, in bodyBytes: [UInt8], end: Int
    ) -> Outcome {
        start = end
        scanned = end
        lineStart = end
        phase = .head
        var request = head
        request.bytes = input
        (request.body, request.bodyBytes) = (body, bodyBytes)
        return .request(request)
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

    private enum HeadScan {
        case incomplete
        /// The index behind the empty line that ends the head.
        case end(Int)
        case malformed
    }

    /// Looks for the end of the head, as far as its limit, and remembers how far it has looked. A line
    /// feed without its carriage return is found at once: a client that ends its lines so would wait
    /// for ever for an answer to a head that never ends.
    private mutating func scanHead() -> HeadScan {
        let limit = max(min(input.count, start + limits.head), scanned)
        while let lineFeed = HeadSyntax.lineEnd(input.span, from: scanned, to: limit) {
            guard lineFeed > lineStart, input[lineFeed - 1] == 0x0D else { return .malformed }
            let isEmpty = lineFeed - lineStart == 1
            scanned = lineFeed + 1
            lineStart = scanned
            if isEmpty { return .end(scanned) }
        }
        scanned = limit
        return .incomplete
    }
}
