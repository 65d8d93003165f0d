import Support

@testable import Base
@testable import Networking

/// Contexts for tests, and what tests do with them.
enum Secure {
    /// A certificate for localhost, with its key.
    static let identity = made(for: ["localhost", "127.0.0.1", "::1"])
    /// Another one that is just like it.
    static let other = made(for: ["localhost", "127.0.0.1", "::1"])

    static func made(for hosts: [String], begins: Int = -60, ends: Int = 3_600) -> TLSIdentity {
        do {
            return try TLSIdentity.selfSigned(hosts: hosts, begins: begins, ends: ends)
        } catch {
            preconditionFailure("BUG: no certificate for tests: \(error)")
        }
    }

    /// A server's context, with its latest protocol version where that matters.
    static func server(
        _ identity: TLSIdentity = identity, clients: [UInt8]? = nil, version: Int? = nil
    ) throws -> TLSContext {
        let context = try TLSContext(server: identity, clients: clients)
        let setLatestVersion: Int32 = 124
        if let version {
            let control = context.table.pointee.controlContext
            _ = control(context.pointer, setLatestVersion, version, nil)
        }
        return context
    }

    /// The context of a client that trusts `authority` and nobody else.
    static func client(
        trusting authority: TLSIdentity = identity, as own: TLSIdentity? = nil
    ) throws -> TLSContext {
        var settings = TLSSettings()
        settings.authorities = authority.chain
        settings.identity = own
        return try TLSContext(client: settings)
    }
}

extension TestPeer {
    /// A peer whose connections are secure before they are handed to `serve`.
    init(
        on loop: EventLoop, with context: TLSContext,
        _ serve: @escaping @Sendable (Stream, EventLoop) async throws -> Void
    ) {
        self.init(on: loop) { stream, loop in
            try await stream.secure(with: context, until: .never)
            try await serve(stream, loop)
        }
    }
}

extension Client {
    /// A client of a server at `address`, which it calls `host`.
    init(
        on loop: EventLoop, to address: SocketAddress, with context: TLSContext,
        host: String? = nil, connectTimeout: Nanoseconds = .seconds(5)
    ) {
        self.init(
            HTTPOrigin(
                host: host ?? address.ip, port: address.port, tls: context,
                connectTimeout: connectTimeout, loop: loop,
                lookUp: { _, _ in .success([address]) }),
            on: loop)
    }
}

/// Two streams that tasks on one loop's thread share, which makes it safe.
struct StreamPair: @unchecked Sendable {
    let client: Stream
    let server: Stream

    /// Passes bytes on in both directions until one of them ends, `step` bytes at a time and with a
    /// pause after each. `change` may spoil what comes from the server.
    func relay(
        on loop: EventLoop, step: Int, pause: Nanoseconds,
        change: @escaping @Sendable (inout [UInt8]) -> Void = { _ in }
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: loop) {
                try await pass(from: server, to: client, on: loop, step, pause, change)
            }
            group.addTask(executorPreference: loop) {
                try await pass(from: client, to: server, on: loop, step, pause) { _ in }
            }
            try await group.waitForAll()
        }
    }

    private func pass(
        from source: Stream, to sink: Stream, on loop: EventLoop, _ step: Int,
        _ pause: Nanoseconds, _ change: @Sendable (inout [UInt8]) -> Void
    ) async throws {
        defer { sink.close() }
        while true {
            var bytes: [UInt8] = []
            guard try await source.receive(into: &bytes) > 0 else { return }
            change(&bytes)
            var start = 0
            while start < bytes.count {
                try await sink.send(Array(bytes[start..<min(start + step, bytes.count)]))
                start += step
                if pause > .zero { await loop.sleep(until: loop.tick + pause) }
            }
        }
    }
}

/// A stream that tasks on one loop's thread share, which makes it safe.
struct SharedStream: @unchecked Sendable {
    let stream: Stream
}

/// A peer between a client and the server at `address`.
func relay(
    on loop: EventLoop, to address: SocketAddress, step: Int, pause: Nanoseconds = .zero,
    change: @escaping @Sendable (inout [UInt8]) -> Void = { _ in }
) -> TestPeer {
    TestPeer(on: loop) { client, loop in
        let server = try await Stream.connect(to: address, on: loop, until: .never)
        try await StreamPair(client: client, server: server).relay(
            on: loop, step: step, pause: pause, change: change)
    }
}
