import Base
import Networking

/// All that the verdict on a run rests on. One rule serves the run under way and its end.
package struct GeneratorHealth {
    /// Of all exchanges but those of the warm-up.
    var scheduleLag: Histogram
    var loopLag = Histogram()
    var stalls = LoopStalls()
    /// Response times as they are shown.
    var response = Histogram()
    /// Whether no time of what was received depends on when it was read.
    var readsExactly = false
    /// What the generator's own lateness has changed of what is shown.
    var lateFigures: [LateFigure] = []
    var workers: [WorkerLoad] = []
    var schedule: ScheduleFigures?
    /// Exchanges in all.
    var exchanges: Int
    /// Whether a request was sent.
    var hasSent = true
    /// Those between pieces of streamed replies.
    var gaps = Histogram(layout: .gaps)
    var readLate = Histogram()
    var mergedReads = 0
    var exhaustion = ResourceExhaustion()

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

    /// Beyond this a load is another than the one asked for, however long its responses take.
    static let sentLate = Nanoseconds.milliseconds(100)
    /// Chat services answer in tenths of seconds: a fiftieth is noise beside that, a tenth is not.
    static let lag = Limit(suspect: Nanoseconds.milliseconds(20), invalid: .milliseconds(100))
    /// The share of the due starts that the generator itself did not make.
    static let undelivered = Limit(suspect: 0.001, invalid: 0.05)
    /// The share of the due starts that found every user busy from where on the load is not the one
    /// asked for. They are missing where the service was slow: a thousandth of all is as much as
    /// the highest percentile that is shown stands on.
    static let unreached = Limit(suspect: 0.001, invalid: 0.001)
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
        verdict.stalls = stalls
        verdict.lateFigures = lateFigures.kept
        verdict.workers = workers
        verdict.exhaustion = exhaustion
        verdict.schedule = schedule
        let own = generatorFindings
        verdict.generator = own.map(\.grade).max() ?? (isJudgeable ? .valid : .notJudged)
        verdict.findings = [Verdict.Grade.invalid, .suspect].flatMap { grade in
            own.filter { $0.grade == grade }
        }
        guard hasSent else {
            if verdict.generator < .invalid { verdict.generator = .notJudged }
            verdict.findings.append(nothingSent)
            return verdict
        }
        if verdict.generator != .notJudged, workers.isEmpty {
            verdict.findings.append(
                VerdictFinding(
                    .logAlone, .valid, "judged by the log alone, without \(RunFolder.generator)"))
        }
        if schedule != nil {
            let missing = loadFindings
            verdict.load = missing.isEmpty ? .reached : .notReached
            verdict.findings += missing
        }
        return verdict
    }

    private var generatorFindings: [VerdictFinding] {
        // Where starts waited for a user, that wait is in how late they left.
        let ownLags = waitedFinding == nil ? [sentLateFinding, lateFiguresFinding] : []
        let missed = startsFinding(
            .startsMissed, schedule?.missed, "were given up after the generator had stalled",
            Self.undelivered)
        let droppedLate = startsFinding(
            .startsDroppedLate, schedule?.droppedLate,
            "found no free user when the generator had stalled", Self.undelivered)
        // Where nothing was sent, nothing but what was lacking is the generator's.
        let kept =
            hasSent
            ? ownLags + [
                receivedLateFinding, gapsFinding, missed, droppedLate, usersFinding, busyFinding,
            ] : []
        let lacking: [(VerdictFinding.Cause, Int?, String)] = [
            (.descriptorsExhausted, exhaustion.descriptors, "no file descriptor was left"),
            (.portsExhausted, exhaustion.ports, "no local port was left"),
            (.memoryExhausted, exhaustion.memory, "no memory was left"),
            (.threadsExhausted, exhaustion.threads, "no thread was left"),
            (
                .otherwiseExhausted, exhaustion.others,
                "this machine had no descriptor, port, memory or thread left"
            ),
        ]
        return (kept + lacking.map(exhaustionFinding)).compactMap(\.self)
    }

    /// Whether there were requests, and enough of them or of looks at the loop to judge by.
    private var isJudgeable: Bool {
        hasSent && (scheduleLag.boldestValue != nil || loopLag.boldestValue != nil)
    }
}

