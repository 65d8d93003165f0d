import Base
import Networking
import Support
import Testing

/// Whatever a peer sends, in whatever pieces, an exchange ends: in a response, in an error or at its
/// deadline, and the next exchange finds a connection in order.
@Suite struct HTTPConnectionFuzzTests {
    @Test func mutatedResponsesNeverTrapNorHang() async throws {
        let ends = try await onSimulatedLoop { loop in
            let answers = Answers()
            let peer = TestPeer(on: loop) { stream, loop in
                while try await !stream.receiveRequest().isEmpty {
                    for piece in answers.next {
                        try await stream.send(piece)
                        await loop.sleep(until: loop.tick + .milliseconds(1))
                    }
                    if answers.isFinal { return }
                }
            }
            let client = try await Client(
                on: loop, to: peer.start(), limits: HTTPLimits(head: 500, body: 1_000))
            var ends = Ends()
            var random = SeededRandom(seed: 77)
            for _ in 0..<Fuzz.count(few: 5_000) {
                answers.draw(&random)
                let start = loop.tick
                ends.count(await client.ask(timeout: .seconds(2)))
                #expect(loop.tick - start <= .seconds(2))
                answers.next = [response("fine")]
                answers.isFinal = false
                var outcome = await client.ask(timeout: .seconds(2))
                // The rest of the last answer may have been taken for this one's.
                if outcome != .reply(200, "fine") {
                    client.connection.close()
                    outcome = await client.ask(timeout: .seconds(2))
                }
                #expect(outcome == .reply(200, "fine"))
            }
            await peer.stop()
            return ends
        }
        #expect(ends.replies > 300 && ends.errors > 300 && ends.timeouts > 300)
    }
}

private struct Ends {
    var replies = 0
    var errors = 0
    var timeouts = 0

    mutating func count(_ outcome: Outcome) {
        switch outcome.failure {
        case nil: replies += 1
        case .timeout: timeouts += 1
        default: errors += 1
        }
    }
}

/// What the peer sends next; touched by one loop's thread only, which makes it safe to share.
private final class Answers: @unchecked Sendable {
    var next: [[UInt8]] = []
    /// Whether the peer hangs up afterwards.
    var isFinal = false

    func draw(_ random: inout SeededRandom) {
        let rows = goodResponses + badResponses
        var wire = Array((rows.randomElement(using: &random)?.wire ?? "").utf8)
        for _ in 0..<random.next() % 4 where !wire.isEmpty {
            let place = Int.random(in: 0..<wire.count, using: &random)
            switch random.next() % 3 {
            case 0: wire[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: wire.remove(at: place)
            default: wire.insert(contentsOf: wire[..<place], at: place)
            }
        }
        next = []
        while !wire.isEmpty {
            let count = Int.random(in: 1...max(wire.count, 1), using: &random)
            next.append(Array(wire.prefix(count)))
            wire.removeFirst(count)
        }
        isFinal = random.next() % 2 == 0
    }
}
