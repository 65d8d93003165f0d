import Support
import Testing

@testable import Base
@testable import Networking

/// Peers that do not speak TLS, or badly.
@Suite struct TLSHostilePeerTests {
    @Test(arguments: [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", TLSFailure.Kind.plainHTTP),
        ("SSH-2.0-OpenSSH_9.2p1\r\n", .plainText), ("220 mail.example ESMTP\r\n", .plainText),
        ("\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{28}", .refused),
        ("\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{46}", .refused),
    ])
    func whatIsNoTLSIsNamed(answer: String, kind: TLSFailure.Kind) async throws {
        let outcome = try await onSimulatedLoop { loop in
            let peer = TestPeer(on: loop) { stream, _ in
                var hello: [UInt8] = []
                _ = try await stream.receive(into: &hello)
                try await stream.send(Array(answer.utf8))
            }
            let client = try await Client(on: loop, to: peer.start(), with: Secure.client())
            return await client.ask()
        }
        guard case .tls(let failure)? = outcome.failure else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.kind == kind, "\(failure)")
    }

    @Test func clientsWithoutTLSAreTold() async throws {
        let outcome = try await onSimulatedLoop { loop in
            let server = try Secure.server()
            let peer = TestPeer(on: loop, with: server) { _, _ in }
            return await Client(on: loop, to: try peer.start()).ask()
        }
        #expect(outcome.failure != nil)
    }

    @Test func anAlertToAPlainRequestIsUnderstood() async throws {
        let outcome = try await onSimulatedLoop { loop in
            let peer = TestPeer(on: loop) { stream, _ in
                _ = try await stream.receiveRequest()
                try await stream.send([21, 3, 1, 0, 2, 2, 40])
            }
            return await Client(on: loop, to: try peer.start()).ask()
        }
        guard case .message(.malformed(let words))? = outcome.failure else {
            Issue.record("\(outcome)")
            return
        }
        #expect(words.contains("speaks TLS") && words.contains("https://"), "\(words)")
    }

    /// Bytes of a handshake and of what follows, spoilt at random places: every exchange ends, in
    /// its response or in an error.
    @Test func spoiltBytesNeverTrapNorHang() async throws {
        let (replies, errors) = try await onSimulatedLoop { loop in
            let server = try Secure.server()
            let peer = TestPeer(on: loop, with: server) { stream, _ in
                while try await !stream.receiveRequest().isEmpty {
                    try await stream.send(response("fine"))
                }
            }
            let address = try await peer.start()
            let spoiler = Spoiler()
            let between = relay(on: loop, to: address, step: 700) { spoiler.spoil(&$0) }
            let client = try await Client(on: loop, to: between.start(), with: Secure.client())
            var (replies, errors) = (0, 0)
            for _ in 0..<600 {
                let outcome = await client.ask(timeout: .seconds(10))
                if outcome == .reply(200, "fine") { replies += 1 } else { errors += 1 }
                #expect(outcome.status == nil || outcome == .reply(200, "fine"))
            }
            await between.stop()
            await peer.stop()
            return (replies, errors)
        }
        #expect(replies > 100 && errors > 100, "\(replies) \(errors)")
    }

    @Test func garbageNeverTrapsNorHangs() async throws {
        try await onSimulatedLoop { loop in
            let spoiler = Spoiler()
            let peer = TestPeer(on: loop) { stream, _ in
                var hello: [UInt8] = []
                _ = try await stream.receive(into: &hello)
                try await stream.send(spoiler.garbage())
            }
            let client = try await Client(on: loop, to: peer.start(), with: Secure.client())
            for _ in 0..<1_000 {
                let start = loop.tick
                #expect(await client.ask(timeout: .seconds(10)).failure != nil)
                #expect(loop.tick - start <= .seconds(5))
            }
            await peer.stop()
        }
    }
}

/// Spoils bytes; touched by one loop's thread only, which makes it safe to share.
private final class Spoiler: @unchecked Sendable {
    private var random = SeededRandom(seed: 99)

    func spoil(_ bytes: inout [UInt8]) {
        guard random.unit() < 0.3, !bytes.isEmpty else { return }
        let place = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes[place] ^= UInt8(truncatingIfNeeded: 1 << (random.next() % 8))
        case 1: bytes.removeSubrange(place...)
        default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        }
    }

    /// Bytes that are often shaped like a record.
    func garbage() -> [UInt8] {
        let count = Int(random.next() % 400)
        var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        if random.unit() < 0.8, count > 6 {
            bytes[0] = 20 + UInt8(random.next() % 5)
            bytes[1...2] = [3, 3]
            let length = random.unit() < 0.5 ? count - 5 : Int(random.next() % 20_000)
            bytes[3...4] = [UInt8(length >> 8), UInt8(length & 0xFF)]
            if bytes[0] == 22 { bytes[5] = UInt8(random.next() % 25) }
        }
        return bytes
    }
}
