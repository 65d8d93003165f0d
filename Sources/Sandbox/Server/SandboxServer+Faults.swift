import Networking

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
