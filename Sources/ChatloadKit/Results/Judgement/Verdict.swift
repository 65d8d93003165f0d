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

        private var place: Int {
            switch self {
            case .notJudged: 0
            case .valid: 1
            case .suspect: 2
            case .invalid: 3
            }
        }
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
    package var load: Load?
    /// Why it is not valid or the load not reached: the generator's own first, the worst first.
    package var findings: [VerdictFinding] = []
    /// Actual minus intended send, without what quotas held back and the time to connect.
    package var scheduleLag = Distribution()
    /// How late the event loops were.
    package var loopLag = Distribution()
    /// How long after their arrival responses were read.
    package var readLate = Distribution()
    /// Where the times of what was received come from; nil where nothing was, or it is not known.
    package var arrivalTimes: ArrivalSource?
    /// Complete responses whose times are those of their readings.
    package var unstampedResponses = 0
    /// Late readings that may have found several segments, so that a first byte's time is an upper
    /// bound.
    package var mergedReads = 0
    /// The figures that the generator's own lateness has changed.
    package var lateFigures: [LateFigure] = []
    package var stalls = LoopStalls()
    package var workers: [WorkerLoad] = []
    package var exhaustion = ResourceExhaustion()
    package var schedule: ScheduleFigures?

    /// A verdict on nothing.
    package init() {}

    /// The findings in words, each with its remedy.
    package var reasons: [String] { findings.map(\.text) }

    /// Those about the generator, or those about the load.
    package func reasons(on subject: VerdictFinding.Subject) -> [String] {
        findings.filter { $0.cause.subject == subject }.map(\.text)
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

extension Verdict {
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

    /// Writes everything, the findings also in words.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(generator, forKey: .generator)
        try container.encode(load, forKey: .load)
        try container.encode(reasons, forKey: .reasons)
        try container.encode(findings, forKey: .findings)
        try container.encode(scheduleLag, forKey: .scheduleLag)
        try container.encode(loopLag, forKey: .loopLag)
        try container.encode(readLate, forKey: .readLate)
        try container.encodeIfPresent(arrivalTimes, forKey: .arrivalTimes)
        try container.encode(unstampedResponses, forKey: .unstampedResponses)
        try container.encode(mergedReads, forKey: .mergedReads)
        try container.encode(lateFigures, forKey: .lateFigures)
        try container.encode(stalls, forKey: .stalls)
        try container.encode(workers, forKey: .workers)
        try container.encode(exhaustion, forKey: .exhaustion)
        try container.encodeIfPresent(schedule, forKey: .schedule)
    }

    /// Reads a summary's verdict; what an older version did not write yet keeps its default, and its
    /// reasons were words alone.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys, or other: Value) throws -> Value {
            try container.decodeIfPresent(Value.self, forKey: key) ?? other
        }
        self.init()
        generator = try container.decode(Grade.self, forKey: .generator)
        load = try container.decodeIfPresent(Load.self, forKey: .load)
        let words = try container.decode([String].self, forKey: .reasons)
        findings = try value(.findings, or: words.map { VerdictFinding(.untold, generator, $0) })
        scheduleLag = try container.decode(Distribution.self, forKey: .scheduleLag)
        loopLag = try container.decode(Distribution.self, forKey: .loopLag)
        readLate = try value(.readLate, or: readLate)
        arrivalTimes = try container.decodeIfPresent(ArrivalSource.self, forKey: .arrivalTimes)
        unstampedResponses = try value(.unstampedResponses, or: unstampedResponses)
        mergedReads = try value(.mergedReads, or: mergedReads)
        lateFigures = try value(.lateFigures, or: lateFigures)
        stalls = try value(.stalls, or: stalls)
        workers = try container.decode([WorkerLoad].self, forKey: .workers)
        exhaustion = try container.decode(ResourceExhaustion.self, forKey: .exhaustion)
        schedule = try container.decodeIfPresent(ScheduleFigures.self, forKey: .schedule)
    }
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
        /// Of a run folder that says it in words alone.
        case untold

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
            case .logAlone, .untold: ""
            case .sentLate:
                "begin more gently (--ramp-up), ask for less, or use a machine with more free cores"
            case .lateFigures:
                "run it again where nothing else takes the cores, or with fewer users or starts"
            case .loopsLate:
                "run it where nothing stops the process or takes the cores, or with more --workers"
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
