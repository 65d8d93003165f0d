/// A listening socket, confined to its loop's thread.
package final class Listener {
    private let loop: EventLoop
    private var descriptor: Int32
    private var token = ChannelTable.noToken
    private let waits = ListenerWaits()
    /// The address it listens on, with the port that the kernel chose.
    package let address: SocketAddress

    /// Begins to listen on `address`.
    ///
    /// - Throws: `addressInUse`, `notPermitted` or the system's error.
    package init(address: SocketAddress, loop: EventLoop) throws(SocketError) {
        switch loop.poller.listen(on: address) {
        case .done(let number): descriptor = Int32(truncatingIfNeeded: number)
        case .wouldBlock: throw .addressInUse
        case .failed(let error): throw SocketError(error)
        }
        self.loop = loop
        self.address = loop.poller.localAddress(descriptor) ?? address
        token = try loop.attach(waits, descriptor: descriptor)
    }

    deinit {
        guard descriptor >= 0 else { return }
        loop.abandon(token, descriptor: descriptor)
    }

    /// Waits for the next connection.
    ///
    /// - Throws: `closed` after `close`, `exhausted`, or the system's error.
    package func accept() async throws(SocketError) -> Stream {
        while true {
            guard descriptor >= 0 else { throw .closed }
            await waits.connection()
            guard descriptor >= 0 else { throw .closed }
            switch loop.poller.accept(descriptor) {
            case .done(let number):
                return try Stream(descriptor: Int32(truncatingIfNeeded: number), loop: loop)
            case .wouldBlock: waits.mayBring = false
            case .failed(let error): throw SocketError(error)
            }
        }
    }

    /// A connection that waits to be accepted; nil when none does.
    package func acceptWaiting() -> Stream? {
        guard descriptor >= 0, case .done(let number) = loop.poller.accept(descriptor) else {
            return nil
        }
        return try? Stream(descriptor: Int32(truncatingIfNeeded: number), loop: loop)
    }

    /// Stops listening; an `accept` that waits throws `closed`.
    package func close() {
        guard descriptor >= 0 else { return }
        loop.detach(token)
        loop.poller.close(descriptor, abruptly: false)
        descriptor = -1
        waits.resume()
    }
}

/// Waits for connections to a listening socket. The loop holds this and not the listener, so that one
/// which nobody holds any more ends by itself.
private final class ListenerWaits: Channel {
    private var waiting: UnsafeContinuation<Void, Never>?
    /// Set by an event, cleared when the queue of waiting connections has been seen empty.
    var mayBring = true

    /// Returns once a connection may be there.
    func connection() async {
        if !mayBring { await withUnsafeContinuation { waiting = $0 } }
    }

    override func ready(_ readiness: Readiness) {
        mayBring = true
        resume()
    }

    func resume() {
        guard let continuation = waiting else { return }
        waiting = nil
        continuation.resume()
    }
}
