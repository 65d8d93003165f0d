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
    package var exhaustion = Exhaustion()
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
