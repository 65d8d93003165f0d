extension Summary {
    /// That a run has failed, with the commonest cause; nil where something succeeded.
    var failureInWords: String? {
        if totals.succeeded > 0 { return nil }
        guard totals.exchanges > 0, let cause = errors.max(by: { $0.count < $1.count }) else {
            return "FAILED: not one exchange was made"
        }
        let count = totals.exchanges
        let all = count == 1 ? "the one exchange" : "all \(Figures.count(count)) exchanges"
        let example = cause.example.isEmpty ? "" : ": \(cause.example)"
        let share = cause.count < count ? "most often " : ""
        return "FAILED: \(all) failed, \(share)\(cause.errorClass) at \(run.target)\(example)"
    }
}
