package import Base
import Networking

/// Verdict on a run: whether the generator kept its own schedule, so that the figures are the
/// service's, and whether the load that was asked for was made.
package struct Verdict: Codable, Equatable, Sendable {
    package enum Grade: String, Codable, Sendable, Comparable, CaseIterable {
        /// There was too little to judge by.
        case notJudged = "not judged"
        case valid
        /// The figures hold some of the generator's own time.
        case suspect
        /// The figures are not the service's.
        case invalid

        package static func < (left: Grade, right: Grade) -> Bool { left.place < right.place }

        private var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// Whether the load was made that was asked for, apart from what the generator itself missed.
    package enum Load: String, Codable, Sendable {
        case reached
        /// Starts found every user busy: there were too few, or the service was slower than the
        /// rate. The figures are the service's, under less than the load asked for.
        case notReached = "not_reached"
    }

    package var generator = Grade.notJudged
    /// nil where nobody knows: nothing was sent, or the log alone is judged.
    @Nullable package var load: Load? = nil
    /// Why it is not valid or the load not reached: the generator's own first, the worst first. In older
    /// files they are words alone.
    @Default package var findings: [VerdictFinding] = [] {
        didSet { reasons = findings.map(\.text) }
    }
    /// The findings in words, each with its remedy.
    package private(set) var reasons: [String] = []
    /// Actual minus intended send, without what quotas held back and the time to connect.
    package var scheduleLag = Distribution()
    /// How late the event loops were.
    package var loopLag = Distribution()
    /// How long after their arrival responses were read.
    @Default package var readLate = Distribution()
    /// Where the times of what was received come from; nil where nothing was, or it is not known.
    package var arrivalTimes: ArrivalSource?
    /// Complete responses whose times are those of their readings.
    @Default package var unstampedResponses = 0
    /// Late readings that may have found several segments, so that a first byte's time is an upper
    /// bound.
    @Default package var mergedReads = 0
    /// The figures that the generator's own lateness has changed.
    @Default package var lateFigures: [LateFigure] = []
    @Default package var stalls = LoopStalls()
    package var workers: [WorkerLoad] = []
    package var exhaustion = ResourceExhaustion()
    package var schedule: ScheduleFigures?

    /// A verdict on nothing.
    package init() {}

    enum CodingKeys: String, CodingKey {
        case generator, load, reasons, findings
        case scheduleLag = "schedule_lag_ms"
        case loopLag = "loop_lag_ms"
        case readLate = "read_late_ms"
        case arrivalTimes = "arrival_times"
        case unstampedResponses = "unstamped_responses"
        case mergedReads = "merged_reads"
        case lateFigures = "late_figures"
        case stalls, workers, exhaustion, schedule
    }

    /// Those about the generator, or those about the load.
    package func reasons(on subject: VerdictFinding.Subject) -> [String] {
        if findings.isEmpty, subject == .generator { return reasons }
        return findings.filter { $0.cause.subject == subject }.map(\.text)
    }

    /// What must come first in every report; nothing unless the run is invalid.
    var alarms: [String] {
        if generator != .invalid { return [] }
        let reason = reasons(on: .generator).first ?? ""
        return ["the run is invalid, its figures are not the service's: \(reason)"]
    }

    /// Why the run's SLOs were not put to the test; nil where they were.
    package var voidance: String? {
        if generator == .invalid { return "the run is invalid" }
        return load == .notReached ? "the offered load was not reached" : nil
    }

    /// The greatest share of a core that a worker with users used; nil where none told.
    package var greatestLoad: Double? { workers.filter(\.hadUsers).map(\.share).max() }
}

/// Finding about a run: what kept it from being valid or its load from being reached.
package struct VerdictFinding: Codable, Equatable, Sendable {
    /// What a finding is about.
    package enum Subject: String, Codable, Sendable {
        case generator, load
    }

    package var cause: Cause
    package var grade: Verdict.Grade
    /// A clause with its figure.
    package var reason: String

    init(_ cause: Cause, _ grade: Verdict.Grade, _ reason: String) {
        self.cause = cause
        self.grade = grade
        self.reason = reason
    }

    /// The reason with its remedy.
    package var text: String {
        cause.remedy.isEmpty ? reason : "\(reason); \(cause.remedy)"
    }

    /// What can be found, each with what to do about it.
    package enum Cause: String, Codable, Sendable, CaseIterable {
        case nothingSent = "nothing_sent"
        case logAlone = "log_alone"
        case sentLate = "sent_late"
        case lateFigures = "late_figures"
        case loopsLate = "loops_late"
        case gapsReadLate = "gaps_read_late"
        case startsMissed = "starts_missed"
        case startsDroppedLate = "starts_dropped_late"
        case usersAbsent = "users_absent"
        case workerBusy = "worker_busy"
        case descriptorsExhausted = "descriptors_exhausted"
        case portsExhausted = "ports_exhausted"
        case memoryExhausted = "memory_exhausted"
        case threadsExhausted = "threads_exhausted"
        case otherwiseExhausted = "otherwise_exhausted"
        case startsDropped = "starts_dropped"
        case startsWaited = "starts_waited"

        package var subject: Subject {
            switch self {
            case .startsDropped, .startsWaited: .load
            default: .generator
            }
        }

        /// What to do about it.
        package var remedy: String {
            switch self {
            case .nothingSent: "see the errors, or make the run longer than its first think times"
            case .logAlone: ""
            case .sentLate:
                "begin more gently (--ramp-up), ask for less, or use a machine with more free cores"
            case .lateFigures:
                "run it again where nothing else takes the cores, or with fewer users or starts"
            case .loopsLate:
                "run it where nothing stops the process or takes the cores, or with more --workers"
            case .gapsReadLate:
                "use fewer users or more --workers, or a machine with more free cores"
            case .startsMissed, .startsDroppedLate:
                "run it again where nothing stops the process or takes the cores"
            case .usersAbsent: "begin more gently (--ramp-up), or raise --workers"
            case .workerBusy: "raise --workers, or spread the load over several machines"
            case .descriptorsExhausted: "raise the limit (ulimit -n), or use fewer users"
            case .portsExhausted: "name more addresses (--source-address), or use fewer users"
            case .memoryExhausted: "raise the limit (ulimit -v), or use fewer users"
            case .threadsExhausted: "raise the limit (ulimit -u)"
            case .otherwiseExhausted: "raise the limits (ulimit -a), or use fewer users"
            case .startsDropped: "raise -c, or the service is slower than the rate"
            case .startsWaited: "raise -c, or the service is slower than what was recorded"
            }
        }
    }
}

/// Figure of the response time that holds some of the generator's own lateness, beside what it
/// would be if all requests had left in time.
///
/// Samples that were late are taken for what they would have been, and not left out: of a few
/// hundred samples any dozen that is left out moves percentiles by chance.
package struct LateFigure: Codable, Equatable, Sendable {
    /// Of which exchanges the figure is: `run`, `steady`, or `step`.
    package enum Scope: String, Codable, Sendable {
        case run, steady, step
    }

    package var scope: Scope
    /// The step's name; nil but of a step's figure.
    package var step: String?
    /// As in `Distribution.statistics`.
    package var statistic: String
    /// The figure, in milliseconds.
    package var value: Double
    /// The figure without that lateness, in milliseconds.
    package var without: Double
    /// The late samples in its scope.
    package var samples: Int
    /// Whether their lateness changes it by more than a millisecond and by more than a twentieth.
    package var isMaterial: Bool

    enum CodingKeys: String, CodingKey {
        case scope, step, statistic, value, without, samples
        case isMaterial = "material"
    }

    /// The most that are kept of one run.
    static let most = 100

    /// The figures of one scope that would be others if all requests had left in time.
    static func figures(
        of tally: borrowing Tally, _ scope: Scope, step: String? = nil
    ) -> [LateFigure] {
        let late = tally[.lateResponse]
        if late.count == 0 { return [] }
        let all = tally[.response]
        var inTime = all.since(late)
        inTime.merge(tally[.responseInTime])
        return judged.compactMap { statistic in
            guard let value = statistic.value(of: all), let without = statistic.value(of: inTime)
            else {
                return nil
            }
            let change = max(value - without, without - value)
            // Less than a hundredth is less than three digits show.
            if change.count <= value.count / 100 { return nil }
            return LateFigure(
                scope: scope, step: step, statistic: statistic.rawValue,
                value: Distribution.milliseconds(value),
                without: Distribution.milliseconds(without), samples: late.count,
                isMaterial: change > Exchange.tolerance(of: value))
        }
    }

    /// What it is a figure of: `response of the step say`.
    var subject: String {
        switch scope {
        case .run: "response"
        case .steady: "response in the steady window"
        case .step: "response of the step \(step ?? "")"
        }
    }

    /// The lowest percentile first: the more a run's figures stand on it, the worse it is when it is
    /// the generator's.
    private static let judged: [Statistic] = [
        .p50, .p75, .p90, .p95, .p99, .p99_9, .max, .mean,
    ]
}

extension [LateFigure] {
    /// Of all these as many as are kept, those that make the run suspect before the others.
    var kept: [LateFigure] {
        if count <= LateFigure.most { return self }
        return Array((filter(\.isMaterial) + filter { !$0.isMaterial }).prefix(LateFigure.most))
    }
}

/// Loop stall: a stretch of time in which its event loops did nothing, because the
/// process was stopped, the machine busy, or a loop held up by its own work.
package struct LoopStall: Codable, Equatable, Sendable {
    /// When a loop should have gone on, in seconds since the run's start.
    package var at: Double
    /// How much later it did, in milliseconds.
    package var length: Double
    /// The loops that it held up.
    package var loops = 1

    /// One loop's, that should have gone on at a time since the run's start and did so `length` later.
    package init(at start: Nanoseconds, length: Nanoseconds) {
        at = start.roundedSeconds
        self.length = Distribution.milliseconds(length)
    }

    enum CodingKeys: String, CodingKey {
        case at = "at_s"
        case length = "length_ms"
        case loops
    }

    private var end: Double { at + length / 1_000 }

    /// What two loops saw of one stall; nil where it is not the same.
    fileprivate func joined(with other: LoopStall) -> LoopStall? {
        guard at <= other.end, other.at <= end else { return nil }
        var stall = self
        stall.at = Swift.min(at, other.at)
        stall.length = ((Swift.max(end, other.end) - stall.at) * 1_000_000).rounded() / 1_000
        stall.loops &+= other.loops
        return stall
    }

    /// `150 ms at 8.02 s`.
    package var description: String {
        let length = Units.format(Nanoseconds(seconds: length / 1_000))
        return "\(length) at \(Units.format(Nanoseconds(seconds: at)))"
    }
}

/// LoopStalls of a run: the longest by time and length, the others by their number.
package struct LoopStalls: Codable, Equatable, Sendable, Empty {
    /// The longest, in the order of their times.
    package private(set) var longest: [LoopStall] = []
    /// How many more there were.
    package private(set) var others = 0

    /// Shorter ones are what any machine does now and then.
    package static let least = Nanoseconds.milliseconds(20)
    /// The most that are named.
    static let most = 20

    /// None.
    package init() {}

    package var isEmpty: Bool { longest.isEmpty }

    /// The longest of them all.
    package var worst: LoopStall? { longest.max { $0.length < $1.length } }

    /// Takes note of one.
    mutating func add(_ stall: LoopStall) {
        longest.append(stall)
        cut()
    }

    /// Adds what other loops saw. What they saw at once is one stall, unless their time is another.
    mutating func merge(_ other: LoopStalls, onOneClock: Bool) {
        others &+= other.others
        for stall in other.longest { onOneClock ? join(stall) : longest.append(stall) }
        cut()
    }

    /// A stall that bridges several makes one of them all.
    private mutating func join(_ stall: LoopStall) {
        var whole = stall
        longest.removeAll { one in
            guard let joined = one.joined(with: whole) else { return false }
            whole = joined
            return true
        }
        longest.append(whole)
    }

    private mutating func cut() {
        if longest.count > Self.most {
            longest.sort { ($0.length, $1.at) > ($1.length, $0.at) }
            others &+= longest.count - Self.most
            longest.removeLast(longest.count - Self.most)
        }
        longest.sort { ($0.at, $0.length, $0.loops) < ($1.at, $1.length, $1.loops) }
    }
}
