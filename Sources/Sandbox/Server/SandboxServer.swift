import Base
package import Networking

/// Sandbox: imitated chat services behind one port of an event loop. It runs in virtual time too.
/// Between requests a connection costs its bookkeeping and two small buffers.
package actor SandboxServer: HTTPServer {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    package let state: HTTPServerState
    private let settings: SandboxSettings
    private var services: SandboxServices
    private var response = Response()
    private var writer = ResponseWriter()
    private let startTime: Nanoseconds
    /// What has to be added to the loop's clock to get the time since 1970.
    private var clockOffset = Nanoseconds.zero
    /// Keeps the port while connections are refused.
    private var reservation: PortReservation?
    private var isStopped = false

    /// A server that has not been started. The loop has to be running before `start`.
    package init(settings: SandboxSettings, tls: TLSContext? = nil, loop: EventLoop) {
        self.settings = settings
        self.loop = loop
        state = HTTPServerState(
            HTTPServerRules(
                limits: HTTPLimits(head: 32 * 1024, body: BotyardLimits.bodyBytes),
                mostConnections: settings.mostConnections, mostHeldBytes: settings.mostHeldBytes,
                idleTimeout: settings.idleTimeout, transferTimeout: settings.transferTimeout),
            tls: tls)
        startTime = settings.startTime ?? UTCTime.now
        services = SandboxServices(settings, start: startTime)
    }

    /// What has been received so far.
    package var counts: SandboxCounts { services.snapshot(of: state) }

    /// Begins to listen and returns the address with the port that was chosen.
    ///
    /// - Parameter address: where to listen; `SandboxSettings.address` when nil.
    /// - Throws: why the address cannot be listened on.
    package func start(on address: SocketAddress? = nil) throws(SocketError) -> SocketAddress {
        let chosen = try listen(on: address ?? settings.address)
        isStopped = false
        clockOffset = startTime - loop.tick
        return chosen
    }

    /// Stops listening and closes all connections, answered or not.
    package func stop() {
        isStopped = true
        close()
    }

    /// The time since 1970 at the beginning of the loop's tick.
    private var now: Nanoseconds { loop.tick + clockOffset }
}

/// Answering.
extension SandboxServer {
    /// What becomes of the output and the connection: after which time, whether the connection ends
    /// then, and how the output misbehaves on its way, if it does.
    private typealias Departure = (delay: Nanoseconds, closes: Bool, fault: Delivery?)

    package func converse(over connection: inout ServerConnection) async throws(SocketError) {
        while true {
            let departure: Departure
            var isRefusal = false
            switch try await connection.next() {
            case .end: return
            case .request(let request): departure = answer(request, &connection.output)
            case .refused(let refusal):
                refuse(refusal, &connection.output)
                departure = (.zero, true, nil)
                isRefusal = refusal != .late
            }
            connection.letGo()
            await pause(until: time(after: departure.delay))
            if let fault = departure.fault {
                guard try await deliver(fault, over: connection) else { return }
            } else {
                try await connection.send()
                if isRefusal { try await connection.discardRest() }
                if departure.closes { return }
            }
        }
    }

    private func pause(until time: Nanoseconds) async {
        if time > loop.tick { await loop.sleep(until: time) }
    }

    /// When an answer leaves, on the loop's clock, that the service gives after `delay`.
    private func time(after delay: Nanoseconds) -> Nanoseconds {
        let due = loop.tick + delay
        if settings.stalls.isEmpty { return due }
        let start = startTime - clockOffset
        return start + Stall.release(due - start, from: settings.stalls)
    }

    private func answer(
        _ request: borrowing Request, _ output: inout ByteBuffer
    ) -> Departure {
        response.clear()
        let fault = services.answer(request, at: now, of: state, into: &response)
        let keepsAlive = request.fields.keepsAlive && !response.closes
        write(
            isHead: request.method == .head, keepsAlive: keepsAlive,
            isHTTP11: request.fields.isHTTP11, to: &output)
        let delay = response.delay
        if response.body.count > 1 << 20 { response = Response() }
        let isDelivery = fault?.isDelivery ?? false
        return (
            delay, !keepsAlive, isDelivery ? fault.map { Delivery(of: $0, output.bytes) } : nil
        )
    }

    private func refuse(
        _ refusal: RequestParser.Refusal, _ output: inout ByteBuffer
    ) {
        response.clear()
        services.refuse(refusal, into: &response)
        write(isHead: false, keepsAlive: false, isHTTP11: true, to: &output)
    }

