package import Base

/// A non-blocking stream socket, confined to its loop's thread.
///
/// Reads go into the loop's shared memory and writes are tried at once, so an idle stream holds
/// nothing but its bookkeeping. At most one task waits to read and one to write at a time.
package final class Stream {
    let loop: EventLoop
    private(set) var descriptor: Int32
    let channel: Channel

    /// Wraps a connected or connecting descriptor and takes charge of closing it.
    init(descriptor: Int32, loop: EventLoop) throws(SocketError) {
        self.loop = loop
        self.descriptor = descriptor
        channel = Channel(loop: loop)
        channel.token = try loop.attach(channel, descriptor: descriptor)
    }

    /// Whether the stream has been closed on this side.
    package var isClosed: Bool { descriptor < 0 }

    /// Whether the peer has ended the stream, or it has failed, as far as the loop has heard; what came
    /// before that may still be there to read.
    package var hasEnded: Bool { channel.hasEnded || isClosed }

    /// Whether something has arrived that nobody has asked for: on an idle client connection that is
    /// the peer's end or an error, never a response. The stream is of no use afterwards.
    ///
    /// - Parameter reads: whether to ask the kernel even if the loop has heard of nothing.
    package func isStale(reading reads: Bool = false) -> Bool {
        if channel.hasEnded || isClosed { return true }
        // Readable: the last read filled the memory and could not show that nothing follows.
        guard channel.isReadable || reads else { return false }
        do {
            return try receiveOnce { _ in true } ?? false
        } catch {
            return true
        }
    }

    // MARK: Waiting

    /// Waits until a read would bring something: bytes, the end, or an error.
    package func readable(until deadline: Nanoseconds = .never) async -> WakeReason {
        if channel.isReadable || isClosed { return .ready }
        return await channel.readable(until: deadline)
    }

    /// Waits as `readable`, but has `taker` read what comes meanwhile, if there is one, until that has
    /// had enough.
    func readable(
        until deadline: Nanoseconds, by taker: (any ReadingTaker)?
    ) async -> WakeReason {
        if channel.isReadable || isClosed { return .ready }
        return await channel.readable(until: deadline, by: taker)
    }

    /// Waits until a write would take at least one byte.
    package func writable(until deadline: Nanoseconds = .never) async -> WakeReason {
        if channel.isWritable || isClosed { return .ready }
        return await channel.writable(until: deadline)
    }

    /// Wakes the sleeper once a write would take at least one byte, or the stream has ended.
    func wakeWhenWritable(_ sleeper: CancellableSleep) { channel.wakeWhenWritable(sleeper) }

    /// Ends the waits that are under way, and every later one, with `.cancelled`.
    package func cancel() { channel.cancel() }

    // MARK: Moving bytes

    /// Reads once into the loop's shared memory and lends what came to `consume`; an empty span is
    /// the end of the stream. Returns nil, without calling it, when nothing is there yet.
    package func receiveOnce<Result>(
        _ consume: (Span<UInt8>) -> Result
    ) throws(SocketError) -> Result? {
        guard !isClosed else { throw .closed }
        if let tls = channel.tls { return try receiveOnce(from: tls, consume) }
        var stamp: Nanoseconds?
        switch loop.poller.read(descriptor, into: loop.scratch, arrival: &stamp) {
        case .done(let count):
            channel.readings.note(stamp, isShort: count < loop.scratch.count, in: loop.tick)
            // A short read has emptied the socket; the next bytes will be an event of their own.
            if count < loop.scratch.count { channel.isReadable = channel.hasEnded }
            let bytes = UnsafeBufferPointer(
                start: UnsafePointer(
                    loop.scratch.baseAddress?.assumingMemoryBound(to: UInt8.self)),
                count: count)
            return consume(Span(_unsafeElements: bytes))
        case .wouldBlock:
            channel.isReadable = false
            return nil
        case .failed(let error):
            throw SocketError(error)
        }
    }

    /// Writes as much of `bytes` from `start` on as the kernel takes now; the number of bytes taken.
    package func sendOnce(_ bytes: [UInt8], from start: Int = 0) throws(SocketError) -> Int {
        guard !isClosed else { throw .closed }
        if let tls = channel.tls { return try sendOnce(bytes, from: start, over: tls) }
        let outcome = bytes.withUnsafeBytes {
            loop.poller.write(descriptor, UnsafeRawBufferPointer(rebasing: $0[start...]))
        }
        switch outcome {
        case .done(let count): return count
        case .wouldBlock:
            channel.isWritable = false
            return 0
        case .failed(let error):
            throw SocketError(error)
        }
    }

    // MARK: Ending

    /// Closes the stream; a wait that is under way returns and the next operation throws `closed`.
    package func close() { end(abruptly: false) }

    /// Closes the stream so that the peer sees a reset.
    package func reset() { end(abruptly: true) }

    private func end(abruptly: Bool) {
        guard !isClosed else { return }
        channel.stopWatching()
        if !abruptly { channel.tls?.sayGoodbye() }
        loop.detach(channel.token)
        loop.poller.close(descriptor, abruptly: abruptly)
        descriptor = -1
        channel.resume(.ready)
    }

    deinit {
        guard !isClosed else { return }
        loop.abandon(channel.token, descriptor: descriptor, watchdog: channel.watchdog)
    }
}

