import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Whether the load was made that was asked for, and what becomes of SLOs where it was not.
@Suite struct LoadVerdictTests {
    private static func crowded(slo: String = "response.p50<1h") throws -> VirtualRun {
        var run = VirtualRun(
            scripts: [WholeRunTests.oneTurn],
            load: LoadShape(users: 5, arrivals: Arrivals(rate: 100), duration: .seconds(10)))
        run.objectives = Objectives(thresholds: [try Threshold(parsing: slo)])
        return run
    }

    @Test func busyUsersAreTheLoadsAndNotTheGenerators() async throws {
        // Five users of 100 ms carry fifty starts a second.
        let (result, _) = try await Self.crowded().againstSandbox(.fixed(.milliseconds(100)))
        let verdict = result.summary.verdict
        #expect(verdict.generator == .valid && verdict.load == .notReached)
        #expect(verdict.reasons(on: .generator).isEmpty)
        let reason = verdict.reasons(on: .load).first ?? ""
        #expect(reason.hasPrefix("offered load not reached: "))
        #expect(reason.hasSuffix("raise -c, or the service is slower than the rate"))
        #expect(result.schedule?.droppedLate == 0)
        let slo = try #require(result.summary.slo.first)
        #expect(slo.isVoid && !slo.passed && slo.isKept == nil && slo.value != nil)
        #expect(slo.remark == "void: the offered load was not reached")
    }

    @Test func aLoadThatIsCarriedIsReached() async throws {
        var run = try Self.crowded()
        run.load.users = 50
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(100)))
        #expect(result.summary.verdict.load == .reached)
        #expect(
            result.summary.slo.first?.passed == true && result.summary.slo.first?.isVoid == false)
    }

    @Test func whatAStallDropsIsTheGenerators() async throws {
        var run = try Self.crowded()
        // Enough for the rate, too few for the twice of it that follows a stall.
        run.load.users = 12
        run.stalls = [(.seconds(5), .milliseconds(500))]
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(100)))
        #expect((result.schedule?.droppedLate ?? 0) > 20)
        let causes = result.summary.verdict.findings.map(\.cause)
        #expect(causes.contains(.startsDroppedLate))
    }

    @Test func theLiveVerdictIsThatOfTheEnd() async throws {
        let live = Locked<(Verdict, RunProgress)?>(nil)
        var run = try Self.crowded()
        run.objectives = Objectives()
        let result = try await run.against { stream, loop in
            while try await !stream.receiveRequest().isEmpty {
                await loop.sleep(until: loop.tick + .milliseconds(100))
                try await stream.send(okResponse)
            }
        } beforehand: { dispatcher, loop in
            Task(executorPreference: loop) {
                await loop.sleep(until: loop.tick + .milliseconds(9_900))
                let verdict = await dispatcher.verdict()
                let progress = await dispatcher.progress(at: loop.clock())
                live.withLock { $0 = (verdict, progress) }
            }
        }
        let (verdict, progress) = try #require(live.withLock { $0 })
        #expect(verdict.generator == result.summary.verdict.generator)
        #expect(verdict.load == result.summary.verdict.load && verdict.load == .notReached)
        #expect(verdict.findings.map(\.cause) == result.summary.verdict.findings.map(\.cause))
        #expect(progress.dropped > 400 && progress.phase == .main)
    }

    @Test func withoutARequestThereIsNoVerdict() async throws {
        let run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], load: LoadShape(users: 3, conversations: 30))
        let result = try await run.againstNobody()
        let verdict = result.summary.verdict
        #expect(verdict.generator == .notJudged && verdict.load == nil)
        #expect(verdict.findings.map(\.cause) == [.nothingSent])
    }
}
