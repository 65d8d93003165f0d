import Glibc
import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Runs whose exchanges fail without anything being sent, in virtual time: they end when they are to,
/// and what they cost is bounded.
@Suite struct FailureBackoffTests {
    private static let script = #"{"turns":[{"say":"a"},{"say":"b"},{"say":"c"}]}"#

    @Test(
        arguments: [
            ("refused", nil, "connect_refused"), ("no descriptor", EMFILE, "exhausted"),
            ("no port", EADDRNOTAVAIL, "exhausted"), ("no memory", ENOBUFS, "exhausted"),
            ("no route", ENETUNREACH, "connect_failed"), ("no address", EINVAL, "connect_failed"),
        ] as [(String, Int32?, String)])
    func aClosedRunEndsAtItsDuration(
        name: String, refusal: Int32?, errorClass: String
    ) async throws {
        let run = VirtualRun(
            scripts: [Self.script], load: LoadShape(users: 10, duration: .seconds(2)))
        let result = try await run.againstNobody(refusal: refusal)
        #expect(result.took == .seconds(2))
        #expect(result.summary.errors.map(\.errorClass) == [errorClass])
        // 4, 8, … 1,000 ms: nine or ten attempts of each user.
        let exchanges = result.summary.totals[.exchanges]
        #expect((80...110).contains(exchanges), "\(exchanges)")
        let waited = try #require(result.schedule?.backedOffSeconds)
        #expect((19...20.01).contains(waited), "ten users, nearly all of two seconds: \(waited)")
        // In no latency: what follows a wait is due when the wait is over.
        #expect(
            result.summary.verdict.exhaustion.total == (errorClass == "exhausted" ? exchanges : 0))
    }

    @Test(arguments: [
        ("conversations", LoadShape(users: 2, conversations: 7), 21),
        ("exchanges", LoadShape(users: 2, exchanges: 11), 11),
    ])
    func countsAreExact(name: String, load: LoadShape, exchanges: Int) async throws {
        let run = VirtualRun(scripts: [Self.script], load: load)
        let result = try await run.againstNobody(refusal: EMFILE)
        #expect(result.summary.totals[.exchanges] == exchanges)
    }

    @Test func retriesEndAtTheDurationToo() async throws {
        var run = VirtualRun(
            scripts: [Self.script], load: LoadShape(users: 4, duration: .seconds(3)))
        run.load.grace = .seconds(1)
        run.adjust = { $0.retry = RetryPolicy(most: 50, delay: .milliseconds(1)) }
        let result = try await run.againstNobody(refusal: ENETUNREACH)
        #expect(result.took <= .seconds(4))
        #expect(result.summary.totals[.retries] > 0)
    }

    /// The schedule spaces failures out: nobody waits, nobody is missing for the next start.
    @Test func anOpenRunDropsNoStart() async throws {
        var load = LoadShape(users: 5, duration: .seconds(5))
        load.arrivals = Arrivals(rate: 100)
        let run = VirtualRun(scripts: [Self.script], load: load)
        let result = try await run.againstNobody(refusal: EMFILE)
        #expect(result.schedule?.dropped == 0 && result.schedule?.missed == 0)
        #expect(result.schedule?.started == 500)
        #expect(result.summary.totals[.exchanges] == 1_500)
    }

    @Test func aReplayPlaysEverythingOnce() async throws {
        var run = VirtualRun(
            scripts: Array(repeating: Self.script, count: 12), load: LoadShape(users: 3))
        run.isReplay = true
        let result = try await run.againstNobody(refusal: EINVAL)
        #expect(result.summary.totals[.conversationsFailed] == 12)
        #expect(result.summary.totals[.exchanges] == 36)
    }

    @Test func aBrokenSLOEndsTheRun() async throws {
        var run = VirtualRun(
            scripts: [Self.script], load: LoadShape(users: 50, duration: .seconds(60)))
        run.objectives = Objectives(thresholds: [try Threshold(parsing: "errors<1%")])
        let result = try await run.againstNobody(refusal: EMFILE)
        #expect(result.broken != nil)
        #expect(result.took <= .seconds(5))
    }

    /// A success ends it, and neither response times nor schedule lag hold any of the wait.
    @Test func whatFollowsIsNotLate() async throws {
        let run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], load: LoadShape(users: 1, duration: .seconds(10)))
        let result = try await run.againstLatePeer(from: .seconds(3)) { stream, loop in
            while try await !stream.receiveRequest().isEmpty {
                await loop.sleep(until: loop.tick + .milliseconds(10))
                try await stream.send(okResponse)
            }
        }
        #expect(result.summary.totals[.failed] <= 12)
        #expect(result.summary.totals[.succeeded] > 500)
        #expect(try #require(result.summary.latency[.response].max) < 11)
        #expect(result.summary.verdict.scheduleLag.max ?? 0 < 1)
    }
}
