import FoundationEssentials
import Base
import Networking
import Testing

@testable import ChatloadKit

/// The verdict is a pure function of what is known of the generator.
@Suite struct VerdictTests {
    /// A histogram of `count` lags, one in fifty of them `late`.
    static func lags(_ late: Nanoseconds, count: Int = 10_000) -> Histogram {
        var lags = Histogram()
        for number in 0..<count { lags.record(number % 50 == 0 ? late : .microseconds(80)) }
        return lags
    }

    static func load(_ share: Double, wall: Int64 = 60) -> [WorkerLoad] {
        let busy = Nanoseconds(seconds: share * Double(wall))
        return [
            WorkerLoad(worker: 0, busy: .seconds(1), wall: .seconds(wall)),
            WorkerLoad(worker: 1, busy: busy, wall: .seconds(wall)),
        ]
    }

    static func schedule(
        started: Int = 10_000, dropped: Int = 0, missed: Int = 0, wanted: Int? = nil,
        users: Int = 0, late: Int? = nil, waited: Int? = nil
    ) -> ScheduleFigures {
        var schedule = ScheduleFigures()
        schedule.started = started
        schedule.dropped = dropped
        schedule.missed = missed
        (schedule.droppedLate, schedule.waited) = (late, waited)
        schedule.wantedUsers = wanted
        schedule.maxUsers = users
        return schedule
    }

    static func health(
        lag: Nanoseconds = .milliseconds(1), loop: Nanoseconds = .milliseconds(1),
        share: Double = 0.5, schedule: ScheduleFigures? = nil, descriptors: Int = 0, ports: Int = 0
    ) -> GeneratorHealth {
        GeneratorHealth(
            scheduleLag: lags(lag), loopLag: lags(loop), workers: load(share), schedule: schedule,
            exchanges: 10_000,
            exhaustion: ResourceExhaustion(descriptors: descriptors, ports: ports))
    }

    /// Gaps of 20 ms or as told, so many of them, read so late.
    static func streaming(
        gaps: Int = 10_000, of gap: Nanoseconds = .milliseconds(20), late: Nanoseconds = .zero,
        merged: Int = 0
    ) -> GeneratorHealth {
        var health = health()
        health.gaps.record(gap, times: gaps)
        health.readLate = lags(late)
        health.mergedReads = merged
        return health
    }

    struct Row: Sendable {
        var health: GeneratorHealth
        var grade: Verdict.Grade
        var reason: String?
        var cause: VerdictFinding.Cause?
    }