/// Streams that are encrypted. What belongs to TLS stands apart, so that a plain stream neither
/// grows nor waits for it.
extension Stream {
    /// Makes the stream, which must not have carried anything, a secure one.
    ///
    /// - Parameters:
    ///   - host: for clients the server's name or address, which its certificate has to be for.
    ///   - earlier: a session to go on with.
    /// - Throws: `insecure`, with the reason in `tlsFailure`; `truncated` where the peer closed on
    ///   the way; `timedOut` at the deadline, `cancelled`, or why the stream failed.
    @inline(never)
    package func secure(
        with context: TLSContext, host: String = "", resuming earlier: TLSTicket? = nil,
        until deadline: Nanoseconds
    ) async throws(SocketError) {
        guard !isClosed else { throw .closed }
        let session = try TLSSession(
            context, host: host, resuming: earlier, over: channel, on: loop, descriptor: descriptor)
        channel.tls = session
        while true {
            let wake: WakeReason
            switch session.handshake() {
            case .done: return
            case .wantsRead:
                channel.isReadable = false
                wake = await readable(until: deadline)
            case .wantsWrite:
                channel.isWritable = false
                wake = await writable(until: deadline)
            case .ended: throw .truncated
            case .failed(let error): throw error
            }
            if wake == .timedOut { throw .timedOut }
            if wake == .cancelled { throw .cancelled }
            if isClosed { throw .closed }
        }
    }

    /// Why the stream is not, or no longer, a secure one; nil while it is, and where it never was
    /// to be.
    package var tlsFailure: TLSFailure? { channel.tls?.failure }

    /// What a later connection can resume; nil where there is nothing.
    var ticket: TLSTicket? { channel.tls?.ticket() }

    /// `receiveOnce` of a secure stream.
    @inline(never)
    func receiveOnce<Result>(
        from session: TLSSession, _ consume: (Span<UInt8>) -> Result
    ) throws(SocketError) -> Result? {
        let step = session.read(into: loop.scratch)
        channel.isReadable = !session.isDrained
        switch step {
        case .done(let count):
            let bytes = UnsafeBufferPointer(
                start: UnsafePointer(loop.scratch.baseAddress?.assumingMemoryBound(to: UInt8.self)),
                count: count)
            return consume(Span(_unsafeElements: bytes))
        case .ended:
            channel.isReadable = true
            return consume(Span())
        case .wantsRead, .wantsWrite:
            channel.isReadable = false
            return nil
        case .failed(let error): throw error
        }
    }

    /// `sendOnce` of a secure stream.
    @inline(never)
    func sendOnce(
        _ bytes: [UInt8], from start: Int, over session: TLSSession
    ) throws(SocketError) -> Int {
        let step = bytes.withUnsafeBytes {
            session.write(UnsafeRawBufferPointer(rebasing: $0[start...]))
        }
        switch step {
        case .done(let count):
            if count < bytes.count - start { channel.isWritable = false }
            return count
        case .wantsRead, .wantsWrite:
            channel.isWritable = false
            return 0
        case .ended: throw .reset
        case .failed(let error): throw error
        }
    }
}

