import Base

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
