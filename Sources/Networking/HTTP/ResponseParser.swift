import Base

/// Parser of one HTTP/1.x response that arrives in arbitrary pieces.
///
/// A response that comes whole is read where it lies; only one that comes in pieces is copied
/// together. Total: any bytes lead to a message or an error.
struct ResponseParser {
    /// Where a part of the message lies once it is complete.
    enum Place {
        /// In the piece that completed it.
        case input(Range<Int>)
        case stored(Range<Int>)
        case decoded
    }

    enum Phase: Equatable {
        case head
        case body
        case done
    }

    /// Interim responses before the final one; more is an attack or a bug.
    private static let interimLimit = 20
    /// Memory of this size may stay with an idle connection.
    private static let keptCapacity = 2_048

    let limits: HTTPLimits
    var head = ResponseHead(status: 0)
    private var isReplyToHead = false
    var phase = Phase.head
    var framing = BodyFraming.none
    var chunks = ChunkDecoder()
    /// Takes the body in pieces, where somebody does.
    private(set) var reader: BodyReader?
    /// The interim responses (RFC 9110 §15.2) that came before the one at hand.
    private(set) var interims = 0
    /// The raw message so far, when it came in pieces; of a chunked one only the head.
    var stored: [UInt8] = []
    /// A body that is not as it came: put together from chunks, or its codings taken off.
    var decoded: [UInt8] = []
    /// Up to where `stored` has been searched for the end of the head.
    var searched = 0
    var headPlace = Place.input(0..<0)
    var bodyPlace = Place.input(0..<0)
    /// Bytes came that belong to no response.
    private var hasSurplus = false

    init(limits: HTTPLimits) { self.limits = limits }

    /// Whether anything of the response at hand has come, interim ones before it aside.
    var hasBegun: Bool { phase != .head || !stored.isEmpty }

    /// Whether the connection can carry another exchange after this one.
    var keepsAlive: Bool { head.keepsAlive && !hasSurplus }

    /// Whether the message is complete.
    var isDone: Bool { phase == .done }

    /// Ready for the next response, whose body may be lent to `reader` as it comes.
    mutating func reset(isReplyToHead: Bool, lendingTo reader: BodyReader? = nil) {
        self.isReplyToHead = isReplyToHead
        self.reader = reader
        phase = .head
        chunks = ChunkDecoder()
        interims = 0
        searched = 0
        hasSurplus = false
        releaseMemory()
    }

    /// Forgets the message's bytes, so that a connection that waits for its user's next turn does
    /// not hold the last response.
    mutating func releaseMemory() {
        Self.empty(&stored)
        Self.empty(&decoded)
    }

    /// Takes the next piece, which arrived at `time`; true when the message is complete.
    mutating func feed(
        _ bytes: Span<UInt8>, at time: Nanoseconds = .zero
    ) throws(HTTPError) -> Bool {
        guard try take(bytes, time) else { return false }
        if !head.codings.isEmpty { decodeContent(input: bytes) }
        return true
    }

    private mutating func take(
        _ bytes: Span<UInt8>, _ time: Nanoseconds
    ) throws(HTTPError) -> Bool {
        if stored.isEmpty, phase == .head {
            return try feedInPlace(bytes, time)
        }
        if phase == .body {
            if isLending { return try lend(bytes, from: 0, time) }
            if framing == .chunked { return try feedChunks(bytes, from: 0) }
        }
        store(bytes, from: 0)
        return try feedStored(time)
    }

    /// The peer has closed: true when that completes the message.
    mutating func end() throws(HTTPError) -> Bool {
        guard phase == .body, framing == .untilClose else { throw .closedEarly }
        if isLending { return endLending(surplus: false) }
        bodyPlace = .stored(bodyStart..<stored.count)
        phase = .done
        if !head.codings.isEmpty { decodeContent(input: Span()) }
        return true
    }

    /// Lends the complete message: the raw head, its folded lines joined, and the body. `input` is the
    /// piece that completed it.
    func withMessage(input: Span<UInt8>, _ body: (Span<UInt8>, Span<UInt8>) -> Void) {
        switch (headPlace, bodyPlace) {
        case (.input(let head), .input(let content)):
            body(input.extracting(head), input.extracting(content))
        case (.input(let head), _):
            body(input.extracting(head), decoded.span)
        case (.stored(let head), .stored(let content)):
            body(stored.span.extracting(head), stored.span.extracting(content))
        case (.stored(let head), _):
            body(stored.span.extracting(head), decoded.span)
        case (.decoded, _):
            preconditionFailure("BUG: a head is never decoded")
        }
    }

