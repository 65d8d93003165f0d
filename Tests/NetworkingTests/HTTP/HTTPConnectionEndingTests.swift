import Base
import Networking
import Support
import Testing

/// Where an exchange can be when its time is up or somebody ends it.
enum Phase: CaseIterable, Sendable {
    case connect
    case send
    case receive
    case body

    /// Treats a connection so that the exchange gets stuck in this phase.
    var serve: @Sendable (Stream, EventLoop) async throws -> Void {
        { stream, loop in
            if self == .body {
                _ = try await stream.receiveRequest()
                try await stream.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx".utf8))
            }
            await loop.sleep(until: loop.clock() + .seconds(3_600))
        }
    }

    var request: [UInt8] {
        self == .send ? [UInt8](repeating: 97, count: 20_000_000) : Client.request
    }
}

/// Every phase of an exchange ends on time and when it is told to.
@Suite struct HTTPConnectionEndingTests {
    private static let hole = SocketAddress.loopback(port: 9)

    @Test(arguments: Phase.allCases)
    func theTotalTimeoutHoldsInEveryPhase(phase: Phase) async throws {
        let took = try await onSimulatedLoop(unanswered: [Self.hole]) { loop in
            let peer = TestPeer(on: loop, phase.serve)
            let address = phase == .connect ? Self.hole : try await peer.start()
            let client = Client(on: loop, to: address, connectTimeout: .seconds(20))
            let start = loop.tick
            let outcome = await client.ask(phase.request, timeout: .seconds(7))
            #expect(outcome == .failure(.timeout))
            #expect(!client.connection.isOpen)
            #expect(client.connection.timeline.end == loop.tick)
            await peer.stop()
            return loop.tick - start
        }
        #expect(took == .seconds(7))
    }

    @Test func theConnectTimeoutHoldsByItself() async throws {
        let took = try await onSimulatedLoop(unanswered: [Self.hole]) { loop in
            let client = Client(on: loop, to: Self.hole, connectTimeout: .seconds(5))
            #expect(await client.ask(timeout: .seconds(60)) == .failure(.connectTimeout))
            return loop.tick
        }
        #expect(took == .seconds(5))
    }

    @Test(arguments: Phase.allCases)
    func everyPhaseCanBeCancelled(phase: Phase) async throws {
        let took = try await onSimulatedLoop(unanswered: [Self.hole]) { loop in
            let peer = TestPeer(on: loop, phase.serve)
            let address = phase == .connect ? Self.hole : try await peer.start()
            let client = Client(on: loop, to: address, connectTimeout: .seconds(20))
            let connection = client.connection
            _ = loop.schedule(at: .seconds(3)) { connection.cancel() }
            #expect(await client.ask(phase.request) == .failure(.cancelled))
            let end = loop.tick
            #expect(await client.ask(phase.request) == .failure(.cancelled), "and for good")
            await peer.stop()
            return end
        }
        #expect(took == .seconds(3))
    }

    @Test(arguments: [Phase.send, .receive, .body])
    func realSocketsEndOnTimeToo(phase: Phase) async throws {
        try await onRealLoop { loop in
            let peer = TestPeer(on: loop, phase.serve)
            let client = try await Client(on: loop, to: peer.start())
            let outcome = await client.ask(phase.request, timeout: .milliseconds(30))
            #expect(outcome == .failure(.timeout))
            let connection = client.connection
            _ = loop.schedule(at: loop.clock() + .milliseconds(5)) { connection.cancel() }
            #expect(await client.ask(phase.request) == .failure(.cancelled))
            await peer.stop()
        }
    }

    /// A slow response that keeps sending still runs into the total timeout.
    @Test func dribblingDoesNotExtendTheTimeout() async throws {
        let took = try await onSimulatedLoop { loop in
            let peer = TestPeer(on: loop) { stream, loop in
                try await stream.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n".utf8))
                while true {
                    try await stream.send([97])
                    await loop.sleep(until: loop.tick + .seconds(1))
                }
            }
            let client = try await Client(on: loop, to: peer.start())
            #expect(await client.ask(timeout: .seconds(10)) == .failure(.timeout))
            #expect(client.connection.timeline.bytesIn > 40)
            await peer.stop()
            return loop.tick
        }
        #expect(took == .seconds(10))
    }

    /// A listener that closes resets what waits to be accepted, here just before the request leaves.
    @Test(arguments: LoopKind.allCases)
    func aRequestThatNeverLeftWasNotSent(kind: LoopKind) async throws {
        try await kind.run { loop in
            let listener = try Listener(address: .loopback(port: 0), loop: loop)
            let client = Client(on: loop, to: listener.address)
            await #expect(throws: HTTPFailure.send(.reset)) {
                try await client.connection.exchange(until: loop.clock() + .seconds(60)) {
                    $0.append(Client.request)
                    listener.close()
                } read: { _, _, _ in
                }
            }
            let timeline = client.connection.timeline
            #expect(timeline.connect != nil && timeline.sent == nil && timeline.bytesOut == 0)
        }
    }
}
