package import Base
package import Networking

/// A server for tests that treats each connection as the test says, well or badly.
package actor TestPeer {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    private let serve: @Sendable (Stream, EventLoop) async throws -> Void
    private var listener: Listener?
    private var streams: [Int: Stream] = [:]
    private var accepted = 0

    /// A peer on `loop` that hands every connection to `serve` and closes it afterwards.
    package init(
        on loop: EventLoop, _ serve: @escaping @Sendable (Stream, EventLoop) async throws -> Void
    ) {
        self.loop = loop
        self.serve = serve
    }

    /// Begins to listen, on a free loopback port unless told otherwise.
    package func start(at address: SocketAddress = .loopback(port: 0)) throws -> SocketAddress {
        let listener = try Listener(address: address, loop: loop)
        self.listener = listener
        Task(executorPreference: loop) { await self.accept() }
        return listener.address
    }

    /// Stops listening and closes all connections.
    package func stop() {
        listener?.close()
        listener = nil
        for stream in streams.values { stream.close() }
    }

    private func accept() async {
        while let listener, let stream = try? await listener.accept() {
            accepted += 1
            let number = accepted
            streams[number] = stream
            Task(executorPreference: loop) { await self.handle(number) }
        }
    }

    private func handle(_ number: Int) async {
        guard let stream = streams[number] else { return }
        try? await serve(stream, loop)
        stream.close()
        streams[number] = nil
    }
}

extension Stream {
    /// Opens a connection.
    ///
    /// - Parameter source: the local address to come from; nil lets the kernel choose.
    /// - Throws: `refused`, `timedOut` at the deadline, `unreachable`, `exhausted`, `cancelled`
    ///   or the system's error.
    package static func connect(
        to address: SocketAddress, from source: SocketAddress? = nil, on loop: EventLoop,
        until deadline: Nanoseconds, opening: (Stream) -> Void = { _ in }
    ) async throws(SocketError) -> Stream {
        let stream = try beginConnecting(to: address, from: source, on: loop)
        opening(stream)
        switch await stream.writable(until: deadline) {
        case .ready: break
        case .timedOut:
            stream.close()
            throw .timedOut
        case .cancelled:
            stream.close()
            throw .cancelled
        }
        try stream.endConnecting()
        return stream
    }

    /// Reads up to the end of one request without a body or with a short one; the bytes so far, empty
    /// at the end of the stream.
    package func receiveRequest() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while !Self.isComplete(bytes) {
            guard try await receive(into: &bytes) > 0 else { return [] }
        }
        return bytes
    }

    private static func isComplete(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
        let field = text.firstRange(of: "Content-Length: ")
        let length = field.flatMap { Int(text[$0.upperBound...].prefix { $0.isNumber }) } ?? 0
        return text[end.upperBound...].utf8.count >= length
    }
}
