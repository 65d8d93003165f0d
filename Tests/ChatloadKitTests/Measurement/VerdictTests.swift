import FoundationEssentials
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
        started: Int = 10_000, dropped: Int = 0, missed: Int = 0, wanted: Int? = nil, users: Int = 0
    ) -> ScheduleFigures {
        var schedule = ScheduleFigures()
        schedule.started = started
        schedule.dropped = dropped
        schedule.missed = missed
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
            exchanges: 10_000, exhaustion: Exhaustion(descriptors: descriptors, ports: ports))
    }

    struct Row: Sendable {
        var health: GeneratorHealth
        var grade: Verdict.Grade
        var reason: String?
    }

    static let rows = [
        Row(health: health(), grade: .valid),
        Row(health: health(lag: .milliseconds(20)), grade: .valid),
        Row(
            health: health(lag: .milliseconds(40)), grade: .suspect,
            reason: "requests left late: p99 40.0 ms, more than 20.0 ms"),
        Row(
            health: health(lag: .seconds(2)), grade: .invalid,
            reason: "requests left late: p99 2.00 s, more than 100 ms"),
        Row(
            health: health(loop: .milliseconds(140)), grade: .invalid,
            reason: "the event loops were late: p99 140 ms, more than 100 ms"),
        Row(
            health: health(share: 0.97), grade: .suspect,
            reason: "worker 1 was busy for 97 % of the time"),
        Row(health: health(schedule: schedule(dropped: 10)), grade: .valid),
        Row(
            health: health(schedule: schedule(started: 9_900, dropped: 100)), grade: .suspect,
            reason: "100 of 10,000 starts found no free user (--users)"),
        Row(
            health: health(schedule: schedule(started: 9_000, dropped: 1_000)), grade: .invalid,
            reason: "1,000 of 10,000 starts found no free user (--users)"),
        Row(
            health: health(schedule: schedule(started: 9_000, missed: 1_000)), grade: .invalid,
            reason: "1,000 of 10,000 starts were given up after the generator had stalled"),
        Row(health: health(schedule: schedule(wanted: 100, users: 99)), grade: .valid),
        Row(
            health: health(schedule: schedule(wanted: 100, users: 95)), grade: .suspect,
            reason: "at most 95 of the 100 users wanted were at work at once"),
        Row(
            health: health(schedule: schedule(wanted: 18_000, users: 9_000)), grade: .invalid,
            reason: "at most 9,000 of the 18,000 users wanted were at work at once"),
        Row(
            health: health(descriptors: 1), grade: .suspect,
            reason: "no file descriptor was left (ulimit -n) for 1 exchanges"),
        Row(
            health: health(ports: 300), grade: .invalid,
            reason: "no local port was left (--source-address) for 300 exchanges"),
    ]

    @Test(arguments: rows) func eachFigureHasItsLimits(row: Row) {
        let verdict = row.health.verdict
        #expect(verdict.generator == row.grade)
        #expect(verdict.reasons == (row.reason.map { [$0] } ?? []))
        #expect(verdict.alarms.isEmpty == (row.grade != .invalid))
    }

    @Test func theWorstReasonComesFirst() {
        let health = Self.health(
            lag: .milliseconds(30), loop: .milliseconds(200), schedule: Self.schedule(missed: 20))
        let verdict = health.verdict
        #expect(verdict.generator == .invalid)
        #expect(verdict.reasons.count == 3)
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
        for error in [SocketError.exhausted(.descriptors), .exhausted(.ports), .refused, .exhausted(.ports)]
        {
            let failure = ExchangeFailure(.connect(error), through: nil)
            var exchange = Exchange()
            exchange.outcome = .failed(failure.errorClass)
            exchange.lacked = failure.lacked
            aggregator.add(exchange)
        }
        let verdict = aggregator.summary(of: RunDescription(name: "r")).verdict
        #expect(verdict.exhaustion == Exhaustion(descriptors: 1, ports: 2))
        #expect(verdict.generator == .invalid)
    }
}
