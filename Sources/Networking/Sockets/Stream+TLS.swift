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
    package func secure(
        with context: TLSContext, host: String = "", until deadline: Nanoseconds
    ) async throws(SocketError) {
        try await secure(with: context, host: host, resuming: nil, until: deadline)
    }

    @inline(never)
    func secure(
        with context: TLSContext, host: String, resuming earlier: TLSTicket?,
        until deadline: Nanoseconds
    ) async throws(SocketError) {
        guard !isClosed else { throw .closed }
        let session = try TLSSession(
            context, host: host, resuming: earlier, on: loop, descriptor: descriptor)
        tls = session
        while true {
            let wake: Wake
            switch session.handshake() {
            case .done: return
            case .wantsRead:
                isReadable = false
                wake = await readable(until: deadline)
            case .wantsWrite:
                isWritable = false
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
    package var tlsFailure: TLSFailure? { tls?.failure }

    /// What a later connection can resume; nil where there is nothing.
    var ticket: TLSTicket? { tls?.ticket() }

    /// `receiveOnce` of a secure stream.
    @inline(never)
    func receiveOnce<Result>(
        from session: TLSSession, _ consume: (Span<UInt8>) -> Result
    ) throws(SocketError) -> Result? {
        let step = session.read(into: loop.scratch)
        isReadable = !session.isDrained
        switch step {
        case .done(let count):
            let bytes = UnsafeBufferPointer(
                start: UnsafePointer(loop.scratch.baseAddress?.assumingMemoryBound(to: UInt8.self)),
                count: count)
            return consume(Span(_unsafeElements: bytes))
        case .ended:
            isReadable = true
            return consume(Span())
        case .wantsRead, .wantsWrite:
            isReadable = false
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
            if count < bytes.count - start { isWritable = false }
            return count
        case .wantsRead, .wantsWrite:
            isWritable = false
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
        guard !isClosed, tls?.failure != nil else { return }
        tls = nil
        _ = try? sendOnce(bytes)
    }
}
