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
