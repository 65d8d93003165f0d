import Support
import Testing

@testable import Base
@testable import Networking

/// Connections that the server closes while they are idle.
@Suite struct IdleCloseTests {
    /// What the peer does with the second request of a connection.
    enum Ending: CaseIterable, Sendable {
        case closes, resets, closesWithinHead
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var idle: Nanoseconds
        var isRepeatable: Bool
        var ending = Ending.closes
        /// What comes of the second exchange.
        var outcome: Outcome
        /// Requests that the peer has seen.
        var requests: Int
        var testDescription: String { "\(ending) after \(idle), repeatable: \(isRepeatable)" }
    }

    private static let long = Nanoseconds.seconds(30)
    private static let short = Nanoseconds.milliseconds(100)

    /// A close that comes after the request was sent: nobody knows what became of the request.
    @Test(arguments: [
        Row(idle: long, isRepeatable: true, outcome: .reply(200, "ok"), requests: 3),
        Row(
            idle: long, isRepeatable: true, ending: .resets, outcome: .reply(200, "ok"), requests: 3
        ),
        Row(idle: long, isRepeatable: false, outcome: .failure(.dropped(.closed)), requests: 2),
        Row(
            idle: long, isRepeatable: false, ending: .resets, outcome: .failure(.dropped(.reset)),
            requests: 2),
        Row(
            idle: short, isRepeatable: true, outcome: .failure(.message(.closedEarly)), requests: 2),
        Row(
            idle: short, isRepeatable: true, ending: .resets, outcome: .failure(.receive(.reset)),
            requests: 2),
        Row(
            idle: long, isRepeatable: true, ending: .closesWithinHead,
            outcome: .failure(.message(.closedEarly)), requests: 2),
    ])
    func aCloseInsteadOfAnAnswer(row: Row) async throws {
        try await onSimulatedLoop { loop in
            let requests = Tally()
            let peer = TestPeer(on: loop) { stream, _ in
                _ = try await stream.receiveRequest()
                requests.add()
                try await stream.send(response("ok"))
                guard try await !stream.receiveRequest().isEmpty else { return }
                requests.add()
                if row.ending == .resets { stream.reset() }
                if row.ending == .closesWithinHead {
                    try await stream.send(Array("HTTP/1.1 2".utf8))
                }
            }
            let client = try await Client(on: loop, to: peer.start())
            #expect(await client.ask() == .reply(200, "ok"))
            await loop.sleep(until: loop.tick + row.idle)
            let start = loop.tick
            #expect(await client.ask(isRepeatable: row.isRepeatable) == row.outcome)
            #expect(requests.count == row.requests)
            #expect(client.origin.count.repeatedRequests == row.requests - 2)
            #expect(client.origin.count.reconnects == row.requests - 2)
            #expect(client.connection.timeline.sent == start)
            #expect((client.connection.timeline.connect != nil) == (row.requests == 3))
            await peer.stop()
        }
    }

    /// Once is enough, and the first request of a connection is not repeated at all.
    @Test func nothingIsRepeatedTwice() async throws {
        try await onSimulatedLoop { loop in
            let requests = Tally()
            let peer = TestPeer(on: loop) { stream, _ in
                _ = try await stream.receiveRequest()
                requests.add()
                if requests.count == 1 {
                    try await stream.send(response("ok"))
                    _ = try await stream.receiveRequest()
                    requests.add()
                }
            }
            let client = try await Client(on: loop, to: peer.start())
            #expect(await client.ask() == .reply(200, "ok"))
            await loop.sleep(until: loop.tick + Self.long)
            let outcome = await client.ask(isRepeatable: true)
            #expect(outcome == .failure(.message(.closedEarly)))
            #expect(requests.count == 3)
            #expect(client.origin.count.repeatedRequests == 1)
            #expect(await client.ask(isRepeatable: true) == .failure(.message(.closedEarly)))
            #expect(requests.count == 4)
            await peer.stop()
        }
    }

    /// A close that is there before the request leaves: the request goes out on a new connection,
    /// whatever it is, and once.
    @Test(arguments: LoopKind.allCases, [false, true])
    func aCloseBeforeTheRequest(kind: LoopKind, resets: Bool) async throws {
        try await kind.run { loop in
            let requests = Tally()
            let peer = TestPeer(on: loop) { stream, _ in
                _ = try await stream.receiveRequest()
                requests.add()
                try await stream.send(response("ok"))
                if resets { stream.reset() }
            }
            let client = try await Client(on: loop, to: peer.start())
            #expect(await client.ask() == .reply(200, "ok"))
            await loop.sleep(until: loop.clock() + .milliseconds(20))
            #expect(await client.ask() == .reply(200, "ok"))
            #expect(requests.count == 2)
            #expect(client.origin.count.reconnects == 1)
            #expect(client.origin.count.repeatedRequests == 0)
            await peer.stop()
        }
    }

    /// The loop has not heard of the end yet, but the kernel has. A read before the send finds it
    /// where the connection was idle, and otherwise a send that is refused.
    @Test(arguments: [(wasIdle: true, resets: false), (true, true), (false, true)])
    func anEndThatTheLoopHasNotHeardOf(wasIdle: Bool, resets: Bool) async throws {
        try await onRealLoop { loop in
            let requests = Tally()
            let latest = Latest()
            let peer = TestPeer(on: loop) { stream, _ in
                latest.stream = stream
                while try await !stream.receiveRequest().isEmpty {
                    requests.add()
                    try await stream.send(response("ok"))
                }
            }
            let client = try await Client(on: loop, to: peer.start())
            #expect(await client.ask() == .reply(200, "ok"))
            if wasIdle { client.connection.timeline.end = .zero }
            if resets { latest.stream?.reset() } else { latest.stream?.close() }
            #expect(await client.ask() == .reply(200, "ok"))
            #expect(requests.count == 2)
            #expect(client.origin.count.reconnects == 1)
            #expect(client.origin.count.repeatedRequests == (wasIdle ? 0 : 1))
            await peer.stop()
        }
    }

    /// The peer's end of the latest connection; touched by one loop's thread only, which makes it
    /// safe to share.
    private final class Latest: @unchecked Sendable {
        var stream: Stream?
    }
}
