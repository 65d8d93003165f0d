import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Whole load tests of the open model in virtual time.
@Suite struct OpenModelTests {
    static let oneTurn = WholeRunTests.oneTurn

    private func open(
        _ rate: Double, _ process: ArrivalProcess = .constant, ceiling: Int = 1_000
    ) -> LoadShape {
        LoadShape(
            users: ceiling, arrivals: Arrivals(rate: rate, process: process),
            duration: .seconds(60))
    }

    @Test func startsComeOnScheduleWhateverTheServiceDoes() async throws {
        let run = VirtualRun(scripts: [Self.oneTurn], load: open(50))
        let (result, counts) = try await run.againstSandbox(.fixed(.milliseconds(400)))
        let schedule = try #require(result.schedule)
        #expect(result.summary.totals[.exchanges] == 3_000 && counts.total == 3_000)
        #expect(schedule.started == 3_000 && schedule.dropped == 0 && schedule.missed == 0)
        #expect(schedule.requestedRate == 50 && schedule.achievedRate == 50)
        #expect((schedule.variation ?? 1) < 1e-6)
        // Little's law: 50 a second for 0.4 s each.
        #expect((20...21).contains(schedule.maxUsers))
        #expect(schedule.maxConnected == schedule.maxUsers)
        #expect(result.summary.latency[.response].max == 400)
        #expect(result.summary.verdict.scheduleLag.max == 0)
    }

    @Test func startsWithoutAFreeUserAreDroppedAndCounted() async throws {
        let run = VirtualRun(scripts: [Self.oneTurn], load: open(50, ceiling: 10))
        let (result, counts) = try await run.againstSandbox(.fixed(.milliseconds(390)))
        let schedule = try #require(result.schedule)
        // Ten users, 390 ms each, free for every twentieth start: half are played, half dropped, none is late.
        #expect(schedule.started + schedule.dropped == 3_000)
        #expect(abs(schedule.started - 1_500) <= 10)
        #expect(counts.total == schedule.started)
        #expect(schedule.maxUsers == 10)
        #expect(result.summary.latency[.response].max == 390)
        let achieved = try #require(schedule.achievedRate)
        #expect(schedule.requestedRate == 50 && abs(achieved - 25) < 0.2)
    }

