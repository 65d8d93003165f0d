import Support
import Testing

@testable import Base
@testable import Networking

/// Names with several addresses: all are used, and one that does not answer costs little.
@Suite struct AddressTests {
    private static let hole = SocketAddress.loopback(port: 9)
    private static let hole6 = ip("::1", 9)

    // MARK: In which order

    @Test(arguments: [
        (0, "a4 a6 b4 c4"), (1, "b4 a6 c4 a4"), (2, "c4 a6 a4 b4"), (3, "a4 a6 b4 c4"),
    ])
    func familiesAlternate(turn: Int, order: String) {
        let list = AddressList(Self.named("a4 b4 c4 a6"))
        #expect(Self.names(list.order(turn: turn, at: .zero)) == order)
    }

    @Test func theSystemsPreferenceLeads() {
        let list = AddressList(Self.named("a6 a4 b4 b6"))
        #expect(Self.names(list.order(turn: 0, at: .zero)) == "a6 a4 b6 b4")
        #expect(Self.names(list.order(turn: 1, at: .zero)) == "b6 b4 a6 a4")
    }

    @Test func whatHasFailedIsTriedLastForAWhile() {
        var list = AddressList(Self.named("a4 b4 c4"))
        list.note(failed: Self.named("b4"), reached: nil, at: .seconds(1))
        list.note(failed: Self.named("a4"), reached: nil, at: .seconds(2))
        #expect(Self.names(list.order(turn: 0, at: .seconds(3))) == "c4 b4 a4")
        let next = AddressList(Self.named("a4 c4 d4"), after: list)
        #expect(Self.names(next.order(turn: 0, at: .seconds(3))) == "c4 d4 a4")
        #expect(Self.names(list.order(turn: 0, at: .seconds(61))) == "b4 c4 a4")
        list.note(failed: [], reached: Self.named("a4")[0], at: .seconds(4))
        #expect(Self.names(list.order(turn: 0, at: .seconds(4))) == "a4 c4 b4")
    }

    // MARK: Which is taken

    @Test func connectionsAreSpreadOverAllAddresses() async throws {
        try await onSimulatedLoop { loop in
            let peers = Self.peers(named: "abc", on: loop)
            var addresses: [SocketAddress] = []
            for peer in peers { try await addresses.append(peer.start()) }
            let origin = Self.origin(on: loop, addresses)
            var bodies = ""
            for _ in 0..<6 { bodies += await Client(origin, on: loop).ask().body }
            #expect(bodies == "abcabc")
            await peers[1].stop()
            for _ in 0..<5 { bodies += await Client(origin, on: loop).ask().body }
            #expect(bodies.hasPrefix("abcabc") && !bodies.dropFirst(6).contains("b"))
            for peer in peers { await peer.stop() }
        }
    }

    /// The first user waits for the head start of the address that does not answer, the next one no
    /// more.
    @Test func anAddressThatNeverAnswersCostsLittleAndOnce() async throws {
        try await onSimulatedLoop(unanswered: [Self.hole6]) { loop in
            let peer = Self.peers(named: "a", on: loop)[0]
            let origin = try await Self.origin(on: loop, [Self.hole6, peer.start()])
            for wait in [HappyEyeballs.headStart, .zero, .zero] {
                let client = Client(origin, on: loop)
                let start = loop.tick
                #expect(await client.ask() == .reply(200, "a"))
                #expect(loop.tick - start == wait)
                #expect(client.connection.timeline.connect == wait)
                #expect(client.connection.timeline.dns == nil)
            }
            await peer.stop()
        }
    }

    @Test(arguments: [false, true])
    func attemptsEndTogether(isCancelled: Bool) async throws {
        let took = try await onSimulatedLoop(unanswered: [Self.hole, Self.hole6]) { loop in
            let origin = Self.origin(on: loop, [Self.hole6, Self.hole])
            let client = Client(origin, on: loop)
            if isCancelled {
                _ = loop.schedule(at: .seconds(1)) { client.connection.cancel() }
            }
            #expect(await client.ask() == .failure(isCancelled ? .cancelled : .connectTimeout))
            #expect(!client.connection.isOpen)
            return loop.tick
        }
        #expect(took == (isCancelled ? .seconds(1) : .seconds(5)))
    }