    // MARK: Reading where the bytes lie

    private mutating func feedInPlace(
        _ bytes: Span<UInt8>, _ time: Nanoseconds
    ) throws(HTTPError) -> Bool {
        var start = 0
        while let reader = try readHead(bytes, from: start) {
            if reader.hasFolds {
                store(bytes, from: start)
                return try feedStored(time)
            }
            let end = take(reader)
            if head.status < 200 && head.status != 101 {
                try countInterim()
                start = end
                continue
            }
            if self.reader != nil, beginsLending(bytes.extracting(start..<end)) {
                store(bytes.extracting(start..<end), from: 0)
                headPlace = .stored(0..<stored.count)
                return try lend(bytes, from: end, time)
            }
            return try feedFirstBody(bytes, head: start..<end)
        }
        store(bytes, from: start)
        try checkIncompleteHead()
        return false
    }

    /// The head lies whole in `bytes`; so may the body.
    private mutating func feedFirstBody(
        _ bytes: Span<UInt8>, head range: Range<Int>
    ) throws(HTTPError) -> Bool {
        headPlace = .input(range)
        let rest = bytes.count - range.upperBound
        switch framing {
        case .none:
            return finish(.input(range.upperBound..<range.upperBound), surplus: rest > 0)
        case .length(let length):
            try checkBody(length)
            if rest >= length {
                let body = range.upperBound..<range.upperBound + length
                return finish(.input(body), surplus: rest > length)
            }
        case .chunked:
            if try feedChunks(bytes, from: range.upperBound) { return true }
            store(bytes.extracting(range), from: 0)
            headPlace = .stored(0..<range.count)
            phase = .body
            return false
        case .untilClose: try checkBody(rest)
        }
        store(bytes, from: range.lowerBound)
        headPlace = .stored(0..<range.count)
        phase = .body
        return false
    }

    mutating func feedChunks(
        _ bytes: Span<UInt8>, from start: Int
    ) throws(HTTPError) -> Bool {
        var position = start
        while let content = try chunks.next(in: bytes, at: &position, limits: limits) {
            bytes.extracting(content).withUnsafeBufferPointer { decoded.append(contentsOf: $0) }
        }
        guard chunks.isDone else { return false }
        return finish(.decoded, surplus: position < bytes.count)
    }

    // MARK: Steps both ways share

    func readHead(
        _ bytes: Span<UInt8>, from start: Int
    ) throws(HTTPError) -> HeadReader? {
        var reader = HeadReader()
        guard try reader.read(bytes, from: start, isReplyToHead: isReplyToHead) else { return nil }
        guard reader.end - start <= limits.head else { throw headTooLarge }
        return reader
    }

    /// Makes a head that was read this message's; returns where it ends.
    mutating func take(_ reader: HeadReader) -> Int {
        head = reader.head
        framing = reader.framing
        return reader.end
    }

    mutating func finish(_ place: Place, surplus: Bool) -> Bool {
        bodyPlace = place
        hasSurplus = surplus
        phase = .done
        return true
    }

    private mutating func store(_ bytes: Span<UInt8>, from start: Int) {
        bytes.extracting(start..<bytes.count).withUnsafeBufferPointer {
            stored.append(contentsOf: $0)
        }
    }

    mutating func countInterim() throws(HTTPError) {
        interims += 1
        guard interims <= Self.interimLimit else {
            throw .malformed("more than \(Self.interimLimit) interim responses")
        }
    }

    /// What never can become a head is refused at once: its sender may never send more.
    func checkIncompleteHead() throws(HTTPError) {
        guard stored.count <= limits.head else { throw headTooLarge }
        guard HeadReader.mayBegin(stored.span) else {
            throw HeadReader.complaint(about: stored.span, at: 0)
        }
    }

    func checkBody(_ length: Int) throws(HTTPError) {
        guard length <= limits.body else { throw limits.bodyTooLarge }
    }

    var headTooLarge: HTTPError { .tooLarge("head beyond \(limits.head) bytes") }

    private static func empty(_ bytes: inout [UInt8]) {
        if bytes.capacity > keptCapacity {
            bytes = []
        } else {
            bytes.removeAll(keepingCapacity: true)
        }
    }
}