    static let rows = [
        // Late and alone: the kernel's times hold.
        Row(health: streaming(late: .milliseconds(15), merged: 10), grade: .valid),
        Row(health: streaming(of: .milliseconds(4), late: .milliseconds(2)), grade: .valid),
        // Too early for anyone to look whether they were alone.
        Row(health: streaming(of: .milliseconds(2), late: .microseconds(400)), grade: .valid),
        Row(
            health: streaming(of: .milliseconds(2), late: .microseconds(600)), grade: .suspect,
            reason: "responses were read late beside the gaps of streams: p99 600 µs, more than a "
                + "quarter of icl p50 2.00 ms",
            cause: .gapsReadLate),
        Row(
            health: streaming(merged: 11), grade: .suspect,
            reason: "11 late reads may have found several frames at once, and stand behind what is "
                + "shown of icl", cause: .gapsReadLate),
        // Nothing is shown that could be wrong.
        Row(health: streaming(gaps: 5, late: .seconds(1), merged: 99), grade: .valid),
        Row(health: health(), grade: .valid),
        Row(health: health(lag: .milliseconds(20)), grade: .valid),
        // Whether it shows is judged by the response times that it is in.
        Row(health: health(lag: .milliseconds(40)), grade: .valid),
        Row(
            health: health(lag: .seconds(2)), grade: .invalid,
            reason: "requests left late: p99 2.00 s, more than 100 ms", cause: .sentLate),
        Row(
            health: health(loop: .milliseconds(140)), grade: .invalid,
            reason: "the event loops were late: p99 140 ms, more than 100 ms", cause: .loopsLate),
        Row(
            health: health(share: 0.97), grade: .suspect,
            reason: "worker 1 was busy for 97 % of the time", cause: .workerBusy),
        Row(health: health(schedule: schedule(dropped: 10)), grade: .valid),
        Row(
            health: health(schedule: schedule(started: 9_900, dropped: 100)), grade: .valid,
            reason: "offered load not reached: 100 of 10,000 starts found all users busy",
            cause: .startsDropped),
        Row(
            health: health(schedule: schedule(started: 9_900, dropped: 100, late: 100)),
            grade: .suspect,
            reason: "100 of 10,000 starts found no free user when the generator had stalled",
            cause: .startsDroppedLate),
        Row(
            health: health(schedule: schedule(started: 9_000, waited: 1_000)), grade: .valid,
            reason: "offered load not reached: 1,000 of 9,000 starts had to wait for a free user",
            cause: .startsWaited),
        Row(
            health: health(schedule: schedule(started: 9_000, missed: 1_000)), grade: .invalid,
            reason: "1,000 of 10,000 starts were given up after the generator had stalled",
            cause: .startsMissed),
        Row(health: health(schedule: schedule(wanted: 100, users: 99)), grade: .valid),
        Row(
            health: health(schedule: schedule(wanted: 100, users: 95)), grade: .suspect,
            reason: "at most 95 of the 100 users wanted were at work at once", cause: .usersAbsent),
        Row(
            health: health(schedule: schedule(wanted: 18_000, users: 9_000)), grade: .invalid,
            reason: "at most 9,000 of the 18,000 users wanted were at work at once",
            cause: .usersAbsent),
        Row(
            health: health(descriptors: 1), grade: .suspect,
            reason: "no file descriptor was left for 1 exchanges", cause: .descriptorsExhausted),
        Row(
            health: health(ports: 300), grade: .invalid,
            reason: "no local port was left for 300 exchanges", cause: .portsExhausted),
    ]

    @Test(arguments: rows) func eachFigureHasItsLimits(row: Row) {
        let verdict = row.health.verdict
        #expect(verdict.generator == row.grade)
        #expect(verdict.findings.map(\.reason) == (row.reason.map { [$0] } ?? []))
        #expect(verdict.findings.map(\.cause) == (row.cause.map { [$0] } ?? []))
        let isLoad = row.cause?.subject == .load
        #expect(verdict.load == (row.health.schedule.map { _ in isLoad ? .notReached : .reached }))
        #expect(verdict.alarms.isEmpty == (row.grade != .invalid))
    }

    @Test func theWorstReasonComesFirst() {
        let health = Self.health(
            loop: .milliseconds(200), schedule: Self.schedule(dropped: 900, missed: 20))
        let verdict = health.verdict
        #expect(verdict.generator == .invalid && verdict.load == .notReached)
        #expect(verdict.reasons.count == 3)
        #expect(verdict.reasons(on: .load).count == 1)
        #expect(verdict.reasons.first?.hasPrefix("the event loops were late") == true)
    }

    @Test func fewSamplesAreJudgedByALowerPercentileOrNotAtAll() {
        var health = Self.health()
        health.workers = []
        health.loopLag = Histogram()
        health.scheduleLag = Self.lags(.seconds(1), count: 40)
        // One in forty says nothing about the 75th percentile of 40.
        #expect(health.verdict.generator == .valid)
        health.scheduleLag = Self.lags(.seconds(1), count: 3)
        #expect(health.verdict.generator == .notJudged)
        #expect(health.verdict.reasons == [])
    }

    @Test func everyCauseNamesItsRemedy() throws {
        for cause in VerdictFinding.Cause.allCases where cause != .logAlone {
            #expect(!cause.remedy.isEmpty)
            #expect(VerdictFinding(cause, .invalid, "why").text == "why; \(cause.remedy)")
        }
    }

