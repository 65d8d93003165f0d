package import Base

/// One simulated user's connection: opened when first needed, kept alive between exchanges, opened
/// again after the peer or a failure has ended it. One exchange at a time; confined to its loop.
package final class HTTPConnection {
    /// From here on a connection counts as idle: a server that closes one sooner has other reasons,
    /// which are not to be hidden.
    private static let leastIdle = Nanoseconds.milliseconds(500)

    let origin: HTTPOrigin
    var stream: Stream?
    var parser: ResponseParser
    let source: SocketAddress?
    private(set) var isCancelled = false
    /// Whether nobody waits for look-ups any more.
    private(set) var givesUpLookUps = false
    /// Whether the sleeper waits for one.
    var isLookingUp = false
    /// Whether the connection stands and is counted.
    var isCounted = false
    /// Whether the server may carry the request at hand out twice.
    private var isRepeatable = false
    /// Whether the connection carried exchanges before the one at hand, and was idle until then.
    private var (isReused, wasIdle) = (false, false)
    /// Why the peer stopped taking the request at hand; it may have answered before it hung up.
    private var cutOff: SocketError?
    /// When the latest connection began to be opened; kept here for the same reason as `timeline`.
    var opening = Nanoseconds.zero
    /// Waits for the look-up of the name, or for one of several addresses, where that is under way.
    var sleeper: CancellableSleep?
    /// When things happened during the latest exchange; kept here instead of in the frames of every
    /// function that waits.
    package internal(set) var timeline = HTTPTimeline()
    /// What the next connection's TLS handshake can resume: a user is one client to its server.
    var ticket: TLSTicket?
    /// Keeps the bytes of the latest exchange, where somebody wants to see them.
    package var trace: WireTrace?

    /// A connection that is not open yet and will come from the address `source`; nil lets the
    /// kernel choose.
    package init(to origin: HTTPOrigin, from source: SocketAddress? = nil) {
        self.origin = origin
        self.source = source
        parser = ResponseParser(limits: origin.limits)
    }

    /// Whether a connection is open at the moment.
    package var isOpen: Bool { stream != nil }

    /// Sends one request and waits for its response.
    ///
    /// - Parameters:
    ///   - deadline: when the exchange counts as timed out, whatever it waits for.
    ///   - isHead: whether the request's method is HEAD, so that the response has no body.
    ///   - isRepeatable: whether the server may carry the request out twice, so that it may be sent
    ///     again when a connection ends that has been idle.
    ///   - reader: takes the body in pieces as they come, where it wants to; nil keeps it until it is
    ///     whole.
    ///   - build: appends the whole request; called when the connection is ready to take it, and
    ///     once more if the request has to be sent again.
    ///   - read: called with the response head, its raw bytes and the body, of which nothing is left
    ///     where `reader` took it; all valid only during the call.
    /// - Throws: why there is no complete response. The timeline is filled in either case; of a
    ///   request that was sent again it tells what became of the second one.
    package func exchange(
        until deadline: Nanoseconds, isHead: Bool = false, isRepeatable: Bool = false,
        lendingTo reader: BodyReader? = nil,
        build: (inout ByteBuffer) -> Void,
        read: (ResponseHead, Span<UInt8>, Span<UInt8>) -> Void
    ) async throws(HTTPFailure) {
        begin(isRepeatable: isRepeatable)
        while true {
            do {
                let stream = try await openStream(until: deadline)
                parser.reset(isReplyToHead: isHead, lendingTo: reader)
                reader?.reset()
                try await send(on: stream, until: deadline, build: build)
                if let reader, let sent = timeline.sent { reader.expect(after: sent) }
                try await receive(on: stream, until: deadline, read: read)
                if !parser.isDone { await drain(stream, until: deadline) }
                if cutOff != nil || !parser.keepsAlive || !parser.isDone { close() }
                parser.releaseMemory()
                return
            } catch {
                if let failure = end(after: error) { throw failure }
            }
        }
    }

    /// Ends an exchange that failed; why it did, in the end. Returns nil where it is to begin once
    /// more, on a new connection.
    @inline(never)
    private func end(after failure: HTTPFailure) -> HTTPFailure? {
        timeline.end = origin.loop.clock()
        timeline.readLate = nil
        close()
        parser.releaseMemory()
        // A server closes a connection that has been idle without knowing of the request on the way
        // to it (RFC 9112 §9.5): that is sent again where it could not do harm, or never left.
        if isReused, let error = failure.endByPeer, timeline.bytesIn == 0 {
            if timeline.sent == nil || wasIdle && isRepeatable {
                origin.count.reopened()
                origin.count.repeated()
                clear()
                return nil
            }
            if wasIdle { return .dropped(cutOff ?? error) }
        }
        // What TLS says explains why the peer stopped listening.
        if case .tls = failure { return failure }
        return cutOff.map { .send($0) } ?? failure
    }

    /// Never inlined, as other things here: what it needs would stay in the frame of a user that
    /// waits.
    @inline(never)
    func begin(isRepeatable: Bool = false) {
        let end = timeline.end
        clear()
        self.isRepeatable = isRepeatable
        guard let stream else { return }
        wasIdle = origin.loop.tick - end >= Self.leastIdle
        isReused = true
        // What has ended after long is seen here, at the price of a read. The loop sees the rest.
        guard stream.isStale(reading: wasIdle) else { return }
        // The peer ended the connection while it was idle: nothing is lost by opening another.
        close()
        isReused = false
        origin.count.reopened()
    }

    private func clear() {
        (isRepeatable, isReused, wasIdle) = (false, false, false)
        timeline = HTTPTimeline()
        trace?.clear()
        cutOff = nil
    }

    /// Ends the exchange that is under way, and every later one, with `cancelled`.
    package func cancel() {
        isCancelled = true
        sleeper?.wake()
        stream?.cancel()
    }

    /// Ends the look-up that is waited for, and every later one, with `cancelled`: before a connection
    /// nothing has been sent, so that there is nothing to wait for at the end of a run.
    package func giveUpLookUps() {
        givesUpLookUps = true
        if isLookingUp { sleeper?.wake() }
    }

    /// Closes the connection; the next exchange opens another one.
    package func close() {
        if origin.tls != nil { keepTicket() }
        stream?.close()
        stream = nil
        if isCounted { origin.count.closed() }
        isCounted = false
    }

    // MARK: Sending

    private func send(
        on stream: Stream, until deadline: Nanoseconds,
        build: (inout ByteBuffer) -> Void
    ) async throws(HTTPFailure) {
        origin.request.clear()
        build(&origin.request)
        trace?.take(request: origin.request)
        if let proxy = origin.proxy, origin.tls == nil { forward(through: proxy) }
        let start = origin.loop.clock()
        stream.expectNothing(before: start)
        do {
            let sent = try stream.sendOnce(origin.request.bytes)
            timeline.sent = start
            timeline.bytesOut = origin.request.count
            guard sent < timeline.bytesOut else { return }
            // Others write into the shared request while this one waits, so it keeps its own rest.
            let rest = Array(origin.request.bytes[sent...])
            try await stream.send(rest, until: deadline)
        } catch {
            guard error == .reset else { throw failure(of: error) { .send($0) } }
            cutOff = error
        }
    }

    // MARK: Receiving

    private func receive(
        on stream: Stream, until deadline: Nanoseconds,
        read: (ResponseHead, Span<UInt8>, Span<UInt8>) -> Void
    ) async throws(HTTPFailure) {
        while true {
            switch await stream.readable(until: readDeadline(deadline), by: taker) {
            case .ready: break
            case .timedOut: throw parser.reader?.failure(before: deadline) ?? .timeout
            case .cancelled: throw .cancelled
            }
            if try receiveOnce(from: stream, read: read) { return }
        }
    }

    /// Reads what has arrived, unless a taker has done so; true when it completed the response.
    ///
    /// Never inlined: what it needs on the way would stay in the frame of a user that waits.
    @inline(never)
    private func receiveOnce(
        from stream: Stream,
        read: (ResponseHead, Span<UInt8>, Span<UInt8>) -> Void
    ) throws(HTTPFailure) -> Bool {
        if let outcome = parser.reader?.outcome {
            try outcome.get()
            deliver(Span(), to: read)
            return true
        }
        return try receiveOnce(from: stream) { deliver($0, to: read) }
    }

    /// Reads what has arrived; true when it completed the response, which `end` is told with the bytes
    /// that did.
    @inline(__always)
    private func receiveOnce(
        from stream: Stream, end: (Span<UInt8>) -> Void
    ) throws(HTTPFailure) -> Bool {
        var failure: HTTPError?
        var isComplete = false
        do {
            _ = try stream.receiveOnce { bytes in
                let arrived = note(bytes.count, from: stream)
                trace?.take(received: bytes)
                do throws(HTTPError) {
                    isComplete = try bytes.isEmpty ? parser.end() : parser.feed(bytes, at: arrived)
                    if parser.isLending {
                        isComplete = isComplete || parser.reader?.hasEnded ?? false
                    }
                } catch {
                    failure = error
                }
                if parser.interims > timeline.interimResponses { noteInterims(arrived) }
                guard isComplete else { return }
                timeline.end = arrived
                timeline.isComplete = true
                end(bytes)
            }
        } catch {
            throw self.failure(of: error) { .receive($0) }
        }
        if let failure { throw .message(failure) }
        return isComplete
    }

    /// Hands the complete response over, whose last bytes are `input`.
    private func deliver(
        _ input: Span<UInt8>, to read: (ResponseHead, Span<UInt8>, Span<UInt8>) -> Void
    ) {
        parser.withMessage(input: input) {
            trace?.take(head: $0, body: $1, isDecoded: parser.head.isDecoded)
            read(parser.head, $0, $1)
        }
    }
}

