/// One simulated user's connection: opened when first needed, kept alive between exchanges, opened
/// again after the peer or a failure has ended it. One exchange at a time; confined to its loop.
package final class HTTPConnection {
    let origin: HTTPOrigin
    private(set) var stream: Stream?
    private var parser: ResponseParser
    private let source: SocketAddress?
    private(set) var isCancelled = false
    /// Whether the connection stands and is counted.
    private var isCounted = false
    /// Why the peer stopped taking the request at hand; it may have answered before it hung up.
    private var cutOff: SocketError?
    /// When the latest connection began to be opened; kept here for the same reason as `timeline`.
    private(set) var opening = Nanoseconds.zero
    /// Waits for the look-up of the name, where one is under way, or for URLSession.
    var sleeper: Sleeper?
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
    ///   - build: appends the whole request; called when the connection is ready to take it.
    ///   - read: called with the response head, its raw bytes and the body, all valid only during
    ///     the call.
    /// - Throws: why there is no complete response. The timeline is filled in either case.
    package func exchange(
        until deadline: Nanoseconds, isHead: Bool = false,
        build: (inout ByteBuffer) -> Void,
        read: (ResponseHead, Span<UInt8>, Span<UInt8>) -> Void
    ) async throws(HTTPFailure) {
        if let session = origin.portable {
            return try await exchange(
                through: session, until: deadline, isHead: isHead, build: build, read: read)
        }
        begin()
        do {
            let stream = try await openStream(until: deadline)
            parser.reset(isReplyToHead: isHead)
            try await send(on: stream, until: deadline, build: build)
            try await receive(on: stream, until: deadline, read: read)
            if cutOff != nil || !parser.keepsAlive { close() }
            parser.releaseMemory()
        } catch {
            throw end(after: error)
        }
    }

    /// Ends an exchange that failed; why it did, in the end.
    @inline(never)
    private func end(after failure: HTTPFailure) -> HTTPFailure {
        timeline.end = origin.loop.clock()
        close()
        parser.releaseMemory()
        // What TLS says explains why the peer stopped listening.
        if case .tls = failure { return failure }
        return cutOff.map { .send($0) } ?? failure
    }

    /// Never inlined, as other things here: what it needs would stay in the frame of a user that
    /// waits.
    @inline(never)
    func begin() {
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

    /// Closes the connection; the next exchange opens another one.
    package func close() {
        if origin.tls != nil { keepTicket() }
        stream?.close()
        stream = nil
        if isCounted { origin.count.closed() }
        isCounted = false
    }

    // MARK: Opening

    private func openStream(
        until deadline: Nanoseconds
    ) async throws(HTTPFailure) -> Stream {
        if isCancelled { throw .cancelled }
        if let stream {
            if !stream.isStale() { return stream }
            // The peer ended the connection while it was idle: nothing is lost by opening another.
            close()
        }
        let addresses = try await lookUp(until: deadline)
        opening = origin.loop.clock()
        let stream = try await connect(to: addresses, until: deadline)
        timeline.connect = origin.loop.clock() - opening
        if origin.tls != nil { try await secure(until: deadline) }
        origin.count.opened()
        isCounted = true
        return stream
    }

    private func lookUp(until deadline: Nanoseconds) async throws(HTTPFailure) -> [SocketAddress] {
        let start = origin.loop.tick
        while true {
            if isCancelled { throw .cancelled }
            do {
                if let addresses = try origin.addresses() {
                    if origin.loop.tick > start { timeline.dns = origin.loop.tick - start }
                    return addresses
                }
            } catch {
                throw .resolve(error)
            }
            let sleeper = origin.sleeperDuringLookUp()
            self.sleeper = sleeper
            let wake = await sleeper.sleep(until: deadline)
            self.sleeper = nil
            if wake == .ready { throw .timeout }
        }
    }

    /// When connecting has taken too long.
    var connectLimit: Nanoseconds { opening + origin.connectTimeout }

    private func connect(
        to addresses: [SocketAddress], until deadline: Nanoseconds
    ) async throws(HTTPFailure) -> Stream {
        var failure = source == nil ? SocketError.unreachable : .wrongFamily
        for address in addresses where source?.isIPv6 ?? address.isIPv6 == address.isIPv6 {
            if isCancelled { throw .cancelled }
            do {
                return try await Stream.connect(
                    to: address, from: source, on: origin.loop, until: min(deadline, connectLimit)
                ) { stream = $0 }
            } catch {
                stream = nil
                if error == .cancelled { throw .cancelled }
                if origin.loop.tick >= deadline { throw .timeout }
                if origin.loop.tick >= connectLimit { throw .connectTimeout }
                failure = error
            }
        }
        throw .connect(failure)
    }

    // MARK: Sending

    private func send(
        on stream: Stream, until deadline: Nanoseconds,
        build: (inout ByteBuffer) -> Void
    ) async throws(HTTPFailure) {
        origin.request.clear()
        build(&origin.request)
        trace?.take(request: origin.request)
        timeline.bytesOut = origin.request.count
        timeline.sent = origin.loop.clock()
        do {
            let sent = try stream.sendOnce(origin.request.bytes)
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
            switch await stream.readable(until: deadline) {
            case .ready: break
            case .timedOut: throw .timeout
            case .cancelled: throw .cancelled
            }
            if try receiveOnce(from: stream, read: read) { return }
        }
    }

    /// Reads what has arrived; true when it completed the response.
    ///
    /// Never inlined: what it needs on the way would stay in the frame of a user that waits.
    @inline(never)
    private func receiveOnce(
        from stream: Stream,
        read: (ResponseHead, Span<UInt8>, Span<UInt8>) -> Void
    ) throws(HTTPFailure) -> Bool {
        var failure: HTTPError?
        var isComplete = false
        do {
            _ = try stream.receiveOnce { bytes in
                let arrived = origin.loop.clock()
                if timeline.firstByte == nil, bytes.count > 0 { timeline.firstByte = arrived }
                timeline.bytesIn += bytes.count
                trace?.take(received: bytes)
                do throws(HTTPError) {
                    isComplete = bytes.isEmpty ? try parser.end() : try parser.feed(bytes)
                } catch {
                    failure = error
                }
                guard isComplete else { return }
                timeline.end = arrived
                parser.withMessage(input: bytes) {
                    trace?.take(head: $0, body: $1)
                    read(parser.head, $0, $1)
                }
            }
        } catch {
            throw self.failure(of: error) { .receive($0) }
        }
        if let failure { throw .message(failure) }
        return isComplete
    }
}
