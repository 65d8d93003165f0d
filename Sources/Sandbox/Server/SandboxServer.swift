import Base
import Glibc
package import Networking

/// The sandbox: imitated chat services behind one port of an event loop.
///
/// Everything happens on the loop, so it also runs in virtual time. Between requests a connection
/// costs its bookkeeping and two small buffers.
package actor SandboxServer {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    let settings: SandboxSettings
    /// What connections are encrypted with; nil where they are not.
    private let tls: TLSContext?
    var services: SandboxServices
    var response = Response()
    var writer = ResponseWriter()
    /// What requests under way hold together, in bytes, the first few of each aside.
    var heldBytes = 0
    private let startTime: Nanoseconds
    /// What has to be added to the loop's clock to get the time since 1970.
    private var clockOffset = Nanoseconds.zero
    /// Nil while connections are refused.
    var listener: Listener?
    /// Keeps the port meanwhile.
    var reservation: PortReservation?
    private(set) var isStopped = false
    private var connections: [Int: Stream] = [:]
    private var lastConnection = 0

    /// A server that has not been started. The loop has to be running before `start`.
    package init(settings: SandboxSettings, tls: TLSContext? = nil, loop: EventLoop) {
        self.tls = tls
        self.settings = settings
        self.loop = loop
        startTime = settings.startTime ?? Self.systemTime()
        services = SandboxServices(settings, start: startTime)
    }

    /// What has been received so far.
    package var counts: SandboxCounts { services.snapshot }

    /// Begins to listen and returns the address with the port that was chosen.
    ///
    /// - Parameter address: where to listen; `SandboxSettings.address` when nil.
    /// - Throws: why the address cannot be listened on.
    package func start(on address: SocketAddress? = nil) throws(SocketError) -> SocketAddress {
        let listener = try Listener(address: address ?? settings.address, loop: loop)
        self.listener = listener
        isStopped = false
        clockOffset = startTime - loop.tick
        acceptConnections()
        return listener.address
    }

    /// Stops listening and closes all connections, answered or not.
    package func stop() {
        isStopped = true
        listener?.close()
        listener = nil
        for stream in connections.values { stream.close() }
        connections = [:]
    }

    /// The time since 1970 at the beginning of the loop's tick.
    var now: Nanoseconds { loop.tick + clockOffset }

    /// When an answer leaves, on the loop's clock, that the service gives after `delay`.
    func departure(after delay: Nanoseconds) -> Nanoseconds {
        let due = loop.tick + delay
        if settings.stalls.isEmpty { return due }
        let start = startTime - clockOffset
        return start + Stall.release(due - start, from: settings.stalls)
    }

    func acceptConnections() {
        Task(executorPreference: loop) { await self.accept() }
    }

    private func accept() async {
        while let listener {
            do throws(SocketError) {
                admit(try await listener.accept())
            } catch .closed {
                return
            } catch {
                // Out of descriptors, most likely: some connection has to end first.
                await loop.sleep(until: loop.tick + .milliseconds(50))
            }
        }
    }

    func admit(_ stream: Stream) {
        guard connections.count < settings.mostConnections else {
            services.counts.refusedConnections += 1
            return stream.close()
        }
        lastConnection += 1
        let number = lastConnection
        services.counts.connections += 1
        connections[number] = stream
        Task(executorPreference: loop) { await self.serve(connection: number) }
    }

    private func serve(connection number: Int) async {
        guard let stream = connections[number] else { return }
        // A connection that fails is the client's concern and not the server's.
        if await isSecured(stream) { try? await converse(over: stream) }
        stream.close()
        connections[number] = nil
    }

    /// Shakes hands, where the server speaks TLS; false when nothing comes of it. Who speaks HTTP
    /// without it is told, as far as that can leave at once.
    private func isSecured(_ stream: Stream) async -> Bool {
        guard let tls else { return true }
        do {
            try await stream.secure(with: tls, until: loop.tick + settings.transferTimeout)
            return true
        } catch {
            if stream.tlsFailure?.kind == .plainHTTP {
                stream.sendPlain(Self.noTLS)
            }
            return false
        }
    }

    private static let noTLS = Array(
        """
        HTTP/1.1 400 Bad Request\r
        Content-Type: text/plain\r
        Content-Length: 45\r
        Connection: close\r
        \r
        This port speaks https, and the request http.
        """.utf8)

    private static func systemTime() -> Nanoseconds {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(Int64(time.tv_sec)) + Nanoseconds(Int64(time.tv_nsec))
    }
}

/// Carrying faults out.
extension SandboxServer {
    /// Sends a faulty answer; whether the connection goes on.
    func deliver(_ delivery: Delivery, over stream: Stream) async throws(SocketError) -> Bool {
        if delivery.isDribbled {
            for byte in delivery.bytes {
                try await send([byte], over: stream)
                await pause(until: loop.tick + .seconds(1))
            }
        } else if !delivery.bytes.isEmpty {
            try await send(delivery.bytes, over: stream)
        }
        let end = loop.tick + settings.idleTimeout
        while !delivery.forever.isEmpty, loop.tick < end {
            try await send(delivery.forever, over: stream)
        }
        switch delivery.ending {
        case .open: return delivery.forever.isEmpty
        case .closed: break
        case .reset: stream.reset()
        case .refusing: refuseConnections()
        }
        return false
    }

    private func send(_ bytes: [UInt8], over stream: Stream) async throws(SocketError) {
        services.counts.bytesOut += bytes.count
        try await stream.send(bytes, until: loop.tick + settings.transferTimeout)
    }

    /// Takes no connections for a while. Those that wait to be accepted are: their clients may have
    /// sent something already.
    private func refuseConnections() {
        guard let listener else { return }
        while let stream = listener.acceptWaiting() { admit(stream) }
        listener.close()
        self.listener = nil
        let address = listener.address
        reservation = try? PortReservation(address, on: loop)
        Task(executorPreference: loop) { await self.listenAgain(on: address) }
    }

    private func listenAgain(on address: SocketAddress) async {
        await pause(until: loop.tick + settings.refusal)
        reservation?.release()
        reservation = nil
        while !isStopped {
            if let listener = try? Listener(address: address, loop: loop) {
                self.listener = listener
                return acceptConnections()
            }
            await pause(until: loop.tick + settings.refusal)
        }
    }
}