    @Test func withoutARequestNothingIsValid() {
        var health = Self.health(schedule: Self.schedule())
        health.hasSent = false
        #expect(health.verdict.generator == .notJudged && health.verdict.load == nil)
        #expect(
            health.verdict.findings.map(\.reason) == [
                "nothing was sent: all 10,000 exchanges failed before a request could leave"
            ])
        health.exchanges = 0
        #expect(health.verdict.reasons.first?.contains("no request was due") == true)
        health.exhaustion.descriptors = 10
        health.exchanges = 10
        #expect(health.verdict.generator == .invalid)
    }

    @Test func aWorkerThatHadNoUserIsNotTheBusiest() {
        var health = Self.health()
        health.workers = [
            WorkerLoad(worker: 0, busy: .seconds(6), wall: .seconds(60), users: 1),
            WorkerLoad(worker: 1, busy: .seconds(59), wall: .seconds(60), users: 0),
        ]
        #expect(health.verdict.generator == .valid && health.verdict.greatestLoad == 0.1)
    }

    @Test func aStandstillOfTheLoopsIsSeenAtEveryFigureThatIsShown() {
        var health = Self.health()
        // 150 ms in twenty seconds: too little for the 99th percentile.
        for look in 0..<15 { health.loopLag.record(.milliseconds(Int64(150 - look * 10))) }
        for _ in 0..<10_000 { health.response.record(.milliseconds(20)) }
        #expect(health.verdict.findings.map(\.cause) == [.loopsLate])
        // Beside responses that take this long it is nothing.
        for _ in 0..<100 { health.response.record(.seconds(10)) }
        #expect(health.verdict.generator == .valid)
    }

    @Test func whatWasWrittenBeforeLoadsWereJudgedIsRead() throws {
        let text = #"""
            {"exhaustion":{"descriptors":0,"ports":0},"generator":"invalid","loop_lag_ms":{"count":0},
            "reasons":["requests left late: p99 106 ms"],"schedule_lag_ms":{"count":0},"workers":[]}
            """#
        let verdict = try JSONDecoder().decode(Verdict.self, from: Data(text.utf8))
        #expect(verdict.reasons == ["requests left late: p99 106 ms"])
        #expect(verdict.load == nil && verdict.generator == .invalid && verdict.alarms.count == 1)
        let again = try JSONDecoder().decode(
            Verdict.self, from: Data(try JSONReport.bytes(Self.health(lag: .seconds(1)).verdict)))
        #expect(again == Self.health(lag: .seconds(1)).verdict)
    }

    @Test func startingUpIsNotALoad() {
        var health = Self.health()
        health.workers = [
            WorkerLoad(worker: 0, busy: .milliseconds(900), wall: .milliseconds(910))
        ]
        #expect(health.verdict.generator == .valid)
    }

    @Test(arguments: 1...20) func healthyRunsNeverAlarm(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var (lag, loop) = (Histogram(), Histogram())
        for _ in 0..<20_000 {
            lag.record(Nanoseconds(seconds: random.exponential(mean: 0.000_2)))
            // A hiccup of the machine now and then, once in 300 looks.
            let isHiccup = random.unit() < 1 / 300
            loop.record(Nanoseconds(seconds: random.exponential(mean: isHiccup ? 0.1 : 0.000_1)))
        }
        var health = Self.health(share: 0.6, schedule: Self.schedule(wanted: 50, users: 50))
        (health.scheduleLag, health.loopLag) = (lag, loop)
        #expect(health.verdict.generator == .valid)
        #expect(health.verdict.reasons == [])
    }

    @Test func whatWasLackingIsKnownFromTheErrorNumber() {
        var aggregator = Aggregator(steps: StepTable(names: ["say"]))
        for error in [
            SocketError.exhausted(.descriptors), .exhausted(.ports), .refused, .exhausted(.ports),
        ] {
            let failure = ExchangeFailure(.connect(error), through: nil)
            var exchange = Exchange()
            exchange.outcome = .failed(failure.errorClass)
            exchange.lacked = failure.lacked
            aggregator.add(exchange)
        }
        let verdict = aggregator.summary(of: RunDescription(name: "r")).verdict
        #expect(verdict.exhaustion == ResourceExhaustion(descriptors: 1, ports: 2))
        #expect(verdict.generator == .invalid)
    }
}
