import Glibc
import Support
import Testing

@testable import Base
@testable import Networking

/// Descriptors end with what holds them, and edges are not missed.
@Suite struct StreamLifeTests {
    @Test(arguments: LoopKind.allCases)
    func aForgottenStreamIsClosed(kind: LoopKind) async throws {
        try await kind.run { loop in
            let listener = try Listener(address: .loopback(port: 0), loop: loop)
            let far = try await Self.forgetOneStream(towards: listener, on: loop)
            var bytes: [UInt8] = []
            #expect(try await far.receive(into: &bytes, until: loop.clock() + .seconds(10)) == 0)
        }
    }

    /// A file cannot be watched, so the stream never comes to be, and closes what it was given once.
    @Test func aStreamThatCannotBeWatchedClosesItsDescriptorOnceAndNothingElse() async throws {
        try await onRealLoop { loop in
            let listener = try Listener(address: .loopback(port: 0), loop: loop)
            let file = open("/proc/self/stat", O_RDONLY)
            #expect(throws: SocketError.notPermitted) { try Stream(descriptor: file, loop: loop) }
            let reused = open("/proc/self/stat", O_RDONLY)
            #expect(fcntl(reused, F_GETFD) >= 0)
            _ = Glibc.close(reused)
            // The listener, whose token is the loop's first, still gets its events.
            async let accepted = listener.accept()
            _ = try await Stream.connect(to: listener.address, on: loop, until: .never)
            _ = try await accepted
        }
    }

    @Test(arguments: LoopKind.allCases)
    func bytesThatComeWithTheEndAreReadBeforeIt(kind: LoopKind) async throws {
        try await kind.run { loop in
            let message = [UInt8](repeating: 7, count: 150_000)
            let peer = TestPeer(on: loop) { stream, _ in try await stream.send(message) }
            let near = try await Stream.connect(to: peer.start(), on: loop, until: .never)
            var bytes: [UInt8] = []
            while try await near.receive(into: &bytes) > 0 {}
            #expect(bytes == message)
            await peer.stop()
        }
    }

    @Test(arguments: LoopKind.allCases)
    func bytesAfterAShortReadAreAnEventOfTheirOwn(kind: LoopKind) async throws {
        try await kind.run { loop in
            let (near, far) = try await Self.pair(on: loop)
            for round in 1...200 {
                var bytes: [UInt8] = []
                try await far.send([UInt8](repeating: 1, count: round))
                while bytes.count < round { _ = try await near.receive(into: &bytes) }
                #expect(!near.isStale())
            }
        }
    }

    @Test(arguments: LoopKind.allCases)
    func aPeerThatLeftBeforeItWasAcceptedIsSeenToHaveLeft(kind: LoopKind) async throws {
        try await kind.run { loop in
            let listener = try Listener(address: .loopback(port: 0), loop: loop)
            for message in [[], [1, 2, 3]] as [[UInt8]] {
                let near = try await Stream.connect(to: listener.address, on: loop, until: .never)
                try await near.send(message)
                near.close()
                await loop.sleep(until: loop.clock() + .milliseconds(1))
                let far = try await listener.accept()
                var bytes: [UInt8] = []
                let deadline = loop.clock() + .seconds(10)
                while try await far.receive(into: &bytes, until: deadline) > 0 {}
                #expect(bytes == message)
            }
        }
    }

    static func pair(on loop: EventLoop) async throws -> (near: Stream, far: Stream) {
        let listener = try Listener(address: .loopback(port: 0), loop: loop)
        let near = try await Stream.connect(to: listener.address, on: loop, until: .never)
        return (near, try await listener.accept())
    }

    /// Opens a connection, forgets its near end and returns the far one.
    private static func forgetOneStream(
        towards listener: Listener, on loop: EventLoop
    ) async throws -> Stream {
        let near = try await Stream.connect(
            to: listener.address, on: loop, until: loop.clock() + .seconds(60))
        #expect(!near.isClosed)
        return try await listener.accept()
    }
}
