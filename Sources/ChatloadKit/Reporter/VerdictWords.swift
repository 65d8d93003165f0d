extension Verdict.Grade {
    /// What the grade means for whoever reads the figures, in a clause.
    var meaning: String {
        switch self {
        case .notJudged: "too little was sent to judge by"
        case .valid: "it kept its own schedule"
        case .suspect: "the figures hold some of its own time"
        case .invalid: "the figures below are not the service's"
        }
    }
}

extension [SLOResult] {
    /// How many were kept, as a title.
    var title: String {
        let failed = count { !$0.passed }
        return failed == 0 ? "SLOs: all \(count) kept" : "SLOs: \(failed) of \(count) not kept"
    }
}
