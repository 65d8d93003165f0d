import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// When the later turns of a replay are taken, in virtual time.
@Suite struct ReplayTurnTests {
    /// Recorded at 0, 10, 12 and 30 s with 1 s to think; a fourth turn has no time.
    private static let script = """
        {"at":"5s","turns":[{"say":"a"},{"say":"b","at":"10s","think":"1s"},\
        {"say":"c","at":"12s","think":"1s"},{"say":"d","think":"1s"}]}
        """

    private func result(
        _ pace: ReplayPace, replyAfter seconds: Int64, script: String = script,
        load: LoadShape = LoadShape(users: 10)
    ) async throws -> VirtualRun.Result {
        let run = VirtualRun(scripts: [script], load: load, pace: pace)
        return try await run.againstSandbox(.fixed(.seconds(seconds))).result
    }

    @Test func recordedTimesAreKeptWhileRepliesAreQuick() async throws {
        let result = try await result(ReplayPace(speed: 1), replyAfter: 1)
        let late = result.summary.lateness
        // Starts at 5 s, takes a turn 12 s later, and the last one a second after its reply.
        #expect(result.took == .seconds(20))
        #expect(late.starts.count == 1 && late.turns.count == 2 && late.turns.max == 0)
    }

    @Test func aTurnWaitsForTheReplyBeforeIt() async throws {
        let result = try await result(ReplayPace(speed: 1), replyAfter: 11)
        let late = result.summary.lateness
        // At 0, 11 instead of 10, 22 instead of 12, and 34.
        #expect(result.took == .seconds(50))
        #expect(late.turns.max == 10_000 && late.turns.min == 1_000)
        // That the service was slow once makes no later reply slower.
        #expect(result.summary.latency[.response].max == 11_000)
        #expect(result.summary.verdict.scheduleLag.max == 0)
    }

    @Test func theSpeedHoldsForTurnsAndThinkTimes() async throws {
        let pace = ReplayPace(speed: 0.5)
        let result = try await result(pace, replyAfter: 1)
        // 10 + 24 s, the reply, 2 s to think, and the last reply.
        #expect(result.took == .seconds(38))
    }

    @Test func thinkTimesFollowTheReplies() async throws {
        let pace = ReplayPace(speed: 2, turns: .think)
        let result = try await result(pace, replyAfter: 4)
        // 2.5 s, four replies of 4 s, three thinks of 0.5 s.
        #expect(result.took == .seconds(20))
        #expect(result.summary.lateness.starts.max == 0)
        #expect(result.summary.lateness.turns.count == 0)
    }

    @Test func aGivenThinkTimeIsTakenAsItIs() async throws {
        let load = LoadShape(users: 10, thinkOverride: .fixed(.seconds(3)))
        let pace = ReplayPace(speed: 5, turns: .think)
        let result = try await result(pace, replyAfter: 1, load: load)
        // 1 s, four replies, three thinks of 3 s.
        #expect(result.took == .seconds(14))
    }

    @Test(
        arguments: [
            // Starts at 2 s; turns at 2 s and 4 s from then, and the last 1 s after its reply.
            (ReplayPace(speed: 1, maxGap: .seconds(2)), 9),
            // Four replies of a second, and three thinks of a second, or of four.
            (ReplayPace(speed: 1, maxGap: .seconds(2), turns: .think), 9),
            (ReplayPace(speed: 0.1, maxGap: .seconds(4), turns: .think), 20),
        ] as [(ReplayPace, Int64)])
    func gapsAreBounded(pace: ReplayPace, seconds: Int64) async throws {
        let result = try await result(pace, replyAfter: 1)
        #expect(result.took == .seconds(seconds))
    }

    @Test func theFirstTurnMayComeLater() async throws {
        let script = #"{"at":"5s","turns":[{"say":"a","at":"3s"}]}"#
        let result = try await result(ReplayPace(speed: 1), replyAfter: 1, script: script)
        #expect(result.took == .seconds(9) && result.summary.lateness.starts.max == 0)
    }
}
