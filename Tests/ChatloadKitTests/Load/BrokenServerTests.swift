import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Servers that misbehave: every run ends on time, with the right class, and counts everything.
@Suite struct BrokenServerTests {
    /// One way to be broken, and what it must be called.
    struct InjectedFault: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var expected: ErrorClass
        var serve: @Sendable (Stream, EventLoop) async throws -> Void
    }

    static let faults: [InjectedFault] = [
        InjectedFault(testDescription: "closes at once", expected: .closedEarly) { _, _ in },
        InjectedFault(testDescription: "closes within the body", expected: .closedEarly) {
            stream, _ in
            _ = try await stream.receiveRequest()
            try await stream.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf".utf8))
        },
        InjectedFault(testDescription: "closes within the head", expected: .closedEarly) {
            stream, _ in
            _ = try await stream.receiveRequest()
            try await stream.send(Array("HTTP/1.1 200 OK\r\nConte".utf8))
        },
        InjectedFault(testDescription: "resets", expected: .connectReset) { stream, _ in
            _ = try await stream.receiveRequest()
            stream.reset()
        },
        InjectedFault(testDescription: "sends garbage", expected: .malformedHTTP) { stream, loop in
            _ = try await stream.receiveRequest()
            try await stream.send([0, 1, 2, 3, 255, 254])
            await loop.sleep(until: loop.tick + .seconds(3_600))
        },
        InjectedFault(testDescription: "never answers", expected: .timeout) { _, loop in
            await loop.sleep(until: loop.tick + .seconds(3_600))
        },
        InjectedFault(testDescription: "dribbles", expected: .timeout) { stream, loop in
            for byte in okResponse {
                try await stream.send([byte])
                await loop.sleep(until: loop.tick + .seconds(1))
            }
        },
        InjectedFault(testDescription: "endless header", expected: .tooLarge) { stream, _ in
            try await stream.send(Array("HTTP/1.1 200 OK\r\nX: ".utf8))
            while true { try await stream.send([UInt8](repeating: 97, count: 10_000)) }
        },
        InjectedFault(testDescription: "no JSON", expected: .malformedReply) { stream, _ in
            _ = try await stream.receiveRequest()
            try await stream.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhaha".utf8))
        },
        InjectedFault(testDescription: "redirects", expected: .httpUnexpected) { stream, _ in
            _ = try await stream.receiveRequest()
            let head = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
            try await stream.send(Array((head + "Content-Length: 0\r\n\r\n").utf8))
        },
        InjectedFault(testDescription: "fails", expected: .http5xx) { stream, _ in
            _ = try await stream.receiveRequest()
            try await stream.send(
                Array("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy".utf8))
        },
    ]

    @Test(arguments: faults)
    func eachIsCalledByItsName(fault: InjectedFault) async throws {
        let result = try await Self.run().against(fault.serve)
        #expect(result.summary.errors.map(\.errorClass) == [fault.expected.rawValue])
        #expect(result.summary.totals[.failed] == 6)
        #expect(result.summary.totals[.exchanges] == 6)
        #expect(result.summary.totals[.conversationsFailed] == 6)
        // Three rounds of two users, none longer than the timeout of ten seconds.
        #expect(result.took <= .seconds(30))
        #expect(result.summary.latency[.response].count == 0)
    }

    @Test func nobodyListens() async throws {
        let result = try await Self.run().againstNobody()
        #expect(result.summary.errors.map(\.errorClass) == ["connect_refused"])
        #expect(result.summary.totals[.failed] == 6)
    }

    @Test func nobodyAnswersTheConnection() async throws {
        let result = try await Self.run().againstNobody(unanswered: true)
        #expect(result.summary.errors.map(\.errorClass) == ["connect_timeout"])
        // Each conversation gives the loop back, which takes the least there is.
        #expect(result.took - .seconds(6) < .microseconds(1) && result.took >= .seconds(6))
    }

    @Test func theEndOfTheGraceCancelsWhatNeverEnds() async throws {
        let load = LoadShape(users: 4, duration: .seconds(20), grace: .seconds(5))
        var run = VirtualRun(scripts: [WholeRunTests.oneTurn], load: load)
        run.timeouts = Timeouts(total: .seconds(3_600))
        let result = try await run.against { _, loop in
            await loop.sleep(until: .seconds(3_600))
        }
        #expect(result.took == .seconds(25))
        #expect(result.summary.errors.map(\.errorClass) == ["cancelled"])
        #expect(result.summary.totals[.conversationsAborted] == 4)
    }

    @Test func anInterruptDrainsAndASecondOneStops() async throws {
        var run = VirtualRun(
            scripts: [WholeRunTests.threeTurns],
            load: LoadShape(users: 4, duration: .seconds(600)))
        run.timeouts = Timeouts(total: .seconds(3_600))
        let drained = try await run.against(
            { stream, loop in
                while try await !stream.receiveRequest().isEmpty {
                    await loop.sleep(until: loop.tick + .milliseconds(200))
                    try await stream.send(okResponse)
                }
            },
            beforehand: { dispatcher, loop in
                _ = loop.schedule(at: .seconds(10)) { dispatcher.drain() }
            })
        #expect(drained.took >= .seconds(10) && drained.took <= .milliseconds(10_200))
        #expect(drained.summary.totals[.failed] == 0)
        let stopped = try await run.against(
            { _, loop in await loop.sleep(until: .seconds(3_600)) },
            beforehand: { dispatcher, loop in
                _ = loop.schedule(at: .seconds(10)) { dispatcher.drain() }
                _ = loop.schedule(at: .seconds(12)) { Task { await dispatcher.stop() } }
            })
        #expect(stopped.summary.totals[.failed] == 4)
        #expect(stopped.summary.errors.map(\.errorClass) == ["cancelled"])
    }

    @Test func aKeptConnectionThatThePeerEndsIsOpenedAgain() async throws {
        let run = VirtualRun(
            scripts: [#"{"turns":[{"say":"x","think":"10s"}]}"#],
            load: LoadShape(users: 2, conversations: 20))
        let result = try await run.against { stream, loop in
            _ = try await stream.receiveRequest()
            try await stream.send(okResponse)
            // Without a word, as servers do to connections that are idle for too long.
            await loop.sleep(until: loop.tick + .seconds(5))
        }
        #expect(result.summary.totals[.succeeded] == 20)
    }

    private static func run() -> VirtualRun {
        var run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], load: LoadShape(users: 2, conversations: 6))
        run.timeouts = Timeouts(total: .seconds(10), connect: .seconds(2))
        return run
    }
}
