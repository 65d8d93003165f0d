import Support
import Testing

@testable import Base
@testable import Networking

/// Whom a client takes for its server, and what it says of others.
@Suite struct TLSVerificationTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var identity = Secure.identity
        var authority: TLSIdentity?
        var host = "localhost"
        var kind: TLSFailure.Kind
        var words: String
        var testDescription: String { name }
    }

    static let rows = [
        Row(
            name: "expired", identity: Secure.made(for: ["localhost"], begins: -900, ends: -600),
            kind: .invalid, words: "the certificate has expired on 20"),
        Row(
            name: "not yet valid",
            identity: Secure.made(for: ["localhost"], begins: 90_000, ends: 180_000),
            kind: .invalid, words: "the certificate is not yet valid, but from 20"),
        Row(
            name: "self-signed", authority: Secure.other, kind: .untrusted,
            words: "the certificate is self-signed"),
        Row(
            name: "another name", host: "chat.example", kind: .wrongHost,
            words:
                "the certificate is for another host: localhost, 127.0.0.1, ::1, not chat.example"
        ),
        Row(
            name: "another address", host: "127.0.0.2", kind: .wrongHost,
            words: "the certificate is for another host: localhost, 127.0.0.1, ::1, not 127.0.0.2"),
        Row(
            name: "a part of a name", identity: Secure.made(for: ["*.example"]),
            host: "a.b.example", kind: .wrongHost, words: "*.example, not a.b.example"),
    ]

    @Test(arguments: rows)
    func whatIsRefusedIsSaidWhy(row: Row) async throws {
        try await onSimulatedLoop { loop in
            let server = try Secure.server(row.identity)
            let peer = TestPeer(on: loop, with: server) { _, _ in }
            let context = try Secure.client(trusting: row.authority ?? row.identity)
            let client = try await Client(
                on: loop, to: peer.start(), with: context, host: row.host)
            guard case .tls(let failure)? = await client.ask().failure else {
                Issue.record("not refused")
                return
            }
            #expect(failure.kind == row.kind)
            #expect(failure.description.contains(row.words), "\(failure)")
            #expect(client.connection.timeline.sent == nil)
            #expect(client.origin.count.current == 0)
            await peer.stop()
        }
    }

    @Test(arguments: ["localhost", "localhost.", "LOCALHOST", "127.0.0.1", "::1"])
    func whatIsTrustedIsAccepted(host: String) async throws {
        let outcome = try await onSimulatedLoop { loop in
            try await ask(on: loop, host: host, with: Secure.client())
        }
        #expect(outcome == .reply(200, "ok"))
    }

    @Test func nothingIsVerifiedWhereThatWasAskedFor() async throws {
        var settings = TLSSettings()
        settings.verifies = false
        let context = try TLSContext(client: settings)
        let outcome = try await onSimulatedLoop { loop in
            try await ask(on: loop, host: "chat.example", with: context)
        }
        #expect(outcome == .reply(200, "ok"))
    }

    @Test(arguments: [true, false])
    func serversMayAskForACertificate(hasOne: Bool) async throws {
        let context = try Secure.client(as: hasOne ? Secure.other : nil)
        let outcome = try await onSimulatedLoop { loop in
            try await ask(on: loop, host: "localhost", with: context, clients: Secure.other.chain)
        }
        if hasOne {
            #expect(outcome == .reply(200, "ok"))
        } else if case .tls(let failure)? = outcome.failure {
            #expect(failure.kind == .wantsCertificate)
            #expect(failure.description.contains("certificate required"), "\(failure)")
        } else {
            Issue.record("\(outcome)")
        }
    }

    private func ask(
        on loop: EventLoop, host: String, with context: TLSContext, clients: [UInt8]? = nil
    ) async throws -> Outcome {
        let server = try Secure.server(clients: clients)
        let peer = TestPeer(on: loop, with: server) { stream, _ in
            _ = try await stream.receiveRequest()
            try await stream.send(response("ok"))
        }
        let client = try await Client(on: loop, to: peer.start(), with: context, host: host)
        let outcome = await client.ask()
        await peer.stop()
        return outcome
    }
}
