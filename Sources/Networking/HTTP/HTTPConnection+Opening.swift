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
            do {
                if let addresses = try origin.book.addresses() {
                    if origin.loop.tick > start { timeline.dns = origin.loop.tick - start }
                    return usable(addresses)
                }
            } catch {
                throw .resolve(error)
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
    private func beginRace(to addresses: [SocketAddress]) -> ConnectionRace {
        opening = origin.loop.clock()
        return ConnectionRace(to: addresses, from: source, on: origin.loop)
    }

    /// Goes on with opening a connection until it is open or cannot be opened.
    @inline(never)
    private func finish(_ race: ConnectionRace, until deadline: Nanoseconds) async {
        while let time = nextStep(of: race, until: deadline) {
            _ = await race.sleeper.sleep(until: time)
        }
    }

    /// Until when to wait before the next step; nil when there is none.
    @inline(never)
    private func nextStep(of race: ConnectionRace, until deadline: Nanoseconds) -> Nanoseconds? {
        let limit = min(deadline, connectLimit)
        if isCancelled || origin.loop.tick >= limit { return nil }
        sleeper = race.sleeper
        return race.step().map { min($0, limit) }
    }

    /// Takes over what a race has come to.
    ///
    /// - Throws: why there is no connection.
    @inline(never)
    private func end(_ race: ConnectionRace, until deadline: Nanoseconds) throws(HTTPFailure) {
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
