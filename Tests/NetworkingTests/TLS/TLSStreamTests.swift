import Glibc
import Support
import Testing

@testable import Base
@testable import Networking

/// Bytes over secure streams.
@Suite struct TLSStreamTests {
    @Test(arguments: LoopKind.allCases)
    func bytesCrossInBothDirections(kind: LoopKind) async throws {
        try await kind.run { loop in
            let echoed = try await echoed(3_000_000, on: loop)
            #expect(echoed)
        }
    }

    /// Sockets that hold less than a record, so that every write stops on its way.
    @Test func bytesCrossThroughSmallSockets() async throws {
        try await onRealLoop { loop in
            let echoed = try await echoed(30_000, on: loop) { stream in
                for option in [SO_SNDBUF, SO_RCVBUF] {
                    var size: Int32 = 4_096
                    setsockopt(
                        stream.descriptor, SOL_SOCKET, option, &size,
                        socklen_t(MemoryLayout<Int32>.size))
                }
            }
            #expect(echoed)
        }
    }

    /// Both sides change keys again and again, and ask the other to do so, while bytes are under way.
    @Test(arguments: LoopKind.allCases)
    func keysChangeOnTheWay(kind: LoopKind) async throws {
        let update: @convention(c) (OpaquePointer?, Int32) -> Int32 =
            try SharedLibrary("libssl.so.3").function("SSL_key_update")
        try await kind.run { loop in
            let echoed = try await echoed(1_000_000, on: loop) { stream in
                let requested: Int32 = 1
                for turn in 1...20 {
                    _ = loop.schedule(at: loop.tick + .microseconds(Int64(turn) * 200)) {
                        guard let session = stream.channel.tls, !stream.isClosed else { return }
                        // In the midst of a record it cannot be asked for.
                        _ = update(session.ssl, requested)
                        session.context.table.pointee.clearErrors()
                    }
                }
            }
            #expect(echoed)
        }
    }

    @Test func handshakesAgreeOnTheLatestVersionAndHTTP() async throws {
        try await onSimulatedLoop { loop in
            let server = try Secure.server()
            let peer = TestPeer(on: loop, with: server) { stream, _ in
                _ = try await stream.receiveRequest()
            }
            let stream = try await Stream.connect(to: peer.start(), on: loop, until: .never)
            try await stream.secure(with: Secure.client(), host: "localhost", until: .never)
            #expect(stream.channel.tls?.version == "TLSv1.3")
            #expect(stream.channel.tls?.innerProtocol == "http/1.1")
            #expect(stream.tlsFailure == nil)
            await peer.stop()
        }
    }

    @Test(arguments: [(1, 2), (7, 1), (500, 3)])
    func handshakesAndRecordsComeInPieces(step: Int, milliseconds: Int64) async throws {
        try await onSimulatedLoop { loop in
            let server = try Secure.server()
            let peer = TestPeer(on: loop, with: server) { stream, _ in
                while try await !stream.receiveRequest().isEmpty {
                    try await stream.send(response(String(repeating: "x", count: 3_000)))
                }
            }
            let address = try await peer.start()
            let between = relay(
                on: loop, to: address, step: step, pause: .milliseconds(milliseconds))
            let client = try await Client(
                on: loop, to: between.start(), with: Secure.client(), connectTimeout: .seconds(60))
            for _ in 0..<3 { #expect(await client.ask().body.utf8.count == 3_000) }
            #expect(client.origin.handshakes.all == 1)
            await between.stop()
            await peer.stop()
        }
    }

    /// Sends so many bytes to a peer that sends them back as they come; whether they are the same.
    private func echoed(
        _ count: Int, on loop: EventLoop, prepare: @escaping @Sendable (Stream) -> Void = { _ in }
    ) async throws -> Bool {
        let server = try Secure.server()
        let peer = TestPeer(on: loop, with: server) { stream, _ in
            prepare(stream)
            var bytes: [UInt8] = []
            while try await stream.receive(into: &bytes) > 0 {
                try await stream.send(bytes)
                bytes = []
            }
        }
        let stream = try await Stream.connect(to: peer.start(), on: loop, until: .never)
        try await stream.secure(with: Secure.client(), host: "127.0.0.1", until: .never)
        prepare(stream)
        var random = SeededRandom(seed: 5)
        let message = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let shared = SharedStream(stream: stream)
        let sent = Task(executorPreference: loop) { try await shared.stream.send(message) }
        var received: [UInt8] = []
        while received.count < count {
            guard try await stream.receive(into: &received) > 0 else { break }
        }
        try await sent.value
        stream.close()
        await peer.stop()
        return received == message
    }
}
