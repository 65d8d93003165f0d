package import Base

/// Server of HTTP/1.1 on an event loop: it takes connections, as many as it may, and closes them.
/// What is said over one is the conformer's. Everything happens on the loop, so that it also runs in
/// virtual time.
package protocol HTTPServer: Actor {
    /// The loop that the actor runs on.
    nonisolated var loop: EventLoop { get }
    /// Its listener and its connections.
    var state: HTTPServerState { get }
    /// Answers the requests of one connection until that ends; it is closed afterwards.
    ///
    /// - Throws: why the connection failed, which is the client's concern.
    func converse(over connection: inout ServerConnection) async throws(SocketError)
}

extension HTTPServer {
    /// Begins to listen; the loop has to be running.
    ///
    /// - Returns: the address with the port that was chosen.
    /// - Throws: why the address cannot be listened on.
    package func listen(on address: SocketAddress) throws(SocketError) -> SocketAddress {
        let listener = try Listener(address: address, loop: loop)
        state.listener = listener
        Task(executorPreference: loop) { await self.acceptConnections() }
        return listener.address
    }

    /// Stops listening and closes all connections, answered or not.
    package func close() {
        state.listener?.close()
        state.listener = nil
        for stream in state.streams.values { stream.close() }
        state.streams = [:]
    }

