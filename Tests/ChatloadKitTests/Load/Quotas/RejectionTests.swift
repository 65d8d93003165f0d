import Base
import Networking
import Testing

@testable import ChatloadKit

/// What a run does when the service says that it is too much, in virtual time.
@Suite struct RejectionTests {
    static let seconds: @Sendable (Nanoseconds) -> String = {
        "Retry-After: \(($0.count + 999_999_999) / 1_000_000_000)\r\n"
    }

    @Test func waitingEndsWithEveryConversationComplete() async throws {
        let peer = LimitedPeer(limit: 100, advice: Self.seconds)
        let load = LoadShape(users: 50, conversations: 1_000)
        let result = try await QuotaRunTests.run(load, onReject: .wait).against(peer.serve)
        let totals = result.summary.totals
        #expect(totals[.conversationsCompleted] == 1_000)
        #expect(totals[.succeeded] == 3_000 && peer.accepted.count == 3_000)
        #expect(totals[.rejected] == peer.rejected && totals[.failed] == peer.rejected)
        // Half a minute at 100 a second at best; the first rejections are everybody's at once.
        #expect(result.took <= .seconds(40))
        #expect(peer.rejected <= 150)
        #expect(result.credentials.first?.serviceLimits["x-ratelimit-limit"] == "100")
    }

    @Test func aRetryIsAnExchangeOfItsOwn() async throws {
        let peer = LimitedPeer(limit: 1, window: .seconds(10)) { _ in "Retry-After: 00:10\r\n" }
        var run = QuotaRunTests.run(LoadShape(users: 1, conversations: 2), onReject: .wait)
        run.scripts = [WholeRunTests.oneTurn]
        let result = try await run.against(peer.serve)
        #expect(result.summary.totals[.exchanges] == 3 && peer.rejected == 1)
        // The second conversation was due when the first ended, and got its reply after the pause.
        #expect(result.summary.latency[.service].max == 10)
        #expect(result.summary.latency[.response].max == 10_020)
        #expect(result.summary.verdict.scheduleLag.max == 0)
        #expect(result.summary.totals[.conversationsCompleted] == 2)
    }

    @Test func recordingGoesOn() async throws {
        let peer = LimitedPeer(limit: 100, advice: Self.seconds)
        let load = LoadShape(users: 10, conversations: 300)
        let result = try await QuotaRunTests.run(load, onReject: .record).against(peer.serve)
        #expect(result.summary.totals[.exchanges] == 900)
        #expect(result.summary.errors.map(\.errorClass) == ["rejected"])
        #expect(peer.rejected == result.summary.totals[.rejected] && peer.rejected > 0)
    }

    @Test func stoppingTakesTheCredentialOut() async throws {
        let peer = LimitedPeer(limit: 20, window: .seconds(3_600))
        let load = LoadShape(users: 6, duration: .seconds(60))
        let result = try await QuotaRunTests.run(load, credentials: 3, onReject: .stop)
            .against(peer.serve)
        #expect(peer.accepted.count == 60)
        // Each credential's two users may both have had one under way.
        #expect((3...6).contains(peer.rejected))
        #expect(!result.credentials.contains { !$0.isOut })
        #expect(result.took < .seconds(1))
    }

    @Test func othersGoOnWhileOneStandsAside() async throws {
        let peer = LimitedPeer(limit: 30, window: .seconds(60)) { _ in "Retry-After: 30\r\n" }
        let load = LoadShape(users: 2, duration: .seconds(25), grace: .zero)
        let result = try await QuotaRunTests.run(
            load, credentials: 4, .leastUsed, onReject: .wait
        ).against(peer.serve)
        #expect(peer.accepted.count == 120)
        #expect(result.took <= .seconds(26))
        #expect(Set(peer.accepted.map(\.credential)).count == 4)
    }

    @Test(arguments: ["", "Retry-After: later\r\n"])
    func withoutAReadableTimeThePausesGrow(advice: String) async throws {
        let peer = LimitedPeer(limit: 1, window: .seconds(100)) { _ in advice }
        var run = QuotaRunTests.run(LoadShape(users: 1, conversations: 2), onReject: .wait)
        run.scripts = [WholeRunTests.oneTurn]
        let result = try await run.against(peer.serve)
        #expect(result.summary.totals[.succeeded] == 2)
        let gaps = zip(peer.all.dropFirst(2), peer.all.dropFirst()).map { ($0.at - $1.at).seconds }
        for (place, gap) in gaps.enumerated() {
            let longest = Double(min(1 << place, 60))
            #expect(gap >= longest / 2 && gap <= longest + 0.02, "\(gaps)")
        }
        #expect(gaps.count >= 6)
        let example = result.summary.errors.first?.example ?? ""
        #expect(example.contains("\"later\" is no time") == !advice.isEmpty, "\(example)")
    }

    @Test func theEndOfTheRunEndsThePause() async throws {
        let peer = LimitedPeer(limit: 1, window: .seconds(3_600)) { _ in "Retry-After: 3600\r\n" }
        let load = LoadShape(users: 5, duration: .seconds(10), grace: .seconds(2))
        let result = try await QuotaRunTests.run(load, onReject: .wait).against(peer.serve)
        #expect(result.took <= .seconds(12))
        #expect(result.summary.totals[.conversationsAborted] == 5)
    }
}
