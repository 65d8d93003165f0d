import Base
import Networking
import Support
import Testing

@Suite struct StreamTests {
    @Test(arguments: LoopKind.allCases)
    func bytesCrossInBothDirections(kind: LoopKind) async throws {
        let echoed = try await kind.run { loop in
            let listener = try Listener(address: .loopback(port: 0), loop: loop)
            let address = listener.address
            async let served: Void = echo(3_000_000, of: listener)
            let stream = try await Stream.connect(to: address, on: loop, until: .never)
            let message = [UInt8](repeating: 65, count: 3_000_000)
            try await stream.send(message)
            var received: [UInt8] = []
            while received.count < message.count {
                guard try await stream.receive(into: &received) > 0 else { break }
            }
            stream.close()
            try await served
            return received == message
        }
        #expect(echoed)
    }

    @Test(arguments: LoopKind.allCases)
    func aPortNobodyListensOnRefuses(kind: LoopKind) async throws {
        try await kind.run { loop in
            let listener = try Listener(address: .loopback(port: 0), loop: loop)
            let address = listener.address
            listener.close()
            await #expect(throws: SocketError.refused) {
                _ = try await Stream.connect(to: address, on: loop, until: .never)
            }
        }
    }

    @Test func aConnectionThatIsNeverAnsweredTimesOut() async throws {
        let hole = SocketAddress.loopback(port: 9)
        let time = try await onSimulatedLoop(unanswered: [hole]) { loop in
            await #expect(throws: SocketError.timedOut) {
                _ = try await Stream.connect(to: hole, on: loop, until: .seconds(5))
            }
            return loop.tick
        }
        #expect(time == .seconds(5))
    }

    @Test(arguments: LoopKind.allCases)
    func aResetIsTold(kind: LoopKind) async throws {
        try await kind.run { loop in
            let listener = try Listener(address: .loopback(port: 0), loop: loop)
            let stream = try await Stream.connect(to: listener.address, on: loop, until: .never)
            try await listener.accept().reset()
            await #expect(throws: SocketError.reset) {
                var bytes: [UInt8] = []
                _ = try await stream.receive(into: &bytes)
            }
        }
    }

    @Test func aReadGivesUpAtItsDeadlineAndCanGoOnAfterwards() async throws {
        try await onSimulatedLoop { loop in
            let listener = try Listener(address: .loopback(port: 0), loop: loop)
            let stream = try await Stream.connect(to: listener.address, on: loop, until: .never)
            let peer = try await listener.accept()
            var bytes: [UInt8] = []
            await #expect(throws: SocketError.timedOut) {
                _ = try await stream.receive(into: &bytes, until: .seconds(60))
            }
            #expect(loop.tick == .seconds(60))
            await #expect(throws: SocketError.timedOut) {
                _ = try await stream.receive(into: &bytes, until: .seconds(61))
            }
            #expect(loop.tick == .seconds(61))
            try await peer.send([1, 2, 3])
            #expect(try await stream.receive(into: &bytes, until: .seconds(62)) == 3)
            peer.close()
            #expect(try await stream.receive(into: &bytes) == 0)
        }
    }

    private func echo(_ count: Int, of listener: Listener) async throws {
        let stream = try await listener.accept()
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard try await stream.receive(into: &bytes) > 0 else { break }
        }
        try await stream.send(bytes)
        stream.close()
    }
}