    private func acceptConnections() async {
        while let listener = state.listener {
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

    /// Serves a connection, where there is room for one more.
    package func admit(_ stream: Stream) {
        if state.streams.count >= state.rules.mostConnections {
            guard state.rules.closesOldest, let oldest = state.streams.keys.min() else {
                state.refused += 1
                return stream.close()
            }
            state.streams.removeValue(forKey: oldest)?.close()
        }
        state.accepted += 1
        let number = state.accepted
        state.streams[number] = stream
        Task(executorPreference: loop) { await self.serve(connection: number) }
    }

    private func serve(connection number: Int) async {
        guard let stream = state.streams[number] else { return }
        if await isSecured(stream) {
            var connection = ServerConnection(stream, of: state, on: loop)
            try? await converse(over: &connection)
            connection.end()
        }
        stream.close()
        state.streams[number] = nil
    }

    /// Shakes hands, where the server speaks TLS; false when nothing comes of it. Who speaks HTTP
    /// without it is told, as far as that can leave at once.
    private func isSecured(_ stream: Stream) async -> Bool {
        guard let tls = state.tls else { return true }
        do {
            try await stream.secure(with: tls, until: loop.tick + state.rules.transferTimeout)
            return true
        } catch {
            if stream.tlsFailure?.kind == .plainHTTP {
                stream.sendPlain(HTTPServerState.noTLS)
            }
            return false
        }
    }
}

/// How much a server puts up with.
package struct HTTPServerRules {
    /// Of one request.
    package var limits: HTTPLimits
    /// Connections at once.
    package var mostConnections: Int
    /// Whether one more closes the oldest, and is not refused itself: for clients who ask once and are
    /// done in a moment.
    package var closesOldest = false
    /// How many bytes requests under way may hold together, the first few of each aside.
    package var mostHeldBytes: Int
    /// How long a connection may be silent between requests.
    package var idleTimeout: Nanoseconds
    /// How long a request may take to arrive, and a response to be taken.
    package var transferTimeout: Nanoseconds

    /// Rules under which the newest of too many connections is refused.
    package init(
        limits: HTTPLimits, mostConnections: Int, mostHeldBytes: Int, idleTimeout: Nanoseconds,
        transferTimeout: Nanoseconds
    ) {
        self.limits = limits
        self.mostConnections = mostConnections
        self.mostHeldBytes = mostHeldBytes
        self.idleTimeout = idleTimeout
        self.transferTimeout = transferTimeout
    }
}

/// The listener and the connections of a server, and what went over them. Confined to the server's
/// loop.
package final class HTTPServerState {
    /// What the server puts up with.
    package let rules: HTTPServerRules
    /// What connections are encrypted with; nil where they are not.
    let tls: TLSContext?
    /// Nil while nothing is listened on.
    package var listener: Listener?
    /// The open connections by their number.
    var streams: [Int: Stream] = [:]
    /// Connections accepted so far; the last one's number.
    package fileprivate(set) var accepted = 0
    /// Connections closed at once because there were too many.
    package fileprivate(set) var refused = 0
    /// Bytes of requests, as they came from the sockets.
    package fileprivate(set) var bytesIn = 0
    /// Bytes of responses, as they were given to the sockets.
    package fileprivate(set) var bytesOut = 0
    /// What requests under way hold together, in bytes, the first few of each aside.
    package fileprivate(set) var heldBytes = 0

    /// The state of a server that has not been started.
    package init(_ rules: HTTPServerRules, tls: TLSContext? = nil) {
        self.rules = rules
        self.tls = tls
    }

    fileprivate static let noTLS = Array(
        """
        HTTP/1.1 400 Bad Request\r
        Content-Type: text/plain\r
        Content-Length: 45\r
        Connection: close\r
        \r
        This port speaks https, and the request http.
        """.utf8)
}

/// One connection of a server: the requests that come over it, and what leaves.
package struct ServerConnection {
    /// What a client has sent.
    package enum Arrival {
        case request(Request)
        /// Nothing that could be answered, and the connection is of no further use.
        case refused(RequestParser.Refusal)
        /// The client has ended the connection, or been silent for too long.
        case end
    }

    /// As much of a request may be held without asking how much others hold: most are smaller.
    private static let freeBytes = 4_096
    private static let smallOutput = 512

    /// What is about to leave; empty when a request has come.
    package var output = ByteBuffer(capacity: smallOutput)
    private let stream: Stream
    private let loop: EventLoop
    private let state: HTTPServerState
    private var parser: RequestParser
    /// Until when the request that has begun has to be there.
    private var requestDeadline: Nanoseconds?
    private var held = 0

    fileprivate init(_ stream: Stream, of state: HTTPServerState, on loop: EventLoop) {
        self.stream = stream
        self.state = state
        self.loop = loop
        parser = RequestParser(limits: state.rules.limits)
    }

    /// Gives back what it holds of the memory for all.
    fileprivate func end() { state.heldBytes -= held }

    /// Waits for the next request; the one before has to be let go by then.
    package mutating func next() async throws(SocketError) -> Arrival {
        while true {
            if output.count > 1 << 18 {
                output = ByteBuffer(capacity: Self.smallOutput)
            } else {
                output.clear()
            }
            limitMemory()
            switch parser.next() {
            case .request(let request):
                requestDeadline = nil
                return .request(request)
            case .refused(let refusal): return .refused(refusal)
            case .expectsContinue:
                output.append(fixed: "HTTP/1.1 100 Continue\r\n\r\n")
                try await send()
            case .incomplete:
                let isInside = parser.isInsideRequest
                let limit =
                    loop.tick + (isInside ? state.rules.transferTimeout : state.rules.idleTimeout)
                let deadline = isInside ? requestDeadline ?? limit : limit
                requestDeadline = isInside ? deadline : nil
                parser.compact()
                let count = try await receive(until: deadline)
                if count == nil, isInside { return .refused(.late) }
                guard let count, count > 0 else { return .end }
            }
        }
    }

    /// Whether the client has ended its side, as far as the loop has heard.
    package var hasEnded: Bool { stream.hasEnded }

    /// Forgets the request that has been answered.
    package mutating func letGo() { parser.compact() }

    /// Sends the output.
    package func send() async throws(SocketError) { try await send(output.bytes) }

    /// Sends something else.
    package func send(_ bytes: [UInt8]) async throws(SocketError) {
        state.bytesOut += bytes.count
        try await stream.send(bytes, until: loop.tick + state.rules.transferTimeout)
    }

    /// Ends the connection so that the client sees a reset.
    package func reset() { stream.reset() }

    /// Closing a socket with unread bytes resets the connection, and the answer may be lost with it:
    /// what a refused client goes on sending is read for a moment and thrown away.
    package func discardRest() async throws(SocketError) {
        let deadline = loop.tick + .seconds(2)
        while await stream.readable(until: deadline) == .ready {
            if try stream.receiveOnce({ $0.count }) == 0 { return }
        }
    }

    /// Refuses what would go beyond the memory for requests of all connections together, which is much
    /// less than a largest body for each.
    private mutating func limitMemory() {
        let before = held
        held = max(parser.heldBytes - Self.freeBytes, 0)
        if held > before, state.heldBytes + held - before > state.rules.mostHeldBytes {
            held = 0
            parser.overload()
        }
        state.heldBytes += held - before
    }

    /// Waits for bytes and returns how many came: 0 when the peer has ended the stream, nil when
    /// nothing came in time.
    private mutating func receive(until deadline: Nanoseconds) async throws(SocketError) -> Int? {
        while await stream.readable(until: deadline) == .ready {
            if let count = try receiveOnce() {
                state.bytesIn += count
                return count
            }
        }
        return nil
    }

    private mutating func receiveOnce() throws(SocketError) -> Int? {
        try stream.receiveOnce { bytes in
            bytes.withUnsafeBufferPointer { parser.input.append(contentsOf: $0) }
            return bytes.count
        }
    }
}

/// Server of one page over HTTP/1.1, made anew for whoever asks, on an event loop of its own: for
/// programs that look at a process now and then. Each connection gets one response.
package actor PageServer: HTTPServer {
    /// A page and its media type.
    package typealias Page = (type: String, body: String)

    private static let patience = Nanoseconds.seconds(5)

    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    package let state: HTTPServerState
    private let path: String
    private let page: @Sendable (_ accept: String) async -> Page
    private var writer = ResponseWriter()

    /// A server of the page at `path` that has not been started. `page` gets what the request's
    /// `Accept` says, in lower case.
    package init(
        path: String, loop: EventLoop, page: @escaping @Sendable (_ accept: String) async -> Page
    ) {
        self.path = path
        self.loop = loop
        self.page = page
        var rules = HTTPServerRules(
            limits: HTTPLimits(head: 8_192, body: 0), mostConnections: 16, mostHeldBytes: 1 << 20,
            idleTimeout: Self.patience, transferTimeout: Self.patience)
        // Who asks is done in a moment, so the oldest only holds a place.
        rules.closesOldest = true
        state = HTTPServerState(rules)
    }

    package func converse(over connection: inout ServerConnection) async throws(SocketError) {
        var response = Response()
        switch try await connection.next() {
        case .end: return
        case .refused(let refusal):
            response.status = refusal.status
            response.set("text/plain", "no request\n")
        case .request(let request): await answer(request, into: &response)
        }
        connection.letGo()
        writer.write(
            response, isHead: false, persistence: "Connection: close\r\n", at: nil,
            to: &connection.output)
        try await connection.send()
        if response.status != 200 { try await connection.discardRest() }
    }

    private func answer(_ request: Request, into response: inout Response) async {
        guard request.method == .get else {
            response.status = 405
            response.set("text/plain", "GET only\n")
            return response.addHeader("Allow", "GET")
        }
        guard request.text(request.path) == path else {
            response.status = 404
            return response.set("text/plain", "there is only \(path)\n")
        }
        let page = await page(request.text(request.fields.accept)?.lowercased() ?? "")
        response.set(page.type, page.body)
    }
}

extension Response {
    fileprivate mutating func set(_ type: String, _ text: String) {
        contentType = type
        body.append(text)
    }
}
