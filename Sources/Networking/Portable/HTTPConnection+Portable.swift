/// Exchanges through URLSession, which has the connections: this one is never open then.
extension HTTPConnection {
    /// Sends one request through a session and waits for its response, as `exchange` does.
    @inline(never)
    func exchange(
        through session: PortableSession, until deadline: Nanoseconds, isHead: Bool,
        build: (inout ByteBuffer) -> Void,
        read: (ResponseHead, Span<UInt8>, Span<UInt8>) -> Void
    ) async throws(HTTPFailure) {
        let exchange = begin(through: session, build: build)
        if exchange.isUnderWay { _ = await exchange.sleeper.sleep(until: deadline) }
        try end(exchange, isHead: isHead, read: read)
    }

    private func begin(
        through session: PortableSession, build: (inout ByteBuffer) -> Void
    ) -> PortableExchange {
        begin()
        let exchange = PortableExchange(
            to: origin.host, library: session.library, loop: origin.loop)
        sleeper = exchange.sleeper
        if isCancelled { return exchange }
        origin.request.clear()
        build(&origin.request)
        trace?.take(request: origin.request)
        timeline.bytesOut = origin.request.count
        timeline.sent = origin.loop.clock()
        session.send(origin.request.bytes, for: exchange)
        return exchange
    }

    private func end(
        _ exchange: PortableExchange, isHead: Bool,
        read: (ResponseHead, Span<UInt8>, Span<UInt8>) -> Void
    ) throws(HTTPFailure) {
        sleeper = nil
        timeline.firstByte = exchange.firstByte
        timeline.end = exchange.end?.time ?? origin.loop.clock()
        guard let outcome = exchange.end?.outcome else {
            exchange.cancel()
            throw isCancelled ? .cancelled : .timeout
        }
        let message = try outcome.get()
        timeline.bytesIn = message.count
        var parser = ResponseParser(limits: origin.limits)
        parser.reset(isReplyToHead: isHead)
        do throws(HTTPError) {
            if try !parser.feed(message.span) { throw .closedEarly }
        } catch {
            throw .message(error)
        }
        parser.withMessage(input: message.span) {
            trace?.take(head: $0, body: $1)
            read(parser.head, $0, $1)
        }
    }
}