/// Taking content codings off a body that has come whole. A message without them passes by all of
/// this.
extension ResponseParser {
    /// Decodes the body, or says in the head why it stands as it came: the message is framed soundly,
    /// so its status and its connection are as good as any.
    ///
    /// Never inlined: what it needs would be room on every response's way.
    @inline(never)
    mutating func decodeContent(input: Span<UInt8>) {
        if isLending { return }
        var outcome: Result<[UInt8], HTTPError>?
        withMessage(input: input) { _, body in
            // Nothing has no form in any coding, yet that is how empty answers are sent.
            if body.isEmpty { return }
            outcome = Result { () throws(HTTPError) in
                try ContentCoding.decode(body, head.codings, limit: limits.body)
            }
        }
        switch outcome {
        case .success(let content):
            decoded = content
            bodyPlace = .decoded
        case .failure(let problem): head.contentProblem = problem
        case nil: break
        }
    }
}

/// Lending a body in pieces. A message whose body is read whole passes by all of this.
extension ResponseParser {
    /// Whether the body at hand is lent, and not kept.
    var isLending: Bool { reader?.isLending ?? false }

    /// Asks the reader whether it takes the body of the head that has just been read.
    mutating func beginsLending(_ raw: Span<UInt8>) -> Bool {
        guard let reader, reader.begin(&head, raw) else { return false }
        bodyPlace = .stored(0..<0)
        phase = .body
        return true
    }

    /// Lends what of the body stands in `bytes` from `start` on.
    @inline(never)
    mutating func lend(
        _ bytes: Span<UInt8>, from start: Int, _ time: Nanoseconds
    ) throws(HTTPError) -> Bool {
        switch framing {
        case .none: return endLending(surplus: start < bytes.count)
        case .length(let rest):
            let end = start + min(rest, bytes.count - start)
            pass(bytes.extracting(start..<end), time)
            framing = .length(rest - (end - start))
            return framing == .length(0) ? endLending(surplus: end < bytes.count) : false
        case .chunked:
            // A stream may be of any length, as nothing of it is kept.
            let limits = HTTPLimits(head: limits.head, body: .max)
            var position = start
            while let content = try chunks.next(in: bytes, at: &position, limits: limits) {
                pass(bytes.extracting(content), time)
            }
            return chunks.isDone ? endLending(surplus: position < bytes.count) : false
        case .untilClose:
            pass(bytes.extracting(start..<bytes.count), time)
            return false
        }
    }

    private mutating func pass(_ piece: Span<UInt8>, _ time: Nanoseconds) {
        do throws(HTTPError) {
            try reader?.lend(piece, arrived: time)
        } catch {
            head.contentProblem = error
        }
    }

    private mutating func endLending(surplus: Bool) -> Bool {
        do throws(HTTPError) {
            if head.contentProblem == nil { try reader?.end() }
        } catch {
            head.contentProblem = error
        }
        return finish(bodyPlace, surplus: surplus)
    }
}

/// Reading a message that came in pieces and was copied together.
extension ResponseParser {
    mutating func feedStored(_ time: Nanoseconds) throws(HTTPError) -> Bool {
        while phase == .head {
            guard headIsComplete() else {
                try checkIncompleteHead()
                return false
            }
            guard let reader = try readHead(stored.span, from: 0) else { return false }
            if reader.hasFolds {
                HeadReader.unfold(&stored, before: reader.end)
                continue
            }
            let end = take(reader)
            searched = 0
            if head.status < 200 && head.status != 101 {
                try countInterim()
                stored.removeFirst(end)
                if stored.isEmpty { return false }
                continue
            }
            headPlace = .stored(0..<end)
            let lends = self.reader != nil && beginsLending(Array(stored[..<end]).span)
            phase = .body
            if lends || framing == .chunked {
                let rest = Array(stored[end...])
                stored.removeLast(rest.count)
                return try lends ? lend(rest.span, from: 0, time) : feedChunks(rest.span, from: 0)
            }
        }
        return try checkStoredBody()
    }

    private mutating func checkStoredBody() throws(HTTPError) -> Bool {
        let start = bodyStart
        switch framing {
        case .none:
            return finish(.stored(start..<start), surplus: stored.count > start)
        case .length(let length):
            try checkBody(length)
            guard stored.count - start >= length else { return false }
            return finish(.stored(start..<start + length), surplus: stored.count - start > length)
        case .untilClose:
            try checkBody(stored.count - start)
            return false
        case .chunked:
            return false
        }
    }

    /// Whether an empty line has been stored; looks at every byte once.
    private mutating func headIsComplete() -> Bool {
        while let end = HeadSyntax.lineEnd(stored.span, from: searched) {
            let before = end > 0 && stored[end - 1] == UInt8(ascii: "\r") ? end - 2 : end - 1
            if before >= 0, stored[before] == UInt8(ascii: "\n") { return true }
            searched = end + 1
        }
        return false
    }

    var bodyStart: Int {
        if case .stored(let range) = headPlace { return range.upperBound }
        return 0
    }
}
