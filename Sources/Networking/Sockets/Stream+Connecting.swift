/// Opening connections.
extension Stream {
    /// Opens a connection.
    ///
    /// - Parameter source: the local address to come from; nil lets the kernel choose.
    /// - Throws: `refused`, `timedOut` at the deadline, `unreachable`, `exhausted`, `cancelled`
    ///   or the system's error.
    package static func connect(
        to address: SocketAddress, from source: SocketAddress? = nil, on loop: EventLoop,
        until deadline: Nanoseconds, opening: (Stream) -> Void = { _ in }
    ) async throws(SocketError) -> Stream {
        let stream = try beginConnecting(to: address, from: source, on: loop)
        opening(stream)
        switch await stream.writable(until: deadline) {
        case .ready: break
        case .timedOut:
            stream.close()
            throw .timedOut
        case .cancelled:
            stream.close()
            throw .cancelled
        }
        try stream.endConnecting()
        return stream
    }

    /// Begins to open a connection. The attempt is over when the stream is writable.
    static func beginConnecting(
        to address: SocketAddress, from source: SocketAddress?, on loop: EventLoop
    ) throws(SocketError) -> Stream {
        switch loop.poller.connect(to: address, from: source) {
        case .done(let number):
            return try Stream(descriptor: Int32(truncatingIfNeeded: number), loop: loop)
        case .wouldBlock: throw .exhausted(.ports)
        case .failed(let error): throw SocketError(error)
        }
    }

    /// Throws why the attempt to connect that is over has failed, if it has; the stream is closed
    /// then.
    func endConnecting() throws(SocketError) {
        let error = loop.poller.connectError(descriptor)
        guard error != 0 else { return }
        close()
        throw SocketError(error)
    }
}
