/// Whether the generator kept its own schedule, so that the figures are the service's.
package struct Verdict: Codable, Equatable, Sendable {
    package enum Grade: String, Codable, Sendable, Comparable {
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

    package var generator = Grade.notJudged
    /// Why it is not valid, the worst first, a clause with its figure each.
    package var reasons: [String] = []
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
    package var workers: [WorkerLoad] = []
    package var exhaustion = Exhaustion()
    package var schedule: ScheduleFigures?

    enum CodingKeys: String, CodingKey {
        case generator, reasons
        case scheduleLag = "schedule_lag_ms"
        case loopLag = "loop_lag_ms"
        case readLate = "read_late_ms"
        case arrivalTimes = "arrival_times"
        case unstampedResponses = "unstamped_responses"
        case mergedReads = "merged_reads"
        case workers, exhaustion, schedule
    }

    /// What must come first in every report; nothing unless the run is invalid.
    var alarms: [String] {
        if generator != .invalid { return [] }
        return ["the run is invalid, its figures are not the service's: \(reasons.first ?? "")"]
    }

    /// The greatest share of a core that a worker used; nil where none told.
    package var greatestLoad: Double? { workers.map(\.share).max() }
}
