import Base
import Networking
import Support
import Testing

@testable import Sandbox

@Suite("Nobody can make the server hold on to more, or for longer, than it wants")
struct SandboxBoundsTests {
    @Test func slowAndSilentClientsAreCutOff() async throws {
        try await SandboxServerTests.with(.simulated) { loop, _, address in
            var slow = try await RawClient(to: address, on: loop)
            let start = loop.tick
            for byte in ["GET / HTTP/1.1\r\n", "Host: h\r\n", "X: "] {
                try await slow.send(byte)
                await loop.sleep(until: loop.tick + .seconds(9))
            }
            #expect(try await slow.response().head.hasPrefix("HTTP/1.1 408 "))
            #expect(loop.tick - start == .seconds(30))
            #expect(try await slow.isEnded())
            var dribbling = try await RawClient(to: address, on: loop)
            let second = loop.tick
            try await dribbling.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n")
            for _ in 0..<4 {
                try await dribbling.send("x")
                await loop.sleep(until: loop.tick + .seconds(9))
            }
            #expect(try await dribbling.response().head.hasPrefix("HTTP/1.1 408 "))
            #expect(loop.tick - second <= .seconds(36))
            let third = loop.tick
            var silent = try await RawClient(to: address, on: loop)
            #expect(try await silent.isEnded())
            #expect(loop.tick - third == .seconds(300))
        }
    }

    /// Somebody who asks and asks and takes no answers.
    @Test func clientsThatDoNotReadAreCutOff() async throws {
        try await SandboxServerTests.with(.simulated) { loop, _, address in
            let client = try await RawClient(to: address, on: loop)
            let requests = String(repeating: SandboxServerTests.chat, count: 1_000)
            let start = loop.tick
            await #expect(throws: SocketError.self) {
                while loop.tick - start < .seconds(600) { try await client.send(requests) }
            }
            #expect(loop.tick - start < .seconds(120))
        }
    }

    @Test(arguments: [1, 300])
    func requestsAreLimitedTogether(kilobytes: Int) async throws {
        let size = kilobytes * 10_000
        let change: (inout SandboxSettings) -> Void = { $0.mostHeldBytes = 5 * size }
        try await SandboxServerTests.with(.simulated, change) { loop, server, address in
            let part =
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size + 10)\r\n\r\n"
                + String(repeating: "x", count: size)
            var clients: [RawClient] = []
            for _ in 0..<12 {
                clients.append(try await RawClient(to: address, on: loop))
                try await clients[clients.count - 1].send(part)
            }
            let last = clients.count - 1
            #expect(try await clients[last].response().head.hasPrefix("HTTP/1.1 503 "))
            // The others are still welcome to finish, and make room.
            for number in 0..<4 {
                try await clients[number].send("xxxxxxxxxx")
                #expect(try await clients[number].response().head.hasPrefix("HTTP/1.1 404 "))
            }
            #expect(await server.heldBytes <= 5 * size)
            for client in clients { client.stream.close() }
            await loop.sleep(until: loop.tick + .seconds(5))
            #expect(await server.heldBytes == 0)
        }
    }

    /// The sandbox speaks to its own machine unless somebody says otherwise.
    @Test func listensOnLoopback() async throws {
        #expect(SandboxSettings().address.ip == "127.0.0.1")
        try await SandboxServerTests.with(.real) { _, _, address in
            #expect(address.ip == "127.0.0.1")
        }
    }

    @Test(arguments: [
        (String(repeating: "x", count: 40_000), "431"),
        ("X: " + String(repeating: "x", count: 40_000), "431"),
        ("Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", "413"),
        ("Content-Length: 26214401\r\n\r\n", "413"),
    ])
    func whatIsTooLongIsRefused(rest: String, status: String) async throws {
        try await SandboxServerTests.with(.simulated) { loop, _, address in
            var client = try await RawClient(to: address, on: loop)
            try await client.send("POST / HTTP/1.1\r\nHost: h\r\n" + rest)
            #expect(try await client.response().head.hasPrefix("HTTP/1.1 \(status) "))
            #expect(try await client.isEnded())
        }
    }

    @Test func connectionsAreLimited() async throws {
        try await SandboxServerTests.with(.simulated, { $0.mostConnections = 2 }) {
            loop, server, address in
            var clients: [RawClient] = []
            for _ in 0..<3 { clients.append(try await RawClient(to: address, on: loop)) }
            #expect(try await clients[2].isEnded())
            try await clients[0].send(SandboxServerTests.chat)
            #expect(try await clients[0].response().head.hasPrefix("HTTP/1.1 200"))
            let counts = await server.counts
            #expect(counts.connections == 2 && counts.refusedConnections == 1)
        }
    }
}

extension SandboxServer {
    /// What requests under way hold together.
    var heldBytes: Int { state.heldBytes }
}
