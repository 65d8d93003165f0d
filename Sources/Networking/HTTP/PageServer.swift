import Base

/// Serves one page over HTTP/1.1, made anew for whoever asks, on an event loop of its own: for
/// programs that look at a process now and then. Each connection gets one response.
package actor PageServer {
    /// A page and its media type.
    package struct Page: Sendable {
        package var type: String
        package var body: String

        /// A page of this type.
        package init(type: String, body: String) {
            self.type = type
            self.body = body
        }
    }

    /// Connections at once. With more the oldest is closed: who asks is done in a moment, so it only
    /// holds a place.
    private static let mostConnections = 16
    private static let longestHead = 8_192
    private static let patience = Nanoseconds.seconds(5)

    private nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    private let path: String
    private let page: @Sendable (_ accept: String) async -> Page
    private var listener: Listener?
    private var connections: [Int: Stream] = [:]
    private var lastConnection = 0

    /// A server of the page at `path` that has not been started. `page` gets what the request's
    /// `Accept` says, in lower case.
    package init(
        path: String, loop: EventLoop, page: @escaping @Sendable (_ accept: String) async -> Page
    ) {
        self.path = path
        self.loop = loop
        self.page = page
    }

    /// Begins to listen; the loop has to be running.
    ///
    /// - Returns: the address with the port that was chosen.
    /// - Throws: why the address cannot be listened on.
    package func start(on address: SocketAddress) throws(SocketError) -> SocketAddress {
        let listener = try Listener(address: address, loop: loop)
        self.listener = listener
        Task(executorPreference: loop) { await self.acceptConnections() }
        return listener.address
    }

    /// Stops listening and closes all connections, answered or not.
    package func stop() {
        listener?.close()
        listener = nil
        for stream in connections.values { stream.close() }
        connections = [:]
    }

    private func acceptConnections() async {
        while let listener {
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

    private func admit(_ stream: Stream) {
        if connections.count >= Self.mostConnections, let oldest = connections.keys.min() {
            connections.removeValue(forKey: oldest)?.close()
        }
        lastConnection += 1
        let number = lastConnection
        connections[number] = stream
        Task(executorPreference: loop) { await self.serve(connection: number) }
    }

    private func serve(connection number: Int) async {
        guard let stream = connections[number] else { return }
        let deadline = loop.tick + Self.patience
        // A connection that fails is the reader's concern.
        if let head = try? await head(from: stream, until: deadline) {
            let response = await response(to: head)
            try? await stream.send(Array(response.utf8), until: loop.tick + Self.patience)
        }
        stream.close()
        connections[number] = nil
    }

    /// A request's head; nil when it does not come or is too long.
    private func head(
        from stream: Stream, until deadline: Nanoseconds
    ) async throws(SocketError) -> String? {
        var bytes: [UInt8] = []
        while bytes.count <= Self.longestHead {
            guard try await stream.receive(into: &bytes, until: deadline) > 0 else { return nil }
            let text = String(decoding: bytes, as: UTF8.self)
            for end in ["\r\n\r\n", "\n\n"] {
                if let found = text.firstRange(of: end) { return String(text[..<found.lowerBound]) }
            }
        }
        return nil
    }

    private func response(to head: String) async -> String {
        let lines = head.split(whereSeparator: \.isNewline)
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
            return Self.text("400 Bad Request", Page(type: "text/plain", body: "no request\n"))
        }
        guard words[0] == "GET" else {
            return Self.text(
                "405 Method Not Allowed", Page(type: "text/plain", body: "GET only\n"),
                "Allow: GET\r\n")
        }
        guard words[1].prefix(while: { $0 != "?" }) == path[...] else {
            return Self.text(
                "404 Not Found", Page(type: "text/plain", body: "there is only \(path)\n"))
        }
        let accept = lines.dropFirst().first { $0.lowercased().hasPrefix("accept:") }
        let page = await page(accept.map { $0.dropFirst(7).lowercased() } ?? "")
        return Self.text("200 OK", page)
    }

    private static func text(_ status: String, _ page: Page, _ more: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: \(page.type)\r\n\(more)"
            + "Content-Length: \(page.body.utf8.count)\r\nConnection: close\r\n\r\n" + page.body
    }
}
