import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Runs that end early because something is not kept, or because enough is known, and runs that must
/// not.
@Suite struct RunWatchTests {
    /// Twenty users without think time for ten seconds against a peer that answers after `latency`.
    static func run(
        _ slos: [String], workers: Int = 1, peer: LimitedPeer, users: Int = 20,
        goodput: String? = nil
    ) async throws -> VirtualRun.Result {
        var run = VirtualRun(
            scripts: [#"{"turns":[{"say":"Hi"},{"say":"Bye"}]}"#],
            load: LoadShape(users: users, duration: .seconds(10)))
        run.workers = workers
        run.objectives = Objectives(
            thresholds: try slos.map { try Threshold(parsing: $0) },
            goodput: try goodput.map { try GoodputLimits(parsing: $0) })
        return try await run.against(peer.serve)
    }

    @Test(arguments: [1, 3]) func whatIsNotKeptEndsTheRun(workers: Int) async throws {
        let peer = LimitedPeer(latency: .milliseconds(100))
        let result = try await Self.run(["response.p99<50ms"], workers: workers, peer: peer)
        // Two hundred a second: the third second has the 459 samples that a p99 takes.
        #expect(result.took >= .seconds(3) && result.took < .milliseconds(3_200))
        #expect(result.broken?.result.expression == "response.p99<50ms")
        #expect(result.broken?.time == .seconds(3))
        #expect(result.broken?.description.hasSuffix(" after 3.00 s") == true)
        #expect(result.summary.slo.map(\.passed) == [false])
        #expect(result.summary.totals[.failed] == 0)
    }

    @Test func whatIsKeptOrCannotBeToldYetDoesNot() async throws {
        let peer = LimitedPeer(latency: .milliseconds(100))
        let slos = [
            "response.p99<150ms", "errors<1%", "exchanges_per_s>1000", "response.count>=12000",
            "response.p50<150ms over 2s", "step.none.errors<1%", "conversations_failed<1%",
        ]
        let result = try await Self.run(slos, peer: peer)
        #expect(result.broken == nil)
        #expect(result.took >= .seconds(10))
        #expect(result.summary.slo.map(\.passed) == [true, true, false, false, true, false, true])
    }

    @Test func aFailedWindowIsFinal() async throws {
        // The peer lets six seconds' worth through, and rejects the rest of ten.
        let peer = LimitedPeer(latency: .milliseconds(100), limit: 1_300, window: .seconds(10))
        let slos = ["rejected<50%", "rejected<5% over 2s"]
        let result = try await Self.run(slos, peer: peer)
        #expect(result.broken?.result.expression == "rejected<5% over 2s")
        #expect(result.broken?.time == .seconds(8))
        #expect(result.summary.slo.map(\.passed) == [true, false])
        #expect(result.summary.slo.last?.windows?.failed == 2)
    }

    @Test func goodputEndsARunToo() async throws {
        let peer = LimitedPeer(latency: .milliseconds(100))
        let result = try await Self.run(["goodput>90%"], peer: peer, goodput: "response:50")
        #expect(result.broken?.time == .seconds(1))
        #expect(result.summary.totals[.goodput] == 0)
    }

    /// Twenty users against a sandbox whose answers take some 100 ms, until goals are met.
    private static func known(
        _ goals: [String], duration: Nanoseconds = .seconds(120)
    ) async throws -> VirtualRun.Result {
        var run = VirtualRun(
            scripts: [#"{"turns":[{"say":"Hi"},{"say":"Bye"}]}"#],
            load: LoadShape(users: 20, duration: duration, thinkOverride: .fixed(.zero)))
        run.objectives.precision = try goals.map { try PrecisionGoal(parsing: $0) }
        var sandbox = SandboxSettings()
        sandbox.stammer.latency = .logNormal(median: .milliseconds(100), sigma: 0.4)
        return try await run.againstSandbox(sandbox).result
    }

    @Test func whatIsKnownEndsTheRun() async throws {
        let result = try await Self.known(["response.p50 ±4%", "turns_per_s ±5%"])
        guard case .known(let time) = result.ending else {
            Issue.record("not ended, but \(result.summary.precision.map(\.sentence))")
            return
        }
        #expect(time >= .seconds(2) && time < .seconds(60) && result.took < .seconds(61))
        #expect(result.summary.precision.map(\.isKnown) == [true, true])
        #expect(result.summary.totals[.failed] == 0)
    }

    @Test func whatIsNotKnownInTimeIsSaidSo() async throws {
        let result = try await Self.known(
            ["response.p50 ±50%", "response.p99 ±0.1%"], duration: .seconds(6))
        #expect(result.ending == nil && result.took >= .seconds(6))
        let results = result.summary.precision
        #expect(results.map(\.isKnown) == [true, false])
        #expect(results[1].sentence.contains("longer would do"), "\(results[1].sentence)")
        #expect((results[1].remaining ?? 0) > 60)
    }

    /// A minute with a service whose answers take less from second to second until they take as long
    /// as they ever will, give or take a tenth.
    private static func warming(
        from first: Double, to last: Double, in seconds: Double, duration: Nanoseconds
    ) async throws -> VirtualRun.Result {
        var run = VirtualRun(
            scripts: [#"{"turns":[{"say":"Hi"},{"say":"Bye"}]}"#],
            load: LoadShape(
                users: 20, duration: duration, thinkOverride: .fixed(.zero), warmup: .automatic))
        run.workers = 2
        let random = Locked(SeededRandom(seed: 4))
        return try await run.against { stream, loop in
            let start = loop.tick
            while true {
                if try await stream.receiveRequest().isEmpty { return }
                let share = min((loop.tick - start).seconds / seconds, 1)
                let latency = first + (last - first) * share
                let drawn = random.withLock { latency * (0.9 + 0.2 * $0.unit()) }
                await loop.sleep(until: loop.tick + Nanoseconds(seconds: drawn))
                try await stream.send(okResponse)
            }
        }
    }

    @Test func aWarmupEndsWhenNothingDriftsAnyMore() async throws {
        let result = try await Self.warming(from: 0.3, to: 0.05, in: 8, duration: .seconds(60))
        let warmup = try #require(result.warmup)
        #expect(warmup.isSteady && warmup.time > .seconds(9) && warmup.time < .seconds(25))
        let p50 = try #require(result.summary.latency[.response].p50)
        #expect((p50 - 50).magnitude < 3 && result.summary.warmup.exchanges > 100)
        #expect(result.summary.totals.span.begin == warmup.time.seconds)
        #expect(result.summary.intervals["response.p50"]?.drifts == false)
        let exchanges = result.summary.totals[.exchanges]
        #expect(result.summary.steady.totals[.exchanges] + 20 >= exchanges)
    }

    @Test func aWarmupThatDriftsOnEndsHalfWay() async throws {
        let result = try await Self.warming(from: 0.3, to: 0.05, in: 20, duration: .seconds(16))
        #expect(result.warmup?.isSteady == false && result.warmup?.time == .seconds(8))
        #expect(result.summary.totals.span.begin == 8)
        #expect(result.summary.intervals["response.p50"]?.drifts == true)
    }
}
