package import Networking

/// All that the verdict on the generator rests on.
package struct GeneratorHealth {
    /// Of all exchanges but those of the warm-up.
    var scheduleLag: Histogram
    var loopLag = Histogram()
    var workers: [WorkerLoad] = []
    var schedule: ScheduleFigures?
    /// Exchanges in all.
    var exchanges: Int
    var exhaustion = Exhaustion()

    /// From where on a figure is suspect, and from where on it makes the run invalid.
    struct Limit<Value: Comparable & Sendable>: Sendable {
        var suspect: Value
        var invalid: Value?

        /// The grade of a figure of which more is worse, and the limit that it exceeds.
        func exceeded(by value: Value) -> (grade: Verdict.Grade, limit: Value)? {
            if let invalid, value > invalid { return (.invalid, invalid) }
            return value > suspect ? (.suspect, suspect) : nil
        }
    }

    /// Chat services answer in tenths of seconds: a fiftieth is noise beside that, a tenth is not.
    static let lag = Limit(suspect: Nanoseconds.milliseconds(20), invalid: .milliseconds(100))
    /// The share of the due starts that were not made.
    static let undelivered = Limit(suspect: 0.001, invalid: 0.05)
    /// The share of the wanted users that were never at work at once.
    static let absentUsers = Limit(suspect: 0.01, invalid: 0.1)
    /// The share of a core that a worker's thread used. A busy worker is no fault by itself; what
    /// it did too late shows in the lags.
    static let load = Limit<Double>(suspect: 0.9)
    /// The share of the exchanges that failed as `exhausted`.
    static let exhausted = Limit(suspect: 0, invalid: 0.001)
    /// A load is not judged by less than this: starting up is not the run.
    static let leastSeconds = 1.0

    var verdict: Verdict {
        var verdict = Verdict()
        verdict.scheduleLag = Distribution(scheduleLag)
        verdict.loopLag = Distribution(loopLag)
        verdict.workers = workers
        verdict.exhaustion = exhaustion
        verdict.schedule = schedule
        let all = [
            lagFinding(scheduleLag, "requests left late"),
            lagFinding(loopLag, "the event loops were late"),
            missedFinding, droppedFinding, waitedFinding, usersFinding, loadFinding,
            exhaustionFinding(exhaustion.descriptors, "no file descriptor was left (ulimit -n)"),
            exhaustionFinding(exhaustion.ports, "no local port was left (--source-address)"),
            exhaustionFinding(exhaustion.memory ?? 0, "no memory was left (ulimit -v)"),
            exhaustionFinding(exhaustion.threads ?? 0, "no thread was left (ulimit -u)"),
            exhaustionFinding(
                exhaustion.others ?? 0, "this machine had no descriptor, port, memory or thread left"),
        ].compactMap(\.self)
        let worst = [Verdict.Grade.invalid, .suspect].map { grade in
            all.filter { $0.grade == grade }
        }
        verdict.reasons = worst.joined().map(\.reason)
        verdict.generator = all.map(\.grade).max() ?? (isJudgeable ? .valid : .notJudged)
        if verdict.generator != .notJudged, workers.isEmpty {
            verdict.reasons.append("judged by the log alone, without \(RunFolder.generator)")
        }
        return verdict
    }

    /// What a lag so far amounts to, with the figure that says it; nil where there is too little to
    /// judge by.
    package static func glance(
        at lag: Histogram
    ) -> (grade: Verdict.Grade, statistic: String, value: Nanoseconds)? {
        guard let (name, value) = lag.boldestValue else { return nil }
        return (Self.lag.exceeded(by: value)?.grade ?? .valid, name, value)
    }

    private typealias Finding = (grade: Verdict.Grade, reason: String)

    /// Whether there were enough requests or looks at the loop to judge by.
    private var isJudgeable: Bool {
        scheduleLag.boldestValue != nil || loopLag.boldestValue != nil
    }

    private func lagFinding(_ lags: Histogram, _ what: String) -> Finding? {
        guard let (name, value) = lags.boldestValue,
            let (grade, limit) = Self.lag.exceeded(by: value)
        else { return nil }
        let (found, allowed) = (Units.format(value), Units.format(limit))
        return (grade, "\(what): \(name) \(found), more than \(allowed)")
    }

    private var missedFinding: Finding? {
        guard let schedule else { return nil }
        return startsFinding(
            schedule.missed, of: schedule.due, "were given up after the generator had stalled")
    }

    private var droppedFinding: Finding? {
        guard let schedule else { return nil }
        return startsFinding(schedule.dropped, of: schedule.due, "found no free user (--users)")
    }

    private var waitedFinding: Finding? {
        guard let schedule, let waited = schedule.waited else { return nil }
        return startsFinding(waited, of: schedule.due, "had to wait for a free user (--users)")
    }

    private func startsFinding(_ count: Int, of due: Int, _ what: String) -> Finding? {
        guard due > 0, let (grade, _) = Self.undelivered.exceeded(by: Self.share(count, of: due))
        else { return nil }
        let (few, all) = (Units.format(count: count), Units.format(count: due))
        return (grade, "\(few) of \(all) starts \(what)")
    }

    private var usersFinding: Finding? {
        guard let schedule, let wanted = schedule.wantedUsers, wanted > 0 else { return nil }
        let absent = max(0, wanted - schedule.maxUsers)
        guard let (grade, _) = Self.absentUsers.exceeded(by: Self.share(absent, of: wanted))
        else { return nil }
        let (few, all) = (Units.format(count: schedule.maxUsers), Units.format(count: wanted))
        return (grade, "at most \(few) of the \(all) users wanted were at work at once")
    }

    private var loadFinding: Finding? {
        let judged = workers.filter { $0.wallSeconds >= Self.leastSeconds }
        guard let busiest = judged.max(by: { $0.share < $1.share }),
            let (grade, _) = Self.load.exceeded(by: busiest.share)
        else { return nil }
        let percent = Int(min(busiest.share, 10) * 100)
        return (grade, "worker \(busiest.worker) was busy for \(percent) % of the time")
    }

    private func exhaustionFinding(_ count: Int, _ what: String) -> Finding? {
        let share = Self.share(count, of: exchanges)
        guard let (grade, _) = Self.exhausted.exceeded(by: share) else { return nil }
        return (grade, "\(what) for \(Units.format(count: count)) exchanges")
    }

    private static func share(_ part: Int, of whole: Int) -> Double {
        whole > 0 ? Double(part) / Double(whole) : 0
    }
}

extension Histogram {
    /// The value at the highest percentile that so many samples say something about, up to the
    /// 99th; nil where they say nothing at all.
    fileprivate var boldestValue: (name: String, value: Nanoseconds)? {
        let percentiles: [(String, Percentile)] = [
            ("p99", .p99), ("p95", .p95), ("p90", .p90), ("p75", .p75), ("p50", .p50),
        ]
        for (name, percentile) in percentiles {
            if let value = honestValue(at: percentile) { return (name, value) }
        }
        return nil
    }
}