    /// Over the kernel: of both families only one listens.
    @Test(arguments: ["127.0.0.1", "::1"], [false, true])
    func theOtherFamilyStandsIn(listening: String, prefersIPv6: Bool) async throws {
        let outcome = try await onRealLoop { loop in
            let peer = Self.peers(named: "a", on: loop)[0]
            let port = try await peer.start(at: Self.ip(listening, 0)).port
            let both = [Self.ip("127.0.0.1", port), Self.ip("::1", port)]
            let origin = Self.origin(on: loop, prefersIPv6 ? both.reversed() : both)
            let outcome = await Client(origin, on: loop).ask()
            await peer.stop()
            return outcome
        }
        #expect(outcome == .reply(200, "a"))
    }

    // MARK: Looking up again

    /// A name whose addresses have all failed is looked up again, by one user at a time and not
    /// oftener than once a second; nobody waits for it.
    @Test func aNameThatFailsIsLookedUpAgain() async throws {
        try await onSimulatedLoop { loop in
            let peer = Self.peers(named: "a", on: loop)[0]
            let alive = try await peer.start()
            let lookUps = LookUps([[Self.hole], [Self.hole], [alive]])
            let origin = HTTPOrigin(
                host: "chat.test", port: 80, connectTimeout: .seconds(5), loop: loop,
                lookUp: lookUps.next)
            var outcomes: [Outcome] = []
            for _ in 0..<30 {
                outcomes.append(await Client(origin, on: loop).ask())
                await loop.sleep(until: loop.tick + .milliseconds(100))
            }
            let failures = outcomes.prefix { $0 == .failure(.connect(.refused)) }.count
            #expect((20...22).contains(failures))
            #expect(outcomes[failures...].allSatisfy { $0 == .reply(200, "a") })
            #expect(lookUps.count == 3)
            await peer.stop()
        }
    }

    @Test func whatWasKnownOutlivesALookUpThatFails() async throws {
        try await onSimulatedLoop { loop in
            let lookUps = LookUps([[Self.hole]])
            let origin = HTTPOrigin(
                host: "chat.test", port: 80, connectTimeout: .seconds(5), loop: loop,
                lookUp: lookUps.next)
            for _ in 0..<5 {
                #expect(await Client(origin, on: loop).ask() == .failure(.connect(.refused)))
                await loop.sleep(until: loop.tick + .seconds(2))
            }
            #expect(lookUps.count == 5)
        }
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func anAddressIsNeverLookedUp(host: String) async throws {
        try await onSimulatedLoop { loop in
            let lookUps = LookUps([])
            let origin = HTTPOrigin(
                host: host, port: 9, connectTimeout: .seconds(5), loop: loop, lookUp: lookUps.next)
            for _ in 0..<3 {
                #expect(await Client(origin, on: loop).ask() == .failure(.connect(.refused)))
                await loop.sleep(until: loop.tick + .seconds(2))
            }
            #expect(lookUps.count == 0)
        }
    }

    // MARK: Parts

    /// Answers look-ups one after the other, and those after the last with a failure. Simulated
    /// look-ups happen on the loop's thread, which makes it safe to share.
    private final class LookUps: @unchecked Sendable {
        private let answers: [[SocketAddress]]
        private(set) var count = 0

        init(_ answers: [[SocketAddress]]) { self.answers = answers }

        var next: AddressLookUp {
            { host, _ in
                defer { self.count += 1 }
                return self.count < self.answers.count
                    ? .success(self.answers[self.count])
                    : .failure(ResolveError(host: host, reason: "it has no address"))
            }
        }
    }

    private static func origin(on loop: EventLoop, _ addresses: [SocketAddress]) -> HTTPOrigin {
        HTTPOrigin(
            host: "chat.test", port: 80, connectTimeout: .seconds(5), loop: loop,
            lookUp: { _, _ in .success(addresses) })
    }

    /// Peers that answer with their name and close.
    private static func peers(named names: String, on loop: EventLoop) -> [TestPeer] {
        names.map { name in
            TestPeer(on: loop) { stream, _ in
                _ = try await stream.receiveRequest()
                try await stream.send(response("\(name)"))
            }
        }
    }

    private static func ip(_ text: String, _ port: Int) -> SocketAddress {
        SocketAddress(ip: text, port: port) ?? .loopback(port: port)
    }

    private static func named(_ names: String) -> [SocketAddress] {
        names.split(separator: " ").map { name in
            let number = name.utf8.first.map { Int($0) } ?? 0
            return ip(name.last == "6" ? "fd00::\(number)" : "10.0.0.\(number)", 80)
        }
    }

    private static func names(_ addresses: [SocketAddress]) -> String {
        addresses.map { address in
            let number = address.ip.split { ".:".contains($0) }.last.flatMap { UInt8($0) } ?? 0
            return "\(Character(Unicode.Scalar(number)))\(address.isIPv6 ? 6 : 4)"
        }.joined(separator: " ")
    }
}
