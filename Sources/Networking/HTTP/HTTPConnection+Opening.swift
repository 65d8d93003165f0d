import Base

/// Opening a connection: look-up, addresses, and the handshake where there is one.
extension HTTPConnection {
    /// Never inlined: what it needs would stand in the frames of users that wait for a response.
    @inline(never)
    func openStream(until deadline: Nanoseconds) async throws(HTTPFailure) -> Stream {
        if isCancelled { throw .cancelled }
        if let stream { return stream }
        let race = try beginRace(to: await lookUp(until: deadline))
        await finish(race, until: deadline)
        try end(race, until: deadline)
        if let proxy = origin.proxy, origin.tls != nil {
            try await tunnel(through: proxy, until: deadline)
        }
        timeline.connect = origin.loop.clock() - opening
        if origin.tls != nil { try await secure(until: deadline) }
        return try opened()
    }

    private func lookUp(until deadline: Nanoseconds) async throws(HTTPFailure) -> [SocketAddress] {
        let start = origin.loop.tick
        while true {
            if isCancelled { throw .cancelled }
            if let addresses = try origin.book.addresses() {
                if origin.loop.tick > start { timeline.dns = origin.loop.tick - start }
                return usable(addresses)
            }
            if givesUpLookUps { throw .cancelled }
            let sleeper = origin.book.sleeperDuringLookUp()
            self.sleeper = sleeper
            isLookingUp = true
            let wake = await sleeper.sleep(until: deadline)
            isLookingUp = false
            self.sleeper = nil
            if wake == .ready { throw .timeout }
        }
    }

    /// Those of the source's family, where there is a source.
    private func usable(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let source else { return addresses }
        return addresses.filter { $0.isIPv6 == source.isIPv6 }
    }

    /// When connecting has taken too long.
    var connectLimit: Nanoseconds { opening + origin.connectTimeout }

    @inline(never)
    private func beginRace(to addresses: [SocketAddress]) -> HappyEyeballs {
        opening = origin.loop.clock()
        return HappyEyeballs(to: addresses, from: source, on: origin.loop)
    }

    /// Goes on with opening a connection until it is open or cannot be opened.
    @inline(never)
    private func finish(_ race: HappyEyeballs, until deadline: Nanoseconds) async {
        while let time = nextStep(of: race, until: deadline) {
            _ = await race.sleeper.sleep(until: time)
        }
    }

    /// Until when to wait before the next step; nil when there is none.
    @inline(never)
    private func nextStep(of race: HappyEyeballs, until deadline: Nanoseconds) -> Nanoseconds? {
        let limit = min(deadline, connectLimit)
        if isCancelled || origin.loop.tick >= limit { return nil }
        sleeper = race.sleeper
        return race.step().map { min($0, limit) }
    }

    /// Takes over what a race has come to.
    ///
    /// - Throws: why there is no connection.
    @inline(never)
    private func end(_ race: HappyEyeballs, until deadline: Nanoseconds) throws(HTTPFailure) {
        sleeper = nil
        stream = race.end()
        if isCancelled { throw .cancelled }
        origin.book.note(failed: race.failed, reached: race.reached)
        if stream != nil { return }
        if origin.loop.tick >= deadline { throw .timeout }
        if origin.loop.tick >= connectLimit { throw .connectTimeout }
        throw .connect(race.error)
    }

    @inline(never)
    private func opened() throws(HTTPFailure) -> Stream {
        guard let stream else { throw .cancelled }
        origin.count.opened()
        isCounted = true
        return stream
    }
}

/// Connections through a proxy. One without passes by all of this.
extension HTTPConnection {
    /// Has the proxy open a tunnel to the origin over a connection that has just been opened.
    ///
    /// Never inlined: what it needs would stand in the frames of users without a proxy too.
    @inline(never)
    func tunnel(through proxy: HTTPProxy, until deadline: Nanoseconds) async throws(HTTPFailure) {
        guard let stream else { return }
        let limit = min(deadline, connectLimit)
        parser.reset(isReplyToHead: true)
        do throws(SocketError) {
            try await stream.send(proxy.tunnelRequest(to: origin.fullAuthority), until: limit)
        } catch {
            throw tunnelFailure(of: error, until: deadline)
        }
        var isOpen = false
        while !isOpen {
            var arrived: [UInt8] = []
            do throws(SocketError) {
                _ = try await stream.receive(into: &arrived, until: limit)
            } catch {
                throw tunnelFailure(of: error, until: deadline)
            }
            isOpen = try opensTunnel(arrived)
        }
    }

    /// Whether the proxy has opened the tunnel, by what has arrived; nothing is the connection's end.
    /// Its answer has no body where it has opened one (RFC 9110 §9.3.6), and its body is of no
    /// interest where it has not.
    private func opensTunnel(_ bytes: [UInt8]) throws(HTTPFailure) -> Bool {
        do throws(HTTPError) {
            guard try bytes.isEmpty ? parser.end() : parser.feed(bytes.span) else { return false }
        } catch {
            throw .tunnel(error == .closedEarly ? .ended(.closed) : .malformed(error))
        }
        let status = parser.head.status
        guard (200...299).contains(status) else { throw .tunnel(.refused(status: status)) }
        return true
    }

    private func tunnelFailure(of error: SocketError, until deadline: Nanoseconds) -> HTTPFailure {
        switch error {
        case .cancelled: .cancelled
        case .timedOut: origin.loop.tick >= deadline ? .timeout : .tunnel(.timedOut)
        default: .tunnel(.ended(error))
        }
    }

    /// Makes the request at hand one for the proxy.
    @inline(never)
    func forward(through proxy: HTTPProxy) {
        proxy.forward(&origin.request, to: origin.authority)
    }
}

extension HTTPOrigin {
    /// `host:port`, an IPv6 address in brackets.
    var fullAuthority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The same, for plain requests, whose usual port is not named.
    var authority: String {
        port == 80 ? String(fullAuthority.dropLast(":80".count)) : fullAuthority
    }
}

/// Secure connections. A plain one passes by all of this.
extension HTTPConnection {
    /// Shakes hands over a connection that has just been opened.
    ///
    /// Never inlined: what it needs would stand in the frames of users without TLS too.
    @inline(never)
    func secure(until deadline: Nanoseconds) async throws(HTTPFailure) {
        guard let stream, let context = origin.tls else { return }
        let start = origin.loop.clock()
        do {
            try await stream.secure(
                with: context, host: origin.host, resuming: ticket,
                until: min(deadline, connectLimit))
        } catch {
            if error == .timedOut, origin.loop.tick < deadline { throw .handshakeTimeout }
            throw failure(of: error) { .handshake($0) }
        }
        timeline.tls = origin.loop.clock() - start
        origin.handshakes.all += 1
        if stream.channel.tls?.isResumed ?? false { origin.handshakes.resumed += 1 }
    }

    /// Keeps what the next connection can resume, if this one has been given anything.
    @inline(never)
    func keepTicket() {
        if let latest = stream?.ticket { ticket = latest }
    }
}
