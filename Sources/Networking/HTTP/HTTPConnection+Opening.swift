/// Opening a connection: look-up, addresses, and the handshake where there is one.
extension HTTPConnection {
    func openStream(until deadline: Nanoseconds) async throws(HTTPFailure) -> Stream {
        if isCancelled { throw .cancelled }
        if let stream { return stream }
        let addresses = try await lookUp(until: deadline)
        opening = origin.loop.clock()
        let stream = try await connect(to: addresses, until: deadline)
        if let proxy = origin.proxy, origin.tls != nil {
            try await tunnel(through: proxy, until: deadline)
        }
        timeline.connect = origin.loop.clock() - opening
        if origin.tls != nil { try await secure(until: deadline) }
        countOpened()
        return stream
    }

    private func lookUp(until deadline: Nanoseconds) async throws(HTTPFailure) -> [SocketAddress] {
        let start = origin.loop.tick
        while true {
            if isCancelled { throw .cancelled }
            do {
                if let addresses = try origin.book.addresses() {
                    if origin.loop.tick > start { timeline.dns = origin.loop.tick - start }
                    return usable(addresses)
                }
            } catch {
                throw .resolve(error)
            }
            let sleeper = origin.book.sleeperDuringLookUp()
            self.sleeper = sleeper
            let wake = await sleeper.sleep(until: deadline)
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

    private func connect(
        to addresses: [SocketAddress], until deadline: Nanoseconds
    ) async throws(HTTPFailure) -> Stream {
        guard let address = addresses.first else { throw .connect(.wrongFamily) }
        if addresses.count > 1 { return try await race(to: addresses, until: deadline) }
        do {
            return try await Stream.connect(
                to: address, from: source, on: origin.loop, until: min(deadline, connectLimit)
            ) { stream = $0 }
        } catch {
            stream = nil
            throw failureToConnect(error, to: [address], until: deadline)
        }
    }

    /// Never inlined: only names with several addresses need it.
    @inline(never)
    private func race(
        to addresses: [SocketAddress], until deadline: Nanoseconds
    ) async throws(HTTPFailure) -> Stream {
        var race = ConnectionRace(to: addresses, from: source, on: origin.loop)
        let limit = min(deadline, connectLimit)
        while true {
            switch race.step() {
            case .won(let winner, let address):
                stream = winner
                origin.book.note(failed: race.failed, reached: address)
                return winner
            case .lost(let error):
                throw failureToConnect(error, to: race.failed, until: deadline)
            case .wait(let time):
                sleeper = race.sleeper
                _ = await race.sleeper.sleep(until: min(time, limit))
                sleeper = nil
                guard isCancelled || origin.loop.tick >= limit else { continue }
                race.end()
                throw failureToConnect(
                    isCancelled ? .cancelled : .timedOut, to: race.failed, until: deadline)
            }
        }
    }

    /// Why no connection could be opened, in the end.
    @inline(never)
    private func failureToConnect(
        _ error: SocketError, to addresses: [SocketAddress], until deadline: Nanoseconds
    ) -> HTTPFailure {
        if error == .cancelled { return .cancelled }
        origin.book.note(failed: addresses, reached: nil)
        if origin.loop.tick >= deadline { return .timeout }
        if origin.loop.tick >= connectLimit { return .connectTimeout }
        return .connect(error)
    }

    @inline(never)
    private func countOpened() {
        origin.count.opened()
        isCounted = true
    }
}