extension GeneratorHealth {
    private var nothingSent: VerdictFinding {
        let why =
            exchanges == 0
            ? "no request was due in what is measured"
            : "all \(Figures.count(exchanges)) exchanges failed before a request could leave"
        return VerdictFinding(.nothingSent, .notJudged, "nothing was sent: \(why)")
    }

    private var sentLateFinding: VerdictFinding? {
        guard let (name, value) = scheduleLag.boldestValue, value > Self.sentLate else {
            return nil
        }
        let (found, allowed) = (Units.format(value), Units.format(Self.sentLate))
        return VerdictFinding(
            .sentLate, .invalid, "requests left late: \(name) \(found), more than \(allowed)")
    }

    /// How late the loops were. One that stands still for this much of the time makes no load. And
    /// where the kernel does not tell when replies arrived, it takes what came meanwhile for later
    /// than it was: its looks are even in time, so each percentile and the maximum stand for those
    /// of the response times.
    private var receivedLateFinding: VerdictFinding? {
        if let (name, value) = loopLag.boldestValue,
            let (grade, limit) = Self.lag.exceeded(by: value), grade == .invalid || !readsExactly
        {
            return loopsLate(grade, name, value, limit)
        }
        if readsExactly { return nil }
        if let lag = loopLag.honestValue(at: .p99_9), let shown = response.honestValue(at: .p99_9),
            isMaterial(lag, beside: shown)
        {
            return loopsLate(.suspect, "p99.9", lag, Self.lag.suspect)
        }
        guard let lag = loopLag.max, let shown = response.max, isMaterial(lag, beside: shown) else {
            return nil
        }
        return loopsLate(.suspect, "max", lag, Self.lag.suspect)
    }

    private func isMaterial(_ lag: Nanoseconds, beside shown: Nanoseconds) -> Bool {
        lag > max(Self.lag.suspect, Exchange.tolerance(of: shown))
    }

    private func loopsLate(
        _ grade: Verdict.Grade, _ name: String, _ value: Nanoseconds, _ limit: Nanoseconds
    ) -> VerdictFinding {
        let (found, allowed) = (Units.format(value), Units.format(limit))
        return VerdictFinding(
            .loopsLate, grade,
            "the event loops were late: \(name) \(found), more than \(allowed)\(stallWords)")
    }

    private var lateFiguresFinding: VerdictFinding? {
        let material = lateFigures.filter(\.isMaterial)
        guard let first = material.first else { return nil }
        let figures = material.filter { ($0.scope, $0.step) == (first.scope, first.step) }
        let words = figures.map { figure in
            let without = Units.format(Nanoseconds(seconds: figure.without / 1_000))
            let value = Units.format(Nanoseconds(seconds: figure.value / 1_000))
            let name = figure.statistic.replacing("_", with: ".")
            return "\(name) \(value) instead of \(without)"
        }
        let count = Figures.count(first.samples)
        let more = material.count - figures.count
        return VerdictFinding(
            .lateFigures, .suspect,
            "\(count) requests left late and are in what is shown: \(first.subject) "
                + words.joined(separator: ", ")
                + (more > 0 ? ", and \(more) more figures" : "") + stallWords)
    }

    /// The longest stall, where there was one.
    private var stallWords: String {
        stalls.worst.map { " (it stalled for \($0.description))" } ?? ""
    }

    private var busyFinding: VerdictFinding? {
        let judged = workers.filter { $0.wallSeconds >= Self.leastSeconds && $0.hadUsers }
        guard let busiest = judged.max(by: { $0.share < $1.share }),
            let (grade, _) = Self.load.exceeded(by: busiest.share)
        else { return nil }
        let percent = Int(min(busiest.share, 10) * 100)
        return VerdictFinding(
            .workerBusy, grade, "worker \(busiest.worker) was busy for \(percent) % of the time")
    }

