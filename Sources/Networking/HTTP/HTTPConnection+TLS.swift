/// Secure connections. A plain one passes by all of this.
extension HTTPConnection {
    /// Shakes hands over a connection that has just been opened.
    func secure(
        _ stream: Stream, with context: TLSContext, until deadline: Nanoseconds,
        orUntil limit: Nanoseconds
    ) async throws(HTTPFailure) {
        let start = origin.loop.clock()
        do {
            try await stream.secure(
                with: context, host: origin.host, resuming: ticket, until: min(deadline, limit))
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
