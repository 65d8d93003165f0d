import ChatloadKit

/// What the process tells its caller (k6's numbers where k6 has one).
enum ExitCode: Int32, Sendable, CaseIterable {
    case ok = 0
    /// Not one exchange succeeded.
    case nothingSucceeded = 1
    /// An SLO failed.
    case sloFailed = 99
    /// A bad flag, config or workload; nothing was sent.
    case unusable = 104
    /// Interrupted; the reports were written.
    case interrupted = 105
    case internalError = 107
    /// The generator could not keep its schedule, so the figures are not the service's; or the
    /// offered load was not reached, so that they are those of another one.
    case runInvalid = 110

    /// What it says, in half a line.
    var meaning: String {
        switch self {
        case .ok: "ok"
        case .nothingSucceeded: "not one exchange succeeded"
        case .sloFailed: "an SLO failed"
        case .unusable: "bad flag, config or workload, nothing was sent"
        case .interrupted: "interrupted, reports were written"
        case .internalError: "internal error"
        case .runInvalid: "the generator could not keep its schedule, or the load was not reached"
        }
    }

    /// How a run that is whole ends: whether anything succeeded comes first, then whether its figures
    /// are the service's under the load that was asked for, and only then what they are.
    init(of summary: Summary) {
        if summary.totals[.succeeded] == 0 {
            self = .nothingSucceeded
        } else if summary.verdict.voidance != nil {
            self = .runInvalid
        } else {
            let areKept = summary.slo.allSatisfy(\.passed) && summary.run.brokenSLO == nil
            self = areKept ? .ok : .sloFailed
        }
    }
}