/// Taking what is lent as it comes, without the task that waits for its end.
extension HTTPConnection: ReadingTaker {
    /// This, once a body is lent: of what comes then nothing is needed when it is complete.
    private var taker: (any ReadingTaker)? { parser.isLending ? self : nil }

    /// Until when more is waited for, in an exchange that has time until `deadline`.
    private func readDeadline(_ deadline: Nanoseconds) -> Nanoseconds {
        guard let reader = parser.reader else { return deadline }
        reader.exchangeDeadline = deadline
        return min(deadline, reader.deadline)
    }

    func takeReadable() -> Nanoseconds? {
        guard let stream, let reader = parser.reader else { return nil }
        do throws(HTTPFailure) {
            repeat {
                if try receiveOnce(from: stream, end: { _ in }) {
                    reader.outcome = .success(())
                    return nil
                }
            } while stream.channel.isReadable
        } catch {
            reader.outcome = .failure(error)
            return nil
        }
        return min(reader.exchangeDeadline, reader.deadline)
    }
}

/// Bodies that are lent in pieces.
extension HTTPConnection {
    /// How long what follows the end of a reply is waited for, and how many bytes of it are read, so
    /// that the connection can be kept: another one is cheaper than more.
    private static let patience = Nanoseconds.seconds(1)
    private static let mostSurplus = 1 << 20

