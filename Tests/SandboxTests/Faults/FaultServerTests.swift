import Base
import Networking
import Support
import Testing

@testable import Sandbox

@Suite("Faults: what goes over the wire")
struct FaultServerTests {
    static func chat(_ fault: String) -> String {
        SandboxServerTests.chat.replacing(
            "Host: h\r\n", with: "Host: h\r\nX-Sandbox-Fault: \(fault)\r\n")
    }

    @Test(arguments: [
        ("reject-seconds", "Retry-After: 1\r\n"),
        ("reject-date", "Retry-After: Tue, 14 Nov 2023 22:13:22 GMT\r\n"),
        ("reject-past", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
        ("redirect", "HTTP/1.1 302 Found\r\n"), ("redirect-loop", "Location: /api/chat\r\n"),
        ("cookie-flood", "Set-Cookie: flood-399="), ("html-page", "text/html"),
    ])
    func aRequestAsksForItsFault(fault: String, line: String) async throws {
        try await SandboxServerTests.with(.simulated) { loop, server, address in
            var client = try await RawClient(to: address, on: loop)
            try await client.send(Self.chat(fault))
            let head = try await client.response().head
            #expect((head + "\r\n").contains(line), "\(head)")
            try await client.send(SandboxServerTests.chat)
            #expect(try await client.response().head.hasPrefix("HTTP/1.1 200"))
            let counts = await server.counts
            #expect(counts.faults == [fault: 1] && counts.total == 2)
        }
    }

    @Test func anUnknownOneIsRefusedWithTheMenu() async throws {
        try await SandboxServerTests.with(.simulated) { loop, server, address in
            var client = try await RawClient(to: address, on: loop)
            try await client.send(Self.chat("rest"))
            let (head, body) = try await client.response()
            #expect(head.hasPrefix("HTTP/1.1 400") && body.contains("no fault is called 'rest'"))
            #expect(InjectedFault.allCases.allSatisfy { body.contains($0.rawValue) })
            #expect(await server.counts.requests == ["unknown": [400: 1]])
        }
    }

    /// What has no whole answer counts under no status, and in the figures for scripts as `none`.
    @Test func countsByFaultAndStatus() async throws {
        try await SandboxServerTests.with(.simulated) { loop, server, address in
            for fault in ["reset", "close-in-body", "close-in-body", "length-too-short"] {
                let client = try await RawClient(to: address, on: loop)
                try await client.send(Self.chat(fault))
                await loop.sleep(until: loop.tick + .seconds(1))
                client.stream.close()
            }
            let counts = await server.counts
            #expect(counts.requests == ["tamako.chat": [0: 3, 200: 1]])
            #expect(counts.json.contains(#""tamako.chat":{"none":3,"200":1}},"total":4,"#))
            #expect(
                counts.json.contains(
                    #""faults":{"close-in-body":2,"length-too-short":1,"reset":1},"#))
        }
    }

    @Test(arguments: LoopKind.allCases)
    func refusesConnectionsForAWhileAndLosesNone(kind: LoopKind) async throws {
        let refusal = Nanoseconds.milliseconds(400)
        try await SandboxServerTests.with(kind, { $0.refusal = refusal }) { loop, server, address in
            var first = try await RawClient(to: address, on: loop)
            var second = try await RawClient(to: address, on: loop)
            try await first.send(Self.chat("refuse"))
            #expect(try await first.response().head.contains("Connection: close"))
            #expect(try await first.isEnded())
            await #expect(throws: SocketError.refused) {
                _ = try await RawClient(to: address, on: loop)
            }
            // Who was there before goes on.
            try await second.send(SandboxServerTests.chat)
            #expect(try await second.response().head.hasPrefix("HTTP/1.1 200"))
            let start = loop.tick
            var late = try await Self.client(to: address, on: loop)
            if kind == .simulated { #expect(loop.tick - start <= refusal) }
            try await late.send(SandboxServerTests.chat)
            #expect(try await late.response().head.hasPrefix("HTTP/1.1 200"))
            #expect(await server.counts.total == 3)
        }
    }

    /// A client that tries until it is let in.
    private static func client(
        to address: SocketAddress, on loop: EventLoop
    ) async throws -> RawClient {
        while true {
            do {
                return try await RawClient(to: address, on: loop)
            } catch SocketError.refused {
                await loop.sleep(until: loop.tick + .milliseconds(1))
            }
        }
    }

    /// A client that takes everything is sent something without end no longer than it may be idle.
    @Test func whatIsEndlessEndsInTheEnd() async throws {
        try await SandboxServerTests.with(.simulated) { loop, _, address in
            let client = try await RawClient(to: address, on: loop)
            try await client.send(Self.chat("endless-head"))
            let start = loop.tick
            // It takes nothing: the server gives up on it.
            await loop.sleep(until: start + .seconds(60))
            var received: [UInt8] = []
            while try await client.stream.receive(into: &received, until: .seconds(600)) > 0 {}
            #expect(received.count < 1 << 20)
            client.stream.close()
        }
    }
}
