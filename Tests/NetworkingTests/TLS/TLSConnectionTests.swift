import Support
import Testing

@testable import Base
@testable import Networking

/// Exchanges over secure connections: resuming sessions, and how connections end.
@Suite struct TLSConnectionTests {
    @Test(arguments: [0x0303, 0x0304])
    func sessionsAreResumed(version: Int) async throws {
        try await onRealLoop { loop in
            let server = try Secure.server(version: version)
            let peer = TestPeer(on: loop, with: server) { stream, _ in
                _ = try await stream.receiveRequest()
                try await stream.send(response("ok", fields: "Connection: close\r\n"))
            }
            let client = try await Client(on: loop, to: peer.start(), with: Secure.client())
            for _ in 0..<5 {
                #expect(await client.ask() == .reply(200, "ok"))
                #expect(client.connection.timeline.tls != nil)
            }
            #expect(client.origin.handshakes == (all: 5, resumed: 4))
            await peer.stop()
        }
    }

    @Test(arguments: LoopKind.allCases)
    func oneHandshakeServesManyExchanges(kind: LoopKind) async throws {
        try await kind.run { loop in
            let server = try Secure.server()
            let peer = TestPeer(on: loop, with: server) { stream, _ in
                while try await !stream.receiveRequest().isEmpty {
                    try await stream.send(response("ok"))
                }
            }
            let client = try await Client(on: loop, to: peer.start(), with: Secure.client())
            for _ in 0..<100 { #expect(await client.ask() == .reply(200, "ok")) }
            #expect(client.connection.timeline.tls == nil)
            #expect(client.origin.handshakes.all == 1)
            await peer.stop()
        }
    }

    /// The end of a body that has no length is only known from what the peer says.
    @Test(arguments: [true, false], [true, false])
    func aBodyUpToTheEndMustNotBeCutOff(saysGoodbye: Bool, hasLength: Bool) async throws {
        let outcome = try await onRealLoop { loop in
            let server = try Secure.server()
            let peer = TestPeer(on: loop, with: server) { stream, _ in
                _ = try await stream.receiveRequest()
                let length = hasLength ? "Content-Length: 4\r\n" : ""
                try await stream.send(Array("HTTP/1.1 200 OK\r\n\(length)\r\nbody".utf8))
                if !saysGoodbye { stream.channel.tls = nil }
            }
            let client = try await Client(on: loop, to: peer.start(), with: Secure.client())
            let outcome = await client.ask()
            await peer.stop()
            return outcome
        }
        #expect(
            outcome
                == (saysGoodbye || hasLength ? .reply(200, "body") : .failure(.receive(.truncated)))
        )
    }

    @Test func aServerThatHangsUpDuringTheHandshakeIsToldApart() async throws {
        let outcome = try await onRealLoop { loop in
            let peer = TestPeer(on: loop) { stream, _ in
                var hello: [UInt8] = []
                _ = try await stream.receive(into: &hello)
            }
            let client = try await Client(on: loop, to: peer.start(), with: Secure.client())
            return await client.ask()
        }
        #expect(outcome == .failure(.handshake(.truncated)))
    }

    @Test(arguments: [
        ("0.5", HTTPFailure.timeout, Nanoseconds.milliseconds(500)),
        ("60", .handshakeTimeout, .seconds(5)),
    ])
    func aHandshakeThatDoesNotEndTimesOut(
        timeout: String, failure: HTTPFailure, after time: Nanoseconds
    ) async throws {
        try await onSimulatedLoop { loop in
            let peer = TestPeer(on: loop) { stream, loop in
                var hello: [UInt8] = []
                _ = try await stream.receive(into: &hello)
                await loop.sleep(until: loop.tick + .seconds(100))
            }
            let client = try await Client(on: loop, to: peer.start(), with: Secure.client())
            let start = loop.tick
            let timeout = Nanoseconds(seconds: Double(timeout) ?? 0)
            #expect(await client.ask(timeout: timeout) == .failure(failure))
            #expect(loop.tick - start == time)
            await peer.stop()
        }
    }

    @Test func cancellingEndsAHandshake() async throws {
        try await onSimulatedLoop { loop in
            let peer = TestPeer(on: loop) { _, loop in
                await loop.sleep(until: loop.tick + .seconds(100))
            }
            let client = try await Client(on: loop, to: peer.start(), with: Secure.client())
            _ = loop.schedule(at: loop.tick + .seconds(1)) { client.connection.cancel() }
            #expect(await client.ask() == .failure(.cancelled))
            await peer.stop()
        }
    }
}