    /// Pieces that were read with others are told apart by less, or by more, than they came: gaps
    /// are the first to suffer. What was read late and alone has the kernel's time all the same, and
    /// whether it was alone is looked at from a certain lateness on; gaps that are not long beside
    /// that suffer from less.
    private var gapsFinding: VerdictFinding? {
        guard let shown = gaps.boldestPercentile, let gap = gaps.honestValue(at: .p50) else {
            return nil
        }
        let quarter = Nanoseconds(gap.count / 4)
        if quarter < Stream.watchedLateness, let late = readLate.boldestValue, late.value > quarter
        {
            return VerdictFinding(
                .gapsReadLate, .suspect,
                "responses were read late beside the gaps of streams: \(late.name) "
                    + "\(Units.format(late.value)), more than a quarter of icl p50 "
                    + Units.format(gap))
        }
        let beyond = gaps.count - Int(clamping: shown.rank(of: gaps.count))
        guard mergedReads > beyond else { return nil }
        return VerdictFinding(
            .gapsReadLate, .suspect,
            "\(Figures.count(mergedReads)) late reads may have found several frames at once, and "
                + "stand behind what is shown of icl")
    }

    private func exhaustionFinding(
        _ cause: VerdictFinding.Cause, _ count: Int?, _ what: String
    ) -> VerdictFinding? {
        let count = count ?? 0
        let share = Self.share(count, of: exchanges)
        guard let (grade, _) = Self.exhausted.exceeded(by: share) else { return nil }
        return VerdictFinding(cause, grade, "\(what) for \(Figures.count(count)) exchanges")
    }

    static func share(_ part: Int, of whole: Int) -> Double {
        whole > 0 ? Double(part) / Double(whole) : 0
    }
}

extension Histogram {
    /// The value at the highest percentile that so many samples say something about, up to the
    /// 99th; nil where they say nothing at all.
    fileprivate var boldestValue: (name: String, value: Nanoseconds)? {
        Statistic.highest { $0.value(of: self) }
    }

    /// The highest percentile that is shown; nil where none is.
    fileprivate var boldestPercentile: Percentile? {
        let shown: [Percentile] = [.p99_9, .p99, .p95, .p90, .p75, .p50]
        return shown.first { count >= $0.samplesNeeded }
    }
}

/// Whether the load was made: what the generator itself missed, and what it could not make because
/// every user was busy.
extension GeneratorHealth {
    private var loadFindings: [VerdictFinding] {
        let dropped = startsFinding(
            .startsDropped, schedule.map { $0.dropped &- ($0.droppedLate ?? 0) },
            "found all users busy", Self.unreached)
        return [dropped, waitedFinding].compactMap(\.self)
    }

    private var waitedFinding: VerdictFinding? {
        startsFinding(
            .startsWaited, schedule?.waited, "had to wait for a free user", Self.unreached)
    }

    /// What is found of so many of the due starts.
    private func startsFinding(
        _ cause: VerdictFinding.Cause, _ count: Int?, _ what: String, _ limit: Limit<Double>
    ) -> VerdictFinding? {
        guard let count, let due = schedule?.due, due > 0,
            let (grade, _) = limit.exceeded(by: Self.share(count, of: due))
        else { return nil }
        let text = "\(Figures.count(count)) of \(Figures.count(due)) starts \(what)"
        let isOfLoad = cause.subject == .load
        return VerdictFinding(
            cause, grade, isOfLoad ? "offered load not reached: \(text)" : text)
    }

    private var usersFinding: VerdictFinding? {
        guard let schedule, let wanted = schedule.wantedUsers, wanted > 0 else { return nil }
        let absent = max(0, wanted &- schedule.maxUsers)
        guard let (grade, _) = Self.absentUsers.exceeded(by: Self.share(absent, of: wanted))
        else { return nil }
        let (few, all) = (Figures.count(schedule.maxUsers), Figures.count(wanted))
        return VerdictFinding(
            .usersAbsent, grade, "at most \(few) of the \(all) users wanted were at work at once")
    }
}
