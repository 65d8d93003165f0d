import Base

/// A listening socket, confined to its loop's thread.
package final class Listener {
    private let loop: EventLoop
    private var descriptor: Int32
    /// Is readable while a connection may wait to be accepted.
    private let channel: Channel
    /// The address it listens on, with the port that the kernel chose.
    package let address: SocketAddress

    /// Begins to listen on `address`.
    ///
    /// - Throws: `addressInUse`, `notPermitted` or the system's error.
    package init(address: SocketAddress, loop: EventLoop) throws(SocketError) {
        descriptor = try loop.poller.listen(on: address).descriptor(orElse: .addressInUse)
        self.loop = loop
        self.address = loop.poller.localAddress(descriptor) ?? address
        channel = Channel(loop: loop)
        channel.isReadable = true
        channel.token = try loop.attach(channel, descriptor: descriptor)
    }

    deinit {
        guard descriptor >= 0 else { return }
        loop.abandon(channel.token, descriptor: descriptor)
    }

    /// Waits for the next connection.
    ///
    /// - Throws: `closed` after `close`, `exhausted`, or the system's error.
    package func accept() async throws(SocketError) -> Stream {
        while true {
            guard descriptor >= 0 else { throw .closed }
            if !channel.isReadable { _ = await channel.readable(until: .never) }
            guard descriptor >= 0 else { throw .closed }
            switch loop.poller.accept(descriptor) {
            case .done(let number):
                return try Stream(descriptor: Int32(truncatingIfNeeded: number), loop: loop)
            case .wouldBlock: channel.isReadable = false
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
        loop.detach(channel.token)
        loop.poller.close(descriptor, abruptly: false)
        descriptor = -1
        channel.resume(.ready)
    }
}

/// A port that nobody listens on, kept from being given to somebody else meanwhile: connections to
/// it are refused, and none of this machine's own comes from it.
package final class PortReservation {
    private let loop: EventLoop
    private var descriptor: Int32

    /// Takes the port of `address`.
    ///
    /// - Throws: `addressInUse`, `notPermitted` or the system's error.
    package init(_ address: SocketAddress, on loop: EventLoop) throws(SocketError) {
        self.loop = loop
        descriptor = try loop.poller.reserve(address).descriptor(orElse: .addressInUse)
    }

    /// Gives the port back, so that it can be listened on.
    package func release() {
        guard descriptor >= 0 else { return }
        loop.poller.close(descriptor, abruptly: false)
        descriptor = -1
    }
}
