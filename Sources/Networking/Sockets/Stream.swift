/// A non-blocking stream socket, confined to its loop's thread.
///
/// Reads go into the loop's shared memory and writes are tried at once, so an idle stream holds
/// nothing but its bookkeeping. At most one task waits to read and one to write at a time.
package final class Stream {
    let loop: EventLoop
    private(set) var descriptor: Int32
    let waits: StreamWaits
    /// What encrypts, where something does.
    var tls: TLSSession? {
        get { waits.tls }
        set { waits.tls = newValue }
    }
    /// How the socket was read, where nothing encrypts.
    var readings = SocketReadings()

    /// Wraps a connected or connecting descriptor and takes charge of closing it.
    init(descriptor: Int32, loop: EventLoop) throws(SocketError) {
        self.loop = loop
        self.descriptor = descriptor
        waits = StreamWaits(loop: loop)
        waits.token = try loop.attach(waits, descriptor: descriptor)
    }

    var isReadable: Bool {
        get { waits.isReadable }
        set { waits.isReadable = newValue }
    }
    var isWritable: Bool {
        get { waits.isWritable }
        set { waits.isWritable = newValue }
    }

    /// Whether the stream has been closed on this side.
    package var isClosed: Bool { descriptor < 0 }

    /// Whether something has arrived that nobody has asked for: on an idle client connection that is
    /// the peer's end or an error, never a response. The stream is of no use afterwards.
    ///
    /// - Parameter reads: whether to ask the kernel even if the loop has heard of nothing.
    package func isStale(reading reads: Bool = false) -> Bool {
        if waits.hasEnded || isClosed { return true }
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
        return await waits.readable(until: deadline)
    }

    /// Waits until a write would take at least one byte.
    package func writable(until deadline: Nanoseconds = .never) async -> Wake {
        if isWritable || isClosed { return .ready }
        return await waits.writable(until: deadline)
    }

    /// Wakes the sleeper once a write would take at least one byte, or the stream has ended.
    func wakeWhenWritable(_ sleeper: Sleeper) { waits.wakeWhenWritable(sleeper) }

    /// Ends the waits that are under way, and every later one, with `.cancelled`.
    package func cancel() { waits.cancel() }

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
            if count < loop.scratch.count { isReadable = waits.hasEnded }
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
        waits.stopWatching()
        if !abruptly { tls?.sayGoodbye() }
        loop.detach(waits.token)
        loop.poller.close(descriptor, abruptly: abruptly)
        descriptor = -1
        waits.resume(.ready)
    }

    deinit {
        guard !isClosed else { return }
        loop.abandon(waits.token, descriptor: descriptor, watchdog: waits.watchdog)
    }
}
