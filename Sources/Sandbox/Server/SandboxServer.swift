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
    /// The frame of a stream that is being written.
    private var frame = ByteBuffer()
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
    /// then, how the output misbehaves on its way, if it does, and what follows it.
    private typealias Departure = (
        delay: Nanoseconds, closes: Bool, fault: Delivery?, stream: StreamedReply?,
        isGenerated: Bool
    )

    package func converse(over connection: inout ServerConnection) async throws(SocketError) {
        while true {
            let departure: Departure
            var isRefusal = false
            switch try await connection.next() {
            case .end: return
            case .request(let request): departure = answer(request, &connection.output)
            case .refused(let refusal):
                refuse(refusal, &connection.output)
                departure = (.zero, true, nil, nil, false)
                isRefusal = refusal != .late
            }
            connection.letGo()
            if let stream = departure.stream {
                guard try await play(stream, over: &connection), !departure.closes else { return }
                continue
            }
            services.generated.running += departure.isGenerated ? 1 : 0
            await pause(until: time(after: departure.delay))
            services.generated.running -= departure.isGenerated ? 1 : 0
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
    private func time(after delay: Nanoseconds) -> Nanoseconds { release(loop.tick + delay) }

    /// When something leaves, on the loop's clock, that is due then.
    private func release(_ due: Nanoseconds) -> Nanoseconds {
        if settings.stalls.isEmpty { return due }
        let start = startTime - clockOffset
        return start + Stall.release(due - start, from: settings.stalls)
    }

    private func answer(
        _ request: borrowing Request, _ output: inout ByteBuffer
    ) -> Departure {
        response.clear()
        let (fault, stream, isGenerated) = services.answer(
            request, at: now, of: state, into: &response)
        let keepsAlive =
            request.fields.keepsAlive && !response.closes && response.framing != .connection
        write(
            isHead: request.method == .head, keepsAlive: keepsAlive,
            isHTTP11: request.fields.isHTTP11, to: &output)
        let delay = response.delay
        if response.body.count > 1 << 20 { response = Response() }
        let isDelivery = fault?.isDelivery ?? false
        return (
            delay, !keepsAlive, isDelivery ? fault.map { Delivery(of: $0, output.bytes) } : nil,
            stream, isGenerated
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

/// Streaming.
extension SandboxServer {
    /// Sends a streamed reply to the request of this moment: the head, which is in the output, with the
    /// first frame, and every frame when it is due, those that are due together in one write; whether
    /// the connection goes on.
    private func play(
        _ reply: StreamedReply, over connection: inout ServerConnection
    ) async throws(SocketError) -> Bool {
        var reply = reply
        let start = loop.tick
        services.generated.streams += 1
        services.generated.running += 1
        defer { services.generated.running -= 1 }
        reply.begin()
        do throws(SocketError) {
            repeat {
                await pause(until: release(start + (reply.due ?? .zero)))
                if connection.hasEnded { throw .reset }
                let sent = write(&reply, since: start, to: &connection.output)
                if reply.due == nil, reply.isChunked, reply.ending == .whole {
                    connection.output.appendLastChunk()
                }
                if reply.fault == .byteARead {
                    try await dribble(connection.output.bytes, over: connection)
                } else {
                    try await connection.send()
                }
                connection.output.clear()
                services.generated.frames += sent.frames
                services.generated.tokens += sent.tokens
            } while reply.due != nil
        } catch {
            services.generated.cutStreams += 1
            throw error
        }
        return reply.ending != .closed
    }

    /// Writes all frames that are due by now.
    private func write(
        _ reply: inout StreamedReply, since start: Nanoseconds, to output: inout ByteBuffer
    ) -> (frames: Int, tokens: Int) {
        var sent = (frames: 0, tokens: 0)
        while let due = reply.due, release(start + due) <= loop.tick {
            frame.clear()
            let tokens = reply.write(to: &frame, running: services.generated.running)
            sent.frames += tokens > 0 ? 1 : 0
            sent.tokens += tokens
            if reply.isChunked { output.append(chunk: frame) } else { output.append(frame) }
        }
        if frame.count > 1 << 18 { frame = ByteBuffer() }
        return sent
    }
}

/// Carrying faults out.
extension SandboxServer {
    /// Sends a faulty answer; whether the connection goes on.
    private func deliver(
        _ delivery: Delivery, over connection: ServerConnection
    ) async throws(SocketError) -> Bool {
        if delivery.isDribbled {
            try await dribble(delivery.bytes, every: .seconds(1), over: connection)
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

    /// Sends bytes one by one.
    private func dribble(
        _ bytes: [UInt8], every gap: Nanoseconds = .microseconds(1),
        over connection: ServerConnection
    ) async throws(SocketError) {
        for byte in bytes {
            try await connection.send([byte])
            await pause(until: loop.tick + gap)
        }
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
