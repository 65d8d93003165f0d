import Base
import Networking
import Support
import Testing

/// What a connection survives, and when it is used again.
@Suite struct HTTPConnectionTests {
    @Test(arguments: LoopKind.allCases)
    func oneConnectionCarriesManyExchanges(kind: LoopKind) async throws {
        try await kind.run { loop in
            let connections = Tally()
            let peer = TestPeer(on: loop) { stream, _ in
                connections.add()
                while try await !stream.receiveRequest().isEmpty {
                    try await stream.send(response("ok"))
                }
            }
            let client = try await Client(on: loop, to: peer.start())
            for _ in 0..<100 { #expect(await client.ask() == .reply(200, "ok")) }
            #expect(client.connection.timeline.connect == nil)
            #expect(connections.count == 1)
            await peer.stop()
        }
    }

    @Test(arguments: LoopKind.allCases)
    func aConnectionThatEndsIsOpenedAgain(kind: LoopKind) async throws {
        try await kind.run { loop in
            let connections = Tally()
            let peer = TestPeer(on: loop) { stream, _ in
                connections.add()
                _ = try await stream.receiveRequest()
                try await stream.send(response("ok", fields: "Connection: close\r\n"))
            }
            let client = try await Client(on: loop, to: peer.start())
            for _ in 0..<5 {
                #expect(await client.ask() == .reply(200, "ok"))
                #expect(!client.connection.isOpen)
            }
            #expect(connections.count == 5)
            await peer.stop()
        }
    }

    @Test(arguments: LoopKind.allCases)
    func aPeerThatLeavesAnIdleConnectionIsNoticed(kind: LoopKind) async throws {
        try await kind.run { loop in
            let peer = TestPeer(on: loop) { stream, _ in
                _ = try await stream.receiveRequest()
                try await stream.send(response("ok"))
            }
            let client = try await Client(on: loop, to: peer.start())
            for _ in 0..<5 {
                #expect(await client.ask() == .reply(200, "ok"))
                await loop.sleep(until: loop.clock() + .milliseconds(5))
            }
            await peer.stop()
        }
    }

    @Test(arguments: LoopKind.allCases)
    func surplusEndsTheConnection(kind: LoopKind) async throws {
        try await kind.run { loop in
            let connections = Tally()
            let peer = TestPeer(on: loop) { stream, _ in
                connections.add()
                while try await !stream.receiveRequest().isEmpty {
                    try await stream.send(response("1") + response("2"))
                }
            }
            let client = try await Client(on: loop, to: peer.start())
            for _ in 0..<3 { #expect(await client.ask() == .reply(200, "1")) }
            #expect(connections.count == 3)
            await peer.stop()
        }
    }

    /// The last read fills the loop's memory to the brim, so it cannot show that nothing follows.
    @Test(arguments: LoopKind.allCases)
    func aResponseOfOneWholeReadKeepsTheConnection(kind: LoopKind) async throws {
        try await kind.run { loop in
            let connections = Tally()
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 65494\r\n\r\n"
            let wire = Array((head + String(repeating: "x", count: 65_494)).utf8)
            let peer = TestPeer(on: loop) { stream, _ in
                connections.add()
                while try await !stream.receiveRequest().isEmpty { try await stream.send(wire) }
            }
            #expect(wire.count == 65_536)
            let client = try await Client(on: loop, to: peer.start())
            for _ in 0..<10 { #expect(await client.ask().body.utf8.count == 65_494) }
            #expect(connections.count == 1)
            await peer.stop()
        }
    }

    @Test(arguments: LoopKind.allCases)
    func requestsBeyondTheSocketsMemoryDoNotMix(kind: LoopKind) async throws {
        try await kind.run { loop in
            let peer = TestPeer(on: loop) { stream, loop in
                var bytes: [UInt8] = []
                // Lets the senders run into full sockets first.
                await loop.sleep(until: loop.clock() + .milliseconds(5))
                while bytes.last != UInt8(ascii: "\n") {
                    guard try await stream.receive(into: &bytes) > 0 else { return }
                }
                let pure = [UInt8](repeating: bytes[0], count: bytes.count - 1) + [10]
                let isPure = bytes == pure
                try await stream.send(response("\(isPure) \(bytes.count)"))
            }
            let address = try await peer.start()
            let replies = await withTaskGroup(of: Outcome.self) { group in
                for user in 0..<4 {
                    group.addTask(executorPreference: loop) {
                        let letter = UInt8(ascii: "a") + UInt8(user)
                        let request = [UInt8](repeating: letter, count: 2_000_000) + [10]
                        return await Client(on: loop, to: address).ask(request)
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(replies == Array(repeating: .reply(200, "true 2000001"), count: 4))
            await peer.stop()
        }
    }
}