    @Test(arguments: [(ArrivalProcess.poisson, 1.0), (.gamma(burstiness: 0.25), 2.0)])
    func theRealisedVariationIsReported(process: ArrivalProcess, expected: Double) async throws {
        var load = open(100, process)
        load.curve = LoadCurve(
            from: 0, through: [LoadStage(length: .seconds(30), level: 100)])
        let run = VirtualRun(scripts: [Self.oneTurn], load: load)
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(1)))
        let variation = try #require(result.schedule?.variation)
        #expect(abs(variation / expected - 1) < 0.06)
    }

    @Test func aLimitOnConversationsIsALimitOnStarts() async throws {
        var load = open(10)
        load.conversations = 25
        let run = VirtualRun(scripts: [Self.oneTurn], load: load)
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(50)))
        #expect(result.summary.totals[.conversationsCompleted] == 25)
        #expect(result.took == .milliseconds(2_450))
        #expect(result.schedule?.requestedRate == 10 && result.schedule?.achievedRate == 10)
    }

    @Test func freeUsersAreReusedWithTheirConnections() async throws {
        var run = VirtualRun(
            scripts: [#"{"turns":[{"say":"x"}]}"#], load: open(2))
        run.service = .botyard
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(100)))
        #expect(result.summary.totals[.failed] == 0)
        // A reply takes two polls: with half a second between starts two users are enough.
        #expect((result.summary.steps["login"]?[.exchanges] ?? 99) <= 2)
        #expect(result.schedule?.maxConnected ?? 99 <= 2)
    }

    @Test func aStallShowsInTheResponseTimeAndNotInTheServiceTime() async throws {
        // One connection at a time is answered: while the service stalls, others queue behind it.
        let run = VirtualRun(scripts: [Self.oneTurn], load: open(100))
        let result = try await run.against { stream, loop in
            while try await !stream.receiveRequest().isEmpty {
                let isStalled = (.seconds(30)..<Nanoseconds.seconds(32)).contains(loop.tick)
                await loop.sleep(until: isStalled ? .seconds(32) : loop.tick + .milliseconds(5))
                try await stream.send(okResponse)
            }
        }
        let latency = result.summary.latency
        // 200 of 6,000 starts fall into the stall and wait 2 s to nothing, evenly: by the closed form
        // the 99th percentile lies 60 starts below the longest, at 2 s − 60/100 s.
        let p99 = try #require(latency[.response].p99)
        #expect(abs(p99 - 1_400) < 15)
        #expect(abs((latency[.service].p50 ?? 0) - 5) < 0.01)
        #expect(
            result.schedule?.dropped == 0 && (199...201).contains(result.schedule?.maxUsers ?? 0))
    }

    @Test func afterAStallOfTheGeneratorOneSecondIsCaughtUp() async throws {
        var run = VirtualRun(scripts: [Self.oneTurn], load: open(100))
        run.stalls = [(at: .seconds(20), span: .seconds(5))]
        let result = try await run.against { stream, loop in
            while try await !stream.receiveRequest().isEmpty {
                await loop.sleep(until: loop.tick + .milliseconds(5))
                try await stream.send(okResponse)
            }
        }
        let schedule = try #require(result.schedule)
        #expect(schedule.started + schedule.missed == 6_000)
        #expect(schedule.missed == 399 || schedule.missed == 400)
        #expect(schedule.dropped == 0)
        #expect(result.summary.latency[.response].max.map { $0 <= 1_005 } ?? false)
    }

    @Test func whatAStallHeldBackIsNoBurst() async throws {
        var run = VirtualRun(scripts: [Self.oneTurn], load: open(100))
        run.stalls = [(at: .seconds(20), span: .milliseconds(200))]
        let sent = Locked<[Nanoseconds]>([])
        _ = try await run.against { stream, loop in
            while try await !stream.receiveRequest().isEmpty {
                sent.withLock { $0.append(loop.tick) }
                try await stream.send(okResponse)
            }
        }
        let times = sent.withLock { $0.sorted() }
        let behind = times.filter { $0 > .milliseconds(20_150) && $0 < .milliseconds(20_500) }
        let gaps = zip(behind, behind.dropFirst()).map { $1 - $0 }
        #expect(times.count == 6_000 && behind.count > 30)
        // Half of the planned 10 ms while they are late by more than a stall's least length.
        #expect(gaps.allSatisfy { $0 >= .milliseconds(4) })
    }

    @Test func theRampEndsWithoutHanging() async throws {
        var load = open(20)
        load.duration = nil
        load.curve = LoadCurve(
            from: 20,
            through: [
                LoadStage(length: .seconds(10), level: 20),
                LoadStage(length: .seconds(10), level: 0),
            ])
        let run = VirtualRun(scripts: [Self.oneTurn], load: load)
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(100)))
        #expect(abs((result.schedule?.started ?? 0) - 300) <= 1)
        #expect(result.took <= .seconds(21))
    }

    @Test(arguments: [2, 7])
    func anyNumberOfWorkersPlaysTheSamePlan(workers: Int) async throws {
        let run = VirtualRun(
            scripts: [Self.oneTurn], load: open(40, .poisson), workers: workers)
        let (result, counts) = try await run.againstSandbox(.fixed(.milliseconds(30)))
        let alone = try await VirtualRun(
            scripts: [Self.oneTurn], load: open(40, .poisson)
        ).againstSandbox(.fixed(.milliseconds(30)))
        #expect(counts.total == alone.counts.total)
        #expect(result.summary.timeline == alone.result.summary.timeline)
        #expect(result.schedule?.started == alone.result.schedule?.started)
    }
}
