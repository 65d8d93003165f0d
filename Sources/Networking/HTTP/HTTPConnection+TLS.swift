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
        if stream.tls?.isResumed ?? false { origin.handshakes.resumed += 1 }
    }

    /// Keeps what the next connection can resume, if this one has been given anything.
    @inline(never)
    func keepTicket() {
        if let latest = stream?.ticket { ticket = latest }
    }
}
