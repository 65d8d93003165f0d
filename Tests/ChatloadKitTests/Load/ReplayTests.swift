import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Whole replays in virtual time, as fast as allowed and at recorded times.
@Suite struct ReplayTests {
    private static func untimed(_ count: Int) -> [String] {
        (0..<count).map {
            #"{"id":"c\#($0)","weight":3,"turns":[{"say":"\#($0)","name":"n\#($0)"}]}"#
        }
    }

    private static func timed(_ seconds: [Double]) -> [String] {
        seconds.enumerated().map { number, at in
            #"{"id":"c\#(number)","at":\#(at),"turns":[{"say":"x","name":"n\#(number)"}]}"#
        }
    }

    private func isPlayedOnce(_ result: VirtualRun.Result, _ numbers: some Sequence<Int>) -> Bool {
        let wanted = numbers.map { "n\($0)" }
        return result.summary.steps.keys.sorted() == wanted.sorted()
            && result.summary.steps.values.allSatisfy { $0[.exchanges] == 1 }
    }

    @Test(arguments: [1, 2, 3, 4])
    func everyConversationIsPlayedOnce(workers: Int) async throws {
        let run = VirtualRun(
            scripts: Self.untimed(50), load: LoadShape(users: 7), workers: workers, isReplay: true)
        let (result, counts) = try await run.againstSandbox(.logNormal)
        #expect(counts.total == 50 && isPlayedOnce(result, 0..<50))
        #expect(result.summary.lateness == Lateness())
    }

    @Test(arguments: [nil, ReplayPace(speed: 1)])
    func whatIsLeftIsPlayedOnce(pace: ReplayPace?) async throws {
        let left = PlayOrder.remaining(ConversationSet(below: 50) { $0 % 3 == 1 })
        let times = (0..<50).map { Nanoseconds.seconds(Int64($0)) }
        let run = VirtualRun(
            scripts: Self.untimed(50), load: LoadShape(users: 7), workers: 2,
            adjust: { plan in
                plan.order = left
                plan.clock = pace.map { ReplayClock(recorded: times, playing: left, at: $0) }
            })
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(10)))
        #expect(isPlayedOnce(result, stride(from: 1, to: 50, by: 3)))
        #expect(result.took == (pace == nil ? .milliseconds(30) : .milliseconds(49_010)))
    }

    @Test(arguments: [1, 2, 3, 4])
    func aSlowReplyMovesNobodyElse(workers: Int) async throws {
        let run = VirtualRun(
            scripts: Self.timed([3, 0, 2, 1, 2.5]), load: LoadShape(users: 100), workers: workers,
            pace: ReplayPace(speed: 2))
        let (result, _) = try await run.againstSandbox(.fixed(.seconds(30)))
        let late = result.summary.lateness
        #expect(isPlayedOnce(result, 0..<5) && result.took == .milliseconds(31_500))
        #expect(late.starts.count == 5 && late.starts.max == 0 && late.turns.count == 0)
        #expect(result.summary.latency[.response].max == 30_000)
        #expect(result.schedule?.waited == 0 && result.schedule?.maxUsers == 5)
    }

    @Test(arguments: [1, 2, 3])
    func withoutAFreeUserAStartWaits(workers: Int) async throws {
        let run = VirtualRun(
            scripts: Self.timed([0, 0.5, 1, 1, 20]), load: LoadShape(users: 2), workers: workers,
            pace: ReplayPace(speed: 1))
        let (result, _) = try await run.againstSandbox(.fixed(.seconds(4)))
        let summary = result.summary
        // Two at once: those due at 1 s start when the first two end, at 4 and at 4.5 s.
        #expect(isPlayedOnce(result, 0..<5) && result.took == .seconds(24))
        #expect(result.schedule?.waited == 2 && result.schedule?.maxUsers == 2)
        #expect(summary.lateness.starts.max == 3_500)
        #expect(summary.latency[.response].max == 7_500 && summary.latency[.service].max == 4_000)
        #expect(summary.verdict.generator == .valid && summary.verdict.load == .notReached)
        #expect(summary.verdict.reasons.contains { $0.contains("2 of 5 starts had to wait") })
    }

    @Test func whatAQuotaHoldsBackIsLateAndNoFaultOfTheGenerator() async throws {
        let quota = try Quota(parsing: "run:1 requests/s")
        let run = VirtualRun(
            scripts: Self.timed(Array(repeating: 1, count: 10)), load: LoadShape(users: 100),
            pace: ReplayPace(speed: 1),
            adjust: { $0.quotas = [quota] })
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(10)))
        let late = result.summary.lateness
        #expect(late.starts.max == 9_000 && result.summary.latency[.throttled].max == 9_000)
        #expect(result.summary.verdict.scheduleLag.max == 0)
        #expect(result.summary.latency[.response].max == 9_010)
    }

    @Test func anHourAtSixtyTimesTheSpeedTakesAMinute() async throws {
        let script = #"{"at":"PLACEs","turns":[{"say":"x"}]}"#
        let scripts = (0..<10_000).map {
            script.replacing("PLACE", with: "\(Double($0) * 3_600 / 9_999)")
        }
        let run = VirtualRun(
            scripts: scripts, load: LoadShape(users: 1_000), workers: 2,
            pace: ReplayPace(speed: 60))
        let result = try await run.against { stream, loop in
            while try await !stream.receiveRequest().isEmpty {
                await loop.sleep(until: loop.tick + .milliseconds(200))
                try await stream.send(okResponse)
            }
        }
        #expect(result.summary.totals[.conversationsCompleted] == 10_000)
        #expect(result.took == .milliseconds(60_200))
        #expect(result.summary.lateness.starts.max == 0)
    }

    @Test func aDrainLetsNothingMoreStart() async throws {
        let run = VirtualRun(
            scripts: Self.timed((0..<60).map(Double.init)), load: LoadShape(users: 3), workers: 2,
            pace: ReplayPace(speed: 1))
        let result = try await run.against { stream, loop in
            while try await !stream.receiveRequest().isEmpty {
                await loop.sleep(until: loop.tick + .seconds(10))
                try await stream.send(okResponse)
            }
        } beforehand: { dispatcher, loop in
            _ = loop.schedule(at: loop.clock() + .milliseconds(10_500)) { dispatcher.drain() }
        }
        // Three play from the first seconds, and the three that waited for them from 10 s on.
        #expect(result.summary.totals[.conversationsCompleted] == 4)
        #expect(result.took == .seconds(20))
    }
}
