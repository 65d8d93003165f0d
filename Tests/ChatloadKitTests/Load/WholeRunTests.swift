import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Whole load tests in virtual time against the sandbox: counts and times are exact.
@Suite struct WholeRunTests {
    static let oneTurn = #"{"id":"one","turns":[{"say":"Hello"}]}"#
    static let threeTurns =
        #"{"id":"three","turns":[{"say":"a"},{"say":"b","think":"1s"},{"say":"c","think":"2s"}]}"#

    @Test func everyUserIsBusyUntilNothingIsLeft() async throws {
        let run = VirtualRun(
            scripts: [Self.oneTurn], load: LoadShape(users: 7, conversations: 70))
        let (result, counts) = try await run.againstSandbox(.fixed(.milliseconds(50)))
        let totals = result.summary.totals
        #expect(totals[.exchanges] == 70)
        #expect(totals[.succeeded] == 70)
        #expect(totals[.conversationsCompleted] == 70)
        // Ten rounds of seven users at 50 ms each, and not a moment more.
        #expect(totals.durationSeconds == 0.5)
        #expect(counts.requests["stammer.message"]?[200] == 70)
        #expect(result.summary.latency[.service].max == 50)
        #expect(result.summary.latency[.response].min == 50)
    }

    @Test func fewerConversationsThanUsersAreEnough() async throws {
        let run = VirtualRun(
            scripts: [Self.oneTurn], load: LoadShape(users: 50, conversations: 3))
        let (result, counts) = try await run.againstSandbox(.fixed(.milliseconds(10)))
        #expect(result.summary.totals[.exchanges] == 3)
        #expect(counts.total == 3)
    }

    @Test func thinkTimesAreKeptAndAreNotLatency() async throws {
        let run = VirtualRun(
            scripts: [Self.threeTurns], load: LoadShape(users: 1, conversations: 2))
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(100)))
        #expect(result.took == .milliseconds(2 * (3 * 100 + 3_000)))
        #expect(result.summary.latency[.response].max == 100)
        #expect(result.summary.verdict.scheduleLag.max == 0)
    }

    @Test func theSameSeedGivesTheSameRun() async throws {
        let script = #"{"turns":[{"say":"x","think":"exponential:1s"},{"say":"y","think":"2s"}]}"#
        let run = VirtualRun(
            scripts: [script, Self.oneTurn], load: LoadShape(users: 20, conversations: 200))
        let runs = [
            try await run.againstSandbox(.logNormal), try await run.againstSandbox(.logNormal),
        ]
        #expect(runs[0].result.summary == runs[1].result.summary)
        var other = run
        other.seed = 8
        let third = try await other.againstSandbox(.logNormal)
        #expect(third.result.summary != runs[0].result.summary)
    }

    @Test func theDurationEndsTheRunAndTurnsUnderWayFinish() async throws {
        let run = VirtualRun(
            scripts: [Self.threeTurns], load: LoadShape(users: 10, duration: .seconds(60)))
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(100)))
        #expect(result.took >= .seconds(60))
        #expect(result.took <= .milliseconds(60_100))
        let totals = result.summary.totals
        #expect(totals[.conversationsAborted] == 10)
        #expect(totals[.conversationsStarted] == totals[.conversationsCompleted] + 10)
        #expect(result.summary.totals[.failed] == 0)
    }

    @Test func theLimitOnExchangesIsExact() async throws {
        let run = VirtualRun(
            scripts: [Self.threeTurns], load: LoadShape(users: 8, exchanges: 101))
        let (result, counts) = try await run.againstSandbox(.fixed(.milliseconds(10)))
        #expect(result.summary.totals[.exchanges] == 101)
        #expect(counts.total == 101)
    }

    @Test func weightsAreKeptExactly() async throws {
        let heavy = #"{"id":"heavy","weight":3,"turns":[{"say":"x","name":"heavy"}]}"#
        let light = #"{"id":"light","turns":[{"say":"x","name":"light"}]}"#
        let run = VirtualRun(
            scripts: [heavy, light], load: LoadShape(users: 5, conversations: 400))
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(1)))
        #expect(result.summary.steps["heavy"]?[.exchanges] == 300)
        #expect(result.summary.steps["light"]?[.exchanges] == 100)
    }

    @Test(arguments: [(100, 500), (499, 500), (501, 1_500), (2_400, 2_500)])
    func botyardsReplyTimeSpansThePolls(latency: Int64, expected: Double) async throws {
        var run = VirtualRun(
            scripts: [#"{"turns":[{"say":"Hello"}]}"#],
            load: LoadShape(users: 3, conversations: 9))
        run.service = .botyard
        let (result, counts) = try await run.againstSandbox(.fixed(.milliseconds(latency)))
        #expect(result.summary.totals[.failed] == 0)
        #expect(result.summary.latency[.reply].count == 9)
        #expect(result.summary.latency[.reply].max == expected)
        #expect(result.summary.totals[.exchanges] == counts.total)
        #expect(result.summary.steps["login"]?[.exchanges] == 3)
    }

    @Test func aBotThatNeverAnswersIsNoReply() async throws {
        var run = VirtualRun(
            scripts: [#"{"turns":[{"say":"Hello"}]}"#],
            load: LoadShape(users: 1, conversations: 1))
        run.service = .botyard
        let (result, _) = try await run.againstSandbox(.fixed(.seconds(600)))
        #expect(result.summary.errors.map(\.errorClass) == ["no_reply"])
        #expect(result.summary.steps["poll"]?[.exchanges] == 10)
        #expect(result.summary.totals[.conversationsFailed] == 1)
    }

    @Test func tenMinutesWithAStallTakeAMoment() async throws {
        let run = VirtualRun(
            scripts: [#"{"turns":[{"say":"x","think":"10s"}]}"#],
            load: LoadShape(users: 100, duration: .seconds(600)))
        let result = try await run.against { stream, loop in
            while try await !stream.receiveRequest().isEmpty {
                // From 3:00 to 3:20 the service answers nobody.
                let isStalled = (.seconds(180)..<Nanoseconds.seconds(200)).contains(loop.tick)
                await loop.sleep(until: isStalled ? .seconds(200) : loop.tick + .milliseconds(5))
                try await stream.send(okResponse)
            }
        }
        let median = try #require(result.summary.latency[.service].p50)
        #expect(abs(median - 5) <= 0.005)
        let slowest = try #require(result.summary.latency[.service].max)
        #expect(slowest > 19_000 && slowest <= 20_000)
        #expect(result.took <= .milliseconds(600_005))
    }
}

/// What Stammer says when all is well.
let okResponse = Array(
    "HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"data\":{\"answer\":\"yes\"}}".utf8)

extension SandboxSettings {
    /// Every service answers after exactly this time.
    static func fixed(_ latency: Nanoseconds) -> SandboxSettings {
        var settings = SandboxSettings()
        settings.startTime = .seconds(1_700_000_000)
        settings.tamako.latency = .fixed(latency)
        settings.botyard.latency = .fixed(latency)
        settings.stammer.latency = .fixed(latency)
        // Of what streams nothing comes later.
        settings.pacing.firstToken = .fixed(Nanoseconds(latency.count / 2))
        settings.pacing.perToken = .fixed(Nanoseconds(latency.count / 20))
        settings.pacing.replyTokens = .fixed(8)
        return settings
    }

    /// The default latencies, at a fixed wall clock.
    static var logNormal: SandboxSettings {
        var settings = SandboxSettings()
        settings.startTime = .seconds(1_700_000_000)
        return settings
    }
}
