import Glibc

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
        switch loop.poller.reserve(address) {
        case .done(let number): descriptor = Int32(truncatingIfNeeded: number)
        case .wouldBlock: throw .addressInUse
        case .failed(let error): throw SocketError(error)
        }
    }

    /// Gives the port back, so that it can be listened on.
    package func release() {
        guard descriptor >= 0 else { return }
        loop.poller.close(descriptor, abruptly: false)
        descriptor = -1
    }
}

/// The ports that the kernel gives to connections of its own choice.
package enum EphemeralPorts {
    /// How many connections one source address can have to one target; nil where the kernel does
    /// not say (`net.ipv4.ip_local_port_range`, also used for IPv6).
    package static var count: Int? {
        let descriptor = open("/proc/sys/net/ipv4/ip_local_port_range", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let size = read(descriptor, &bytes, bytes.count)
        guard size > 0 else { return nil }
        let words = String(decoding: bytes.prefix(size), as: UTF8.self)
            .split { $0.isWhitespace }.compactMap { Int($0) }
        guard words.count == 2, words[1] >= words[0] else { return nil }
        return words[1] - words[0] + 1
    }
}
