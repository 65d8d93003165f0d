import Support
import Testing

@testable import Base
@testable import Networking

/// The simulation keeps the kernel's manners, and the same history every time.
@Suite struct SimulatedPollerTests {
    @Test func theSameRunHasTheSameHistory() async throws {
        let histories = try await [history(), history()]
        #expect(histories[0].count == 40 * 25)
        #expect(histories[0] == histories[1])
    }

    @Test(arguments: LoopKind.allCases)
    func aPortInUseIsRefused(kind: LoopKind) async throws {
        try await kind.run { loop in
            let listener = try Listener(address: .loopback(port: 0), loop: loop)
            #expect(throws: SocketError.addressInUse) {
                try Listener(address: listener.address, loop: loop)
            }
            listener.close()
            try Listener(address: listener.address, loop: loop).close()
        }
    }

    @Test(arguments: LoopKind.allCases)
    func whatArrivedBeforeAResetCanBeRead(kind: LoopKind) async throws {
        try await kind.run { loop in
            let (near, far) = try await StreamLifeTests.pair(on: loop)
            try await far.send([1, 2, 3])
            await loop.sleep(until: loop.clock() + .milliseconds(1))
            far.reset()
            await loop.sleep(until: loop.clock() + .milliseconds(1))
            var bytes: [UInt8] = []
            #expect(try await near.receive(into: &bytes) == 3)
            await #expect(throws: SocketError.reset) {
                _ = try await near.receive(into: &bytes)
            }
        }
    }

    /// Forty users exchange over connections of their own; who was served when.
    private func history() async throws -> [String] {
        try await onSimulatedLoop { loop in
            let history = History()
            let peer = TestPeer(on: loop) { stream, loop in
                var random = SeededRandom(seed: 1, stream: 2, index: UInt64(loop.tick.count))
                while try await !stream.receiveRequest().isEmpty {
                    let pause = Nanoseconds(Int64(random.next() % 1_000_000))
                    await loop.sleep(until: loop.tick + pause)
                    try await stream.send(response("ok"))
                }
            }
            let address = try await peer.start()
            await withTaskGroup(of: Void.self) { group in
                for user in 0..<40 {
                    group.addTask(executorPreference: loop) {
                        let client = Client(on: loop, to: address)
                        for _ in 0..<25 {
                            #expect(await client.ask() == .reply(200, "ok"))
                            history.lines.append("\(user) at \(loop.tick.count)")
                        }
                    }
                }
            }
            await peer.stop()
            return history.lines
        }
    }
}

/// Touched by one loop's thread only, which is what makes it safe to share.
private final class History: @unchecked Sendable {
    var lines: [String] = []
}
