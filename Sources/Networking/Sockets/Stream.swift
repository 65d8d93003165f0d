/// A non-blocking stream socket, confined to its loop's thread.
///
/// Reads go into the loop's shared memory and writes are tried at once, so an idle stream holds
/// nothing but its bookkeeping. At most one task waits to read and one to write at a time.
package final class Stream: Channel {
    let loop: EventLoop
    private(set) var descriptor: Int32
    private var token = ChannelTable.noToken

    var isReadable = false
    var isWritable = false
    private var hasEnded = false
    private var isCancelled = false

    private var reader: UnsafeContinuation<Wake, Never>?
    private var writer = Writer.none
    /// When a wait that is under way gives up.
    private var deadline = Nanoseconds.never
    /// One lazily armed timer guards all waits: most end long before it would fire, so an exchange
    /// sets no timer of its own.
    private var watchdog: TimerID?
    private var watchdogDue = Nanoseconds.never
    /// What encrypts, where something does.
    var tls: TLSSession?
    /// How the socket was read, where nothing encrypts.
    var readings = SocketReadings()

    /// Who waits to write.
    private enum Writer {
        case none
        case task(UnsafeContinuation<Wake, Never>)
        /// Somebody who waits for other things too and looks again when woken.
        case sleeper(Sleeper)
    }

    /// Wraps a connected or connecting descriptor and takes charge of closing it.
    init(descriptor: Int32, loop: EventLoop) throws(SocketError) {
        self.loop = loop
        self.descriptor = descriptor
        super.init()
        token = try loop.attach(self, descriptor: descriptor)
    }

    /// Whether the stream has been closed on this side.
    package var isClosed: Bool { descriptor < 0 }

    /// Whether something has arrived that nobody has asked for: on an idle client connection that is
    /// the peer's end or an error, never a response. The stream is of no use afterwards.
    ///
    /// - Parameter reads: whether to ask the kernel even if the loop has heard of nothing.
    package func isStale(reading reads: Bool = false) -> Bool {
        if hasEnded || isClosed { return true }
        // Readable: the last read filled the memory and could not show that nothing follows.
        guard isReadable || reads else { return false }
        do {
            return try receiveOnce { _ in true } ?? false
        } catch {
            return true
        }
    }

    // MARK: Waiting

    /// Waits until a read would bring something: bytes, the end, or an error.
    package func readable(until deadline: Nanoseconds = .never) async -> Wake {
        if isReadable || isClosed { return .ready }
        if isCancelled { return .cancelled }
        guard arm(deadline) else { return .timedOut }
        return await withUnsafeContinuation { reader = $0 }
    }

    /// Waits until a write would take at least one byte.
    package func writable(until deadline: Nanoseconds = .never) async -> Wake {
        if isWritable || isClosed { return .ready }
        if isCancelled { return .cancelled }
        guard arm(deadline) else { return .timedOut }
        return await withUnsafeContinuation { writer = .task($0) }
    }

    /// Wakes the sleeper once a write would take at least one byte, or the stream has ended.
    func wakeWhenWritable(_ sleeper: Sleeper) { writer = .sleeper(sleeper) }

    /// Ends the waits that are under way, and every later one, with `.cancelled`.
    package func cancel() {
        isCancelled = true
        resumeReader(.cancelled)
        resumeWriter(.cancelled)
    }

    override func ready(_ readiness: Readiness) {
        let readiness = tls.map { $0.took(readiness) } ?? readiness
        if readiness.contains(.ended) { hasEnded = true }
        if readiness.contains(.readable) || hasEnded {
            isReadable = true
            resumeReader(.ready)
        }
        if readiness.contains(.writable) || hasEnded {
            isWritable = true
            resumeWriter(.ready)
        }
    }

    override func watchdogFired() {
        watchdog = nil
        guard isAwaited else { return }
        guard deadline <= loop.tick else {
            _ = arm(deadline)
            return
        }
        resumeReader(.timedOut)
        resumeWriter(.timedOut)
    }

    private func arm(_ deadline: Nanoseconds) -> Bool {
        self.deadline = deadline
        guard deadline != .never else { return true }
        if deadline <= loop.tick { return false }
        if let watchdog {
            guard watchdogDue > deadline else { return true }
            loop.cancel(watchdog)
        }
        watchdog = loop.add(at: deadline, .check(token))
        watchdogDue = deadline
        return true
    }

    private var isAwaited: Bool {
        if case .none = writer { return reader != nil }
        return true
    }

    private func resumeReader(_ wake: Wake) {
        guard let waiting = reader else { return }
        reader = nil
        waiting.resume(returning: wake)
    }

    private func resumeWriter(_ wake: Wake) {
        let waiting = writer
        writer = .none
        switch waiting {
        case .none: break
        case .task(let continuation): continuation.resume(returning: wake)
        case .sleeper(let sleeper): sleeper.wake()
        }
    }

    // MARK: Moving bytes

    /// Reads once into the loop's shared memory and lends what came to `consume`; an empty span is
    /// the end of the stream. Returns nil, without calling it, when nothing is there yet.
    package func receiveOnce<Result>(
        _ consume: (Span<UInt8>) -> Result
    ) throws(SocketError) -> Result? {
        guard !isClosed else { throw .closed }
        if let tls { return try receiveOnce(from: tls, consume) }
        var stamp: Nanoseconds?
        switch loop.poller.read(descriptor, into: loop.scratch, arrival: &stamp) {
        case .done(let count):
            readings.note(stamp, isShort: count < loop.scratch.count, in: loop.tick)
            // A short read has emptied the socket; the next bytes will be an event of their own.
            if count < loop.scratch.count { isReadable = hasEnded }
            let bytes = UnsafeBufferPointer(
                start: UnsafePointer(
                    loop.scratch.baseAddress?.assumingMemoryBound(to: UInt8.self)),
                count: count)
            return consume(Span(_unsafeElements: bytes))
        case .wouldBlock:
            isReadable = false
            return nil
        case .failed(let error):
            throw SocketError(error)
        }
    }

    /// Writes as much of `bytes` from `start` on as the kernel takes now; the number of bytes taken.
    package func sendOnce(_ bytes: [UInt8], from start: Int = 0) throws(SocketError) -> Int {
        guard !isClosed else { throw .closed }
        if let tls { return try sendOnce(bytes, from: start, over: tls) }
        let outcome = bytes.withUnsafeBytes {
            loop.poller.write(descriptor, UnsafeRawBufferPointer(rebasing: $0[start...]))
        }
        switch outcome {
        case .done(let count): return count
        case .wouldBlock:
            isWritable = false
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
        if let watchdog { loop.cancel(watchdog) }
        watchdog = nil
        if !abruptly { tls?.sayGoodbye() }
        loop.detach(token)
        loop.poller.close(descriptor, abruptly: abruptly)
        descriptor = -1
        resumeReader(.ready)
        resumeWriter(.ready)
    }

    deinit {
        guard !isClosed else { return }
        loop.abandon(token, descriptor: descriptor, watchdog: watchdog)
    }
}
