import Base
import Networking
import Sandbox
import Testing

@testable import ChatloadKit

/// Whole runs under quotas, in virtual time.
@Suite struct QuotaRunTests {
    static let chat = #"{"turns":[{"say":"a"},{"say":"b"},{"say":"c"}]}"#

    @Test func aRunsQuotaHoldsInEveryMinute() async throws {
        let peer = LimitedPeer()
        let load = LoadShape(users: 50, duration: .seconds(300))
        let result = try await Self.run(load, Quota(.run, 600, .requests, per: .seconds(60)))
            .against(peer.serve)
        #expect(peer.most(within: .seconds(60)) == 600)
        #expect(abs(peer.all.count - 3_000) <= 1)
        #expect(result.summary.totals[.throttled] >= 2_900)
        // Held back in response time; neither in service time nor in the generator's lag.
        #expect(result.summary.latency[.service].max == 10)
        #expect(try #require(result.summary.latency[.response].p50) > 4_000)
        #expect(result.summary.verdict.scheduleLag.max == 0)
        #expect(result.took <= .seconds(301))
        let quota = try #require(result.quotas.first)
        #expect(quota.expression == "run:600 requests/m" && quota.used == peer.all.count)
        #expect(quota.limit == 600 && quota.spent == 0 && quota.throttledSeconds > 14_000)
    }

    @Test func aBurstGoesAtOnceAndTheRateHoldsAfterwards() async throws {
        let peer = LimitedPeer()
        let load = LoadShape(users: 30, duration: .seconds(20))
        _ = try await Self.run(load, Quota(.run, 10, .requests, per: .seconds(1), burst: 20))
            .against(peer.serve)
        #expect(peer.most(within: .milliseconds(10)) == 20)
        #expect(peer.most(within: .seconds(10)) <= 120)
        #expect(abs(peer.all.count - 219) <= 1)
    }

    @Test func everyCredentialHasItsOwn() async throws {
        let peer = LimitedPeer()
        let load = LoadShape(users: 150, duration: .seconds(60))
        let result = try await Self.run(
            load, Quota(.credential, 120, .requests, per: .seconds(60)), credentials: 50
        ).against(peer.serve)
        for credential in Set(peer.all.map(\.credential)) {
            #expect(peer.most(within: .seconds(30), credential: credential) <= 60)
            #expect(abs(peer.all.count { $0.credential == credential } - 120) <= 1)
        }
        #expect(Set(peer.all.map(\.credential)).count == 50)
        #expect(result.credentials.map(\.label).first == "c0")
    }

    @Test func everyUserHasItsOwn() async throws {
        let peer = LimitedPeer()
        let load = LoadShape(users: 5, duration: .seconds(60))
        _ = try await Self.run(load, Quota(.user, 60, .requests, per: .seconds(60)))
            .against(peer.serve)
        #expect(abs(peer.all.count - 300) <= 5)
        #expect(peer.most(within: .milliseconds(999)) == 5)
    }

    @Test func severalHoldAtOnce() async throws {
        let peer = LimitedPeer()
        let load = LoadShape(users: 20, duration: .seconds(60))
        var run = Self.run(load, Quota(.run, 5, .requests, per: .seconds(1)))
        run.adjust = {
            $0.quotas = [
                Quota(.run, 5, .requests, per: .seconds(1)),
                Quota(.run, 200, .requests, per: .seconds(60)),
                Quota(.user, 1, .requests, per: .seconds(1)), Quota(.run, 100, .requests),
            ]
        }
        let result = try await run.against(peer.serve)
        #expect(peer.all.count == 100)
        #expect(peer.most(within: .seconds(1)) <= 5 && peer.most(within: .seconds(60)) <= 200)
        #expect(result.quotas.map(\.spent) == [0, 0, 0, 1])
        #expect(result.quotas.map(\.used) == [100, 100, 100, 100])
    }

    @Test func aSpentTotalDrainsTheRun() async throws {
        let peer = LimitedPeer()
        let load = LoadShape(users: 8)
        let result = try await Self.run(load, Quota(.run, 101, .requests)).against(peer.serve)
        #expect(peer.all.count == 101)
        #expect(result.summary.totals[.exchanges] == 101 && result.summary.totals[.failed] == 0)
        #expect(result.quotas.first?.spent == 1)
    }

