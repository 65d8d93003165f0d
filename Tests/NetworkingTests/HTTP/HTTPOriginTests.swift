import Support
import Testing

@testable import Base
@testable import Networking

/// Looking up names: never on the loop's time, never beyond the exchange's, and once for everybody.
@Suite struct HTTPOriginTests {
    private static let failure = ResolveError(host: "chat.test", reason: "it has no address")

    @Test func aNameWithoutAddressIsAFailureOfItsOwn() async throws {
        try await onRealLoop { loop in
            let client = Self.client(on: loop) { _, _ in .failure(Self.failure) }
            #expect(await client.ask() == .failure(.resolve(Self.failure)))
            #expect(client.connection.timeline.sent == nil)
        }
    }

    /// Reserved for never being found (RFC 6761), so this asks nobody but the system's resolver.
    @Test func theSystemFindsNoInvalidName() async throws {
        let result = lookUpAddresses(of: "name.invalid", port: 80)
        guard case .failure(let error) = result else { return #expect(Bool(false)) }
        #expect(error.host == "name.invalid" && !error.reason.isEmpty)
    }

    @Test(arguments: LoopKind.allCases)
    func anAddressThatRefusesIsPassedOver(kind: LoopKind) async throws {
        try await kind.run { loop in
            let peer = TestPeer(on: loop) { stream, _ in
                _ = try await stream.receiveRequest()
                try await stream.send(response("ok"))
            }
            let closed = try Listener(address: .loopback(port: 0), loop: loop)
            let addresses = try await [closed.address, peer.start()]
            closed.close()
            let client = Self.client(on: loop) { _, _ in .success(addresses) }
            #expect(await client.ask() == .reply(200, "ok"))
            await peer.stop()
            let allRefuse = Self.client(on: loop) { _, _ in .success([addresses[0]]) }
            #expect(await allRefuse.ask() == .failure(.connect(.refused)))
        }
    }

    @Test func theLoopGoesOnDuringALookUp() async throws {
        try await onRealLoop { loop in
            let gate = Throttle()
            let lookUps = Tally()
            let client = Self.client(on: loop) { _, _ in
                gate.wait()
                loop.execute { lookUps.add() }
                return .failure(Self.failure)
            }
            let other = Client(client.origin, on: loop)
            // The look-up ends only because the loop still runs timers.
            _ = loop.schedule(at: loop.clock() + .milliseconds(5)) { gate.open() }
            async let first = client.ask()
            async let second = other.ask()
            #expect(
                await [first, second] == [
                    .failure(.resolve(Self.failure)), .failure(.resolve(Self.failure)),
                ])
            #expect(lookUps.count == 1)
            #expect(client.connection.timeline.end > .zero)
        }
    }

    @Test func aLookUpHoldsNobodyBeyondItsTime() async throws {
        try await onRealLoop { loop in
            let gate = Throttle()
            let client = Self.client(on: loop) { _, _ in
                gate.wait()
                return .failure(Self.failure)
            }
            #expect(await client.ask(timeout: .milliseconds(5)) == .failure(.timeout))
            let connection = client.connection
            _ = loop.schedule(at: loop.clock() + .milliseconds(5)) { connection.cancel() }
            #expect(await client.ask() == .failure(.cancelled))
            gate.open()
        }
    }

    private static func client(
        on loop: EventLoop, _ lookUp: @escaping AddressLookUp
    ) -> Client {
        Client(
            HTTPOrigin(
                host: "chat.test", port: 80, connectTimeout: .seconds(5), loop: loop,
                lookUp: lookUp),
            on: loop)
    }
}