    /// Passes over what still comes of a message whose reply is over, for a moment.
    @inline(never)
    private func drain(_ stream: Stream, until deadline: Nanoseconds) async {
        let limit = min(deadline, origin.loop.tick + Self.patience)
        let most = timeline.bytesIn + Self.mostSurplus
        while !parser.isDone, timeline.bytesIn < most,
            await stream.readable(until: limit) == .ready
        {
            guard passOver(from: stream) else { return }
        }
    }

    /// Reads what has arrived; false where the connection is of no more use.
    @inline(never)
    private func passOver(from stream: Stream) -> Bool {
        do {
            return try stream.receiveOnce { bytes in
                timeline.bytesIn += bytes.count
                return (try? bytes.isEmpty ? parser.end() : parser.feed(bytes)) != nil
            } ?? true
        } catch {
            return false
        }
    }
}

extension HTTPConnection {
    /// What a socket's failure is for the exchange, where it is not one of the connection as such.
    func failure(
        of error: SocketError, otherwise: (SocketError) -> HTTPFailure
    ) -> HTTPFailure {
        switch error {
        case .timedOut: .timeout
        case .cancelled: .cancelled
        case .insecure: .tls(stream?.tlsFailure ?? .unknown)
        default: otherwise(error)
        }
    }
}

/// When what a connection received had arrived.
extension HTTPConnection {
    /// Takes note of bytes that were just read; when they had arrived.
    func note(_ count: Int, from stream: Stream) -> Nanoseconds {
        let read = origin.loop.clock()
        guard count > 0 else {
            timeline.readLate = nil
            return read
        }
        timeline.bytesIn += count
        let arrival = stream.arrival(readAt: read)
        let late = arrival.map { read - $0 }
        timeline.readLate = late.map { max($0, timeline.readLate ?? .zero) }
        // Of a body that is lent the time of every piece counts.
        guard timeline.firstByte == nil || parser.isLending else { return arrival ?? read }
        if timeline.firstByte == nil { timeline.firstByte = arrival ?? read }
        if let late, stream.hasMerged(late: late), timeline.mergedReads < .max {
            timeline.mergedReads += 1
        }
        return arrival ?? read
    }

    /// Takes note of interim responses that were just read, with whatever followed them: the final
    /// response's first byte is one after them.
    @inline(never)
    func noteInterims(_ arrived: Nanoseconds) {
        timeline.interimResponses = UInt16(clamping: parser.interims)
        timeline.firstByte = parser.hasBegun ? arrived : nil
        if !parser.hasBegun { timeline.mergedReads = 0 }
    }
}
