import Base
import Support
import Testing

@testable import Networking

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

/// Reading in place of the task that waits.
@Suite struct ReadingTakerTests {
    /// Takes so many bytes; a time to wait until after each reading that is not the last.
    private final class Taker: ReadingTaker {
        let stream: Networking.Stream
        let wanted: Int
        let patience: Nanoseconds
        var taken: [Int] = []

        init(_ stream: Networking.Stream, wanted: Int, patience: Nanoseconds) {
            (self.stream, self.wanted, self.patience) = (stream, wanted, patience)
        }

        func takeReadable() -> Nanoseconds? {
            repeat {
                taken.append((try? stream.receiveOnce { $0.count }) ?? -1)
            } while stream.channel.isReadable && taken.last != 0
            let isOver = taken.reduce(0, +) >= wanted || taken.last == 0
            return isOver ? nil : stream.loop.tick + patience
        }
    }

    struct Row: Sendable {
        var wanted: Int
        var patience = Nanoseconds.seconds(1)
        var wake = WakeReason.ready
        var taken: [Int]
        var after: Nanoseconds
    }

    /// A peer that sends three bytes, one every 10 ms, and closes 10 ms later.
    static let rows = [
        Row(wanted: 2, taken: [1, 1], after: .milliseconds(20)),
        Row(wanted: 9, taken: [1, 1, 1, 0], after: .milliseconds(40)),
        Row(
            wanted: 9, patience: .milliseconds(5), wake: .timedOut, taken: [1],
            after: .milliseconds(15)),
        Row(wanted: 9, patience: .zero, wake: .timedOut, taken: [1], after: .milliseconds(10)),
    ]

    @Test(arguments: rows)
    func wakesWhoWaitsWhenItHasEnough(row: Row) async throws {
        try await onSimulatedLoop(transit: .zero) { loop in
            let peer = TestPeer(on: loop) { stream, loop in
                let start = loop.tick
                for time in [10, 20, 30] as [Int64] {
                    await loop.sleep(until: start + .milliseconds(time))
                    try await stream.send([65])
                }
                await loop.sleep(until: start + .milliseconds(40))
            }
            let stream = try await Stream.connect(to: peer.start(), on: loop, until: .never)
            let start = loop.tick
            let taker = Taker(stream, wanted: row.wanted, patience: row.patience)
            let wake = await stream.readable(until: .never, by: taker)
            #expect(wake == row.wake && taker.taken == row.taken)
            #expect(loop.tick - start == row.after)
            await loop.sleep(until: start + .milliseconds(60))
            #expect(taker.taken == row.taken, "it is asked no more")
            stream.close()
            await peer.stop()
        }
    }
}
