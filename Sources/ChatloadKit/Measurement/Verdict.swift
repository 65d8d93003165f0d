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
    package var findings: [Finding] = []
    /// Actual minus intended send, without what quotas held back and the time to connect.
    package var scheduleLag = Distribution()
    /// How late the event loops were.
    package var loopLag = Distribution()
    /// The figures that the generator's own lateness has changed.
    package var lateFigures: [LateFigure] = []
    package var stalls = LoopStalls()
    package var workers: [WorkerLoad] = []
    package var exhaustion = Exhaustion()
    package var schedule: ScheduleFigures?

    /// A verdict on nothing.
    package init() {}

    /// The findings in words, each with its remedy.
    package var reasons: [String] { findings.map(\.text) }

    /// Those about the generator, or those about the load.
    package func reasons(on subject: Finding.Subject) -> [String] {
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
        try container.encode(lateFigures, forKey: .lateFigures)
        try container.encode(stalls, forKey: .stalls)
        try container.encode(workers, forKey: .workers)
        try container.encode(exhaustion, forKey: .exhaustion)
        try container.encodeIfPresent(schedule, forKey: .schedule)
    }

    /// Reads also what was written before loads were judged, whose reasons were words alone.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        generator = try container.decode(Grade.self, forKey: .generator)
        load = try container.decodeIfPresent(Load.self, forKey: .load)
        let words = try container.decode([String].self, forKey: .reasons)
        findings =
            try container.decodeIfPresent([Finding].self, forKey: .findings)
            ?? words.map { Finding(.untold, generator, $0) }
        scheduleLag = try container.decode(Distribution.self, forKey: .scheduleLag)
        loopLag = try container.decode(Distribution.self, forKey: .loopLag)
        lateFigures =
            try container.decodeIfPresent([LateFigure].self, forKey: .lateFigures) ?? []
        stalls = try container.decodeIfPresent(LoopStalls.self, forKey: .stalls) ?? LoopStalls()
        workers = try container.decode([WorkerLoad].self, forKey: .workers)
        exhaustion = try container.decode(Exhaustion.self, forKey: .exhaustion)
        schedule = try container.decodeIfPresent(ScheduleFigures.self, forKey: .schedule)
    }
}
