import Support
import Synchronization
import Testing

@testable import Base
@testable import Networking

/// When responses arrived, however late they are read.
@Suite struct ArrivalTests {
    /// Asks a peer that answers with `pieces` at their times after the request, plainly or not.
    private static func timeline(
        of pieces: [(after: Nanoseconds, bytes: [UInt8])], isSecure: Bool = false,
        stalls: [(at: Nanoseconds, span: Nanoseconds)] = [], transit: Nanoseconds = .zero,
        stamps: Bool = true
    ) async throws -> HTTPTimeline {
        try await onSimulatedLoop(stalls: stalls, transit: transit, stamps: stamps) { loop in
            let serve: @Sendable (Stream, EventLoop) async throws -> Void = { stream, loop in
                _ = try await stream.receiveRequest()
                let start = loop.clock()
                for piece in pieces {
                    await loop.sleep(until: start + piece.after)
                    try await stream.send(piece.bytes)
                }
                _ = try await stream.receiveRequest()
            }
            let peer =
                isSecure
                ? try TestPeer(on: loop, with: Secure.server(), serve) : TestPeer(on: loop, serve)
            let address = try await peer.start()
            let client =
                isSecure
                ? try Client(on: loop, to: address, with: Secure.client())
                : Client(on: loop, to: address)
            #expect(await client.ask().status == 200)
            await peer.stop()
            return client.connection.timeline
        }
    }

    @Test(arguments: [false, true])
    func aStalledLoopLengthensNoResponse(isSecure: Bool) async throws {
        // A handshake has round trips of its own before the request leaves.
        let began = isSecure ? Nanoseconds.milliseconds(30) : .zero
        let timeline = try await Self.timeline(
            of: [(.zero, response("ok"))], isSecure: isSecure,
            stalls: [(began + .milliseconds(10), .milliseconds(150))], transit: .milliseconds(20))
        let sent = try #require(timeline.sent)
        #expect(timeline.end - sent == .milliseconds(20))
        #expect(timeline.firstByte == timeline.end)
        #expect(timeline.readLate.map { $0 > .milliseconds(100) } == true)
        // A handshake is of several segments, so it is not known that this reading was of one.
        if !isSecure { #expect(timeline.mergedReads == 0) }
    }

    @Test func withoutStampsTheReadingCounts() async throws {
        let timeline = try await Self.timeline(
            of: [(.zero, response("ok"))], stalls: [(.milliseconds(10), .milliseconds(150))],
            transit: .milliseconds(20), stamps: false)
        let sent = try #require(timeline.sent)
        #expect(timeline.end - sent > .milliseconds(150))
        #expect(timeline.readLate == nil)
        #expect(timeline.isComplete)
    }

    @Test func piecesThatWaitedForEachOtherAreCounted() async throws {
        let whole = response("ok")
        let timeline = try await Self.timeline(
            of: [
                (.zero, Array(whole[..<20])), (.milliseconds(5), Array(whole[20..<30])),
                (.milliseconds(40), Array(whole[30...])),
            ],
            stalls: [(.milliseconds(20), .milliseconds(10))], transit: .milliseconds(20))
        let sent = try #require(timeline.sent)
        #expect(timeline.firstByte == sent + .milliseconds(25))
        #expect(timeline.end == sent + .milliseconds(60))
        #expect(timeline.mergedReads == 1)
    }

    @Test func readInTimeNoPieceWaits() async throws {
        let whole = response("ok")
        let timeline = try await Self.timeline(
            of: [(.zero, Array(whole[..<20])), (.milliseconds(5), Array(whole[20...]))],
            transit: .milliseconds(20))
        #expect(timeline.firstByte.map { timeline.end - $0 } == .milliseconds(5))
        #expect(timeline.readLate == .zero)
        #expect(timeline.mergedReads == 0)
    }

    private static let early = Array("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".utf8)

    /// The pieces after their times in milliseconds, when the first byte that counts came, and how
    /// many interim responses there were.
    static let interims: [(pieces: [(Int64, [UInt8])], first: Int64, count: UInt16)] = [
        ([(0, early), (200, response("ok"))], 200, 1),
        ([(0, early + early + early), (200, response("ok"))], 200, 3),
        ([(0, early), (50, early), (200, response("ok"))], 200, 2),
        ([(0, Array(early[..<9])), (50, Array(early[9...])), (200, response("ok"))], 200, 1),
        ([(0, Array(early[..<9])), (50, Array(early[9...]) + response("ok"))], 50, 1),
        ([(0, early + response("ok"))], 0, 1),
        ([(0, early + response("ok")[..<7]), (200, Array(response("ok")[7...]))], 0, 1),
        ([(10, response("ok"))], 10, 0),
    ]

    @Test(arguments: interims.indices)
    func theFinalResponsesFirstByteCounts(row: Int) async throws {
        let (pieces, first, count) = Self.interims[row]
        let timeline = try await Self.timeline(
            of: pieces.map { (.milliseconds($0.0), $0.1) })
        let sent = try #require(timeline.sent)
        #expect(timeline.firstByte == sent + .milliseconds(first))
        #expect(timeline.interimResponses == count)
    }

    /// A loop that is kept from reading until long after the response has come, on real sockets. It
    /// waits for the peer, never for a time to be enough.
    @Test(arguments: [false, true])
    func theKernelTellsWhenAResponseArrived(isSecure: Bool) async throws {
        let hold = Nanoseconds.milliseconds(30)
        let answered = Atomic(false)
        // The peer answers when the loop is held, so that nothing is read before.
        let isHeld = Atomic(true)
        let far = EventLoop(name: "peer", poller: EpollPoller())
        far.start()
        defer { far.stop() }
        let serve: @Sendable (Stream, EventLoop) async throws -> Void = { stream, _ in
            while try await !stream.receiveRequest().isEmpty {
                while !isHeld.load(ordering: .acquiring) {}
                try await stream.send(response("ok"))
                answered.store(true, ordering: .releasing)
            }
        }
        let peer =
            isSecure
            ? try TestPeer(on: far, with: Secure.server(), serve) : TestPeer(on: far, serve)
        let address = try await peer.start()
        try await onRealLoop { loop in
            let client =
                isSecure
                ? try Client(on: loop, to: address, with: Secure.client())
                : Client(on: loop, to: address)
            #expect(await client.ask() == .reply(200, "ok"))
            answered.store(false, ordering: .relaxed)
            isHeld.store(false, ordering: .releasing)
            async let outcome = client.ask()
            _ = loop.schedule(at: loop.clock()) {
                isHeld.store(true, ordering: .releasing)
                while !answered.load(ordering: .acquiring) {}
                let end = loop.clock() + hold
                while loop.clock() < end {}
            }
            #expect(await outcome == .reply(200, "ok"))
            let timeline = client.connection.timeline
            let late = try #require(timeline.readLate)
            // Two clocks are read, one after the other.
            let apart = Nanoseconds.milliseconds(5)
            #expect(late + apart >= hold)
            #expect(timeline.firstByte == timeline.end)
            #expect(timeline.end + hold <= loop.clock() + apart)
        }
        await peer.stop()
    }
}