    @Test func aSpentConversationIsComplete() async throws {
        let peer = LimitedPeer()
        let load = LoadShape(users: 3, conversations: 30)
        let result = try await Self.run(load, Quota(.conversation, 2, .requests))
            .against(peer.serve)
        #expect(peer.all.count == 60)
        #expect(result.summary.totals[.conversationsCompleted] == 30)
        #expect(result.quotas.first?.spent == 30)
    }

    @Test func aSpentUserLeaves() async throws {
        let peer = LimitedPeer()
        let load = LoadShape(users: 4, duration: .seconds(600))
        let result = try await Self.run(load, Quota(.user, 10, .requests)).against(peer.serve)
        #expect(peer.all.count == 40)
        #expect(result.took < .seconds(1))
        #expect(result.summary.totals[.conversationsAborted] == 4)
    }

    @Test(arguments: CredentialAssignment.allCases)
    func aSpentCredentialIsLeftAlone(assignment: CredentialAssignment) async throws {
        let peer = LimitedPeer()
        let load = LoadShape(users: 6, duration: .seconds(600))
        let result = try await Self.run(
            load, Quota(.credential, 50, .requests), credentials: 3, assignment
        ).against(peer.serve)
        #expect(peer.all.count == 150)
        #expect(!result.credentials.contains { !$0.isOut })
        #expect(result.took < .seconds(10))
    }

    @Test func tokensAMinuteHoldOnTheServicesCount() async throws {
        var run = Self.run(
            LoadShape(users: 40, duration: .seconds(600)),
            Quota(.run, 6_000, .tokens, per: .seconds(60)))
        run.scripts = [#"{"turns":[{"say":"How much is the fish that you sell on the market?"}]}"#]
        let (result, counts) = try await run.againstSandbox(.fixed(.milliseconds(500)))
        let totals = result.summary.totals
        #expect(totals[.succeeded] == counts.total)
        let tokens = totals[.promptTokens] + totals[.replyTokens]
        #expect(result.quotas.first?.used == tokens)
        #expect(tokens <= 60_000 + 100 && tokens >= 59_000)
    }

    @Test func aTokenTotalIsKeptWithinOneExchange() async throws {
        var run = Self.run(LoadShape(users: 20), Quota(.run, 5_000, .tokens))
        run.scripts = [#"{"turns":[{"say":"Hello there"}]}"#]
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(50)))
        let totals = result.summary.totals
        let tokens = totals[.promptTokens] + totals[.replyTokens]
        #expect(tokens <= 5_000 && tokens >= 4_700)
        #expect(result.quotas.first?.spent == 1)
    }

    @Test func aPolledReplyIsSettledWhenItComes() async throws {
        var run = Self.run(LoadShape(users: 4), Quota(.run, 2_000, .tokens))
        run.scripts = [#"{"turns":[{"say":"Hello there"}]}"#]
        run.service = .botyard
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(50)))
        let totals = result.summary.totals
        #expect(totals[.failed] == 0 && totals[.replyTokens] > 0)
        #expect(result.quotas.first?.used == totals[.promptTokens] + totals[.replyTokens])
        #expect(result.quotas.first?.spent == 1)
    }

    @Test func theEndOfTheRunWakesWhoWaits() async throws {
        let peer = LimitedPeer()
        let load = LoadShape(users: 100, duration: .seconds(30))
        let result = try await Self.run(load, Quota(.run, 1, .requests, per: .seconds(3_600)))
            .against(peer.serve)
        #expect(peer.all.count == 1)
        #expect(result.took == .seconds(30))
        #expect(result.summary.totals[.failed] == 0)
    }

    static func run(
        _ load: LoadShape, _ quota: Quota? = nil, credentials: Int = 0,
        _ assignment: CredentialAssignment = .sticky, onReject: RejectionPolicy = .record
    ) -> VirtualRun {
        var run = VirtualRun(scripts: [chat], load: load)
        run.adjust = { plan in
            plan.quotas = quota.map { [$0] } ?? []
            plan.assignment = assignment
            plan.onReject = onReject
            plan.credentials = (0..<credentials).compactMap { number in
                let service = try? ServiceDescription.stammer.configured(["token": "t\(number)"], inSandbox: true)
                return service.map { Credential(label: "c\(number)", service: $0) }
            }
        }
        return run
    }
}