    private func write(
        isHead: Bool, keepsAlive: Bool, isHTTP11: Bool, to output: inout ByteBuffer
    ) {
        let persistence: StaticString =
            switch (keepsAlive, isHTTP11) {
            case (false, _): "Connection: close\r\n"
            case (true, false): "Connection: keep-alive\r\n"
            case (true, true): ""
            }
        writer.write(response, isHead: isHead, persistence: persistence, at: now, to: &output)
    }
}

/// Carrying faults out.
extension SandboxServer {
    /// Sends a faulty answer; whether the connection goes on.
    private func deliver(
        _ delivery: Delivery, over connection: ServerConnection
    ) async throws(SocketError) -> Bool {
        if delivery.isDribbled {
            for byte in delivery.bytes {
                try await connection.send([byte])
                await pause(until: loop.tick + .seconds(1))
            }
        } else if !delivery.bytes.isEmpty {
            try await connection.send(delivery.bytes)
        }
        let end = loop.tick + settings.idleTimeout
        while !delivery.forever.isEmpty, loop.tick < end {
            try await connection.send(delivery.forever)
        }
        switch delivery.ending {
        case .open: return delivery.forever.isEmpty
        case .closed: break
        case .reset: connection.reset()
        case .refusing: refuseConnections()
        }
        return false
    }

    /// Takes no connections for a while. Those that wait to be accepted are: their clients may have
    /// sent something already.
    private func refuseConnections() {
        guard let listener = state.listener else { return }
        while let stream = listener.acceptWaiting() { admit(stream) }
        listener.close()
        state.listener = nil
        let address = listener.address
        reservation = try? PortReservation(address, on: loop)
        Task(executorPreference: loop) { await self.listenAgain(on: address) }
    }

    private func listenAgain(on address: SocketAddress) async {
        await pause(until: loop.tick + settings.refusal)
        reservation?.release()
        reservation = nil
        while !isStopped {
            if (try? listen(on: address)) != nil { return }
            await pause(until: loop.tick + settings.refusal)
        }
    }
}

/// What a sandbox has received and sent since its start: the server's own figures, to hold the
/// client's against.
package struct SandboxCounts: Sendable, Equatable {
    /// What one credential has sent.
    package struct Credential: Sendable, Equatable {
        /// Requests of those that a limit would count.
        package var requests = 0
        /// How many of them a limit refused.
        package var rejected = 0
        /// Tokens of its messages and of the replies.
        package var tokens = 0
    }

    /// Requests by route (`tamako.chat`, `botyard.messages.send`, …) and status; those that a fault
    /// keeps from a whole answer stand under the status 0. A request counts when its answer is
    /// decided, which is before the bot's latency.
    package var requests: [String: [Int: Int]] = [:]
    /// How often each fault has happened, by its name.
    package var faults: [String: Int] = [:]
    /// By service, its first 1000 credentials in the order in which they came; never the credentials
    /// themselves. Botyard's users are counted only where it has a limit.
    package var credentials: [String: [Credential]] = [:]
    /// Connections accepted.
    package var connections = 0
    /// Connections closed at once because there were too many.
    package var refusedConnections = 0
    /// Bytes of requests, as they came from the sockets.
    package var bytesIn = 0
    /// Bytes of responses, as they were given to the sockets.
    package var bytesOut = 0

    /// Requests of all routes and statuses.
    package var total: Int {
        requests.values.reduce(0) { $0 + $1.values.reduce(0, +) }
    }

    /// The counts as a JSON object with sorted keys.
    package var json: String {
        let routes = requests.sorted { $0.key < $1.key }.map { route, statuses in
            let counts = statuses.sorted { $0.key < $1.key }
                .map { "\"\(Self.name(ofStatus: $0.key))\":\($0.value)" }
            return "\"\(route)\":{\(counts.joined(separator: ","))}"
        }
        let services = credentials.sorted { $0.key < $1.key }.map { service, counts in
            "\"\(service)\":[\(counts.map(\.json).joined(separator: ","))]"
        }
        let kinds = faults.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        return "{\"requests\":{\(routes.joined(separator: ","))},\"total\":\(total),"
            + "\"faults\":{\(kinds.joined(separator: ","))},"
            + "\"credentials\":{\(services.joined(separator: ","))},"
            + "\"connections\":\(connections),\"refused_connections\":\(refusedConnections),"
            + "\"bytes_in\":\(bytesIn),\"bytes_out\":\(bytesOut)}"
    }

    /// A status in words and files: `none` for the one of requests without a whole answer.
    package static func name(ofStatus status: Int) -> String { status == 0 ? "none" : "\(status)" }
}

extension SandboxCounts.Credential {
    fileprivate var json: String {
        "{\"requests\":\(requests),\"rejected\":\(rejected),\"tokens\":\(tokens)}"
    }
}