extension Stream {
    /// Sends bytes past a handshake that has failed, as far as they can leave at once: to a client
    /// that does not speak TLS.
    package func sendPlain(_ bytes: [UInt8]) {
        guard !isClosed, channel.tls?.failure != nil else { return }
        channel.tls = nil
        _ = try? sendOnce(bytes)
    }
}

/// Opening connections.
extension Stream {
    /// Begins to open a connection. The attempt is over when the stream is writable.
    ///
    /// - Parameter source: the local address to come from; nil lets the kernel choose.
    /// - Throws: `exhausted` or the system's error.
    package static func beginConnecting(
        to address: SocketAddress, from source: SocketAddress?, on loop: EventLoop
    ) throws(SocketError) -> Stream {
        let descriptor = try loop.poller.connect(to: address, from: source)
            .descriptor(orElse: .exhausted(.ports))
        return try Stream(descriptor: descriptor, loop: loop)
    }

    /// Ends an attempt to connect that is over.
    ///
    /// - Throws: why it has failed, if it has; the stream is closed then.
    package func endConnecting() throws(SocketError) {
        let error = loop.poller.connectError(descriptor)
        guard error != 0 else { return }
        close()
        throw SocketError(error)
    }
}

/// When that which a stream has read had arrived at this machine.
extension Stream {
    /// From how late on a reading may have found several segments that waited for it: a machine that
    /// has nothing else to do reads within some tens of microseconds.
    package static let watchedLateness = Nanoseconds.milliseconds(1)

    /// When the last byte of the latest reading arrived, by the kernel's stamp. Of several segments
    /// the kernel tells the last one's, so that is when whatever ended with it was over.
    ///
    /// - Parameter time: a time after that reading.
    /// - Returns: nil where the kernel gave no stamp, or one that does not lie after the reading
    ///   before, the request and before `time`.
    func arrival(readAt time: Nanoseconds) -> Nanoseconds? {
        channel.readings.arrival(readAt: time)
    }

    /// Whether a reading that was so late may have found several segments, the first of which had
    /// waited for the last.
    ///
    /// Each segment with data is counted by the kernel. Where there are as many as readings, each
    /// of these was of one. It is asked on late readings only, so that one reading of several
    /// since the last time makes this say yes.
    func hasMerged(late span: Nanoseconds) -> Bool {
        span > Self.watchedLateness
            && !channel.readings.wereOfOneSegment(
                received: loop.poller.segmentsReceived(descriptor))
    }

    /// A request leaves: nothing that arrived earlier is an answer to it.
    func expectNothing(before time: Nanoseconds) { channel.readings.expectNothing(before: time) }
}

/// Whole-message conveniences for servers and tests; the client's hot path does without.
extension Stream {
    /// Appends what has arrived to `bytes`, waiting for at least one byte; returns how many, 0 at the
    /// end of the stream.
    ///
    /// - Throws: `timedOut` at the deadline, `cancelled`, or why the stream failed.
    package func receive(
        into bytes: inout [UInt8], until deadline: Nanoseconds = .never
    ) async throws(SocketError) -> Int {
        while true {
            try await Self.check(readable(until: deadline))
            var arrived = [UInt8]()
            let count = try receiveOnce { span in
                span.withUnsafeBufferPointer { arrived.append(contentsOf: $0) }
                return span.count
            }
            if let count {
                bytes.append(contentsOf: arrived)
                return count
            }
        }
    }

    /// Sends all of `bytes`.
    ///
    /// - Throws: `timedOut` at the deadline, `cancelled`, or why the stream failed.
    package func send(
        _ bytes: [UInt8], until deadline: Nanoseconds = .never
    ) async throws(SocketError) {
        var sent = try sendOnce(bytes)
        while sent < bytes.count {
            try await Self.check(writable(until: deadline))
            sent += try sendOnce(bytes, from: sent)
        }
    }

    private static func check(_ wake: WakeReason) throws(SocketError) {
        switch wake {
        case .ready: return
        case .timedOut: throw .timedOut
        case .cancelled: throw .cancelled
        }
    }
}
