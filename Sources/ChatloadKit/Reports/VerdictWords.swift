import Base

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

extension Verdict.Load {
    /// What it means, as a sentence without its full stop.
    var sentence: String {
        switch self {
        case .reached: "Offered load reached"
        case .notReached:
            "Offered load not reached: the figures below are those of less than was asked for"
        }
    }
}

extension SLOResult {
    /// How it did, in a word.
    var word: String { isVoid ? "void" : passed ? "kept" : "FAILED" }
}

extension LoopStalls {
    /// All of them in words, the longest of each moment: `3, up to 150 ms: 150 ms at 8.02 s …`.
    var inWords: String {
        guard let worst else { return "none" }
        let count = Figures.count(longest.count &+ others)
        let times = longest.map(\.description).joined(separator: ", ")
        let more = others > 0 ? " and \(Figures.count(others)) shorter ones" : ""
        return "\(count), the longest \(Figures.duration(worst.length)): \(times)\(more)"
    }
}

extension [LateFigure] {
    /// Footnotes to a table, one for each line of it that has such figures.
    func notes(_ isOfTable: (LateFigure) -> Bool) -> [String] {
        var notes: [String] = []
        var rest = filter(isOfTable)[...]
        while let first = rest.first {
            let line = rest.prefix { ($0.scope, $0.step) == (first.scope, first.step) }
            rest = rest.dropFirst(line.count)
            let figures = line.map { figure in
                let without = Figures.duration(figure.without)
                let name = figure.statistic.replacing("_", with: ".")
                return "\(name) \(Figures.duration(figure.value)) (\(without))"
            }
            notes.append(
                "\(first.subject): \(Figures.count(first.samples)) were sent late by this machine; "
                    + "in brackets what it is without that: \(figures.joined(separator: ", "))")
        }
        let most = 10
        if notes.count <= most { return notes }
        return notes.prefix(most) + ["and \(notes.count - most) more lines, in summary.json"]
    }
}

extension [SLOResult] {
    /// How many were kept, as a title.
    var title: String {
        let voided = count(where: \.isVoid)
        if voided > 0 { return "SLOs: void (\(self[0].remark.dropFirst("void: ".count)))" }
        let failed = count { !$0.passed }
        return failed == 0 ? "SLOs: all \(count) kept" : "SLOs: \(failed) of \(count) not kept"
    }
}

extension Summary {
    /// That a run has failed, with the commonest cause; nil where something succeeded.
    var failureInWords: String? {
        if totals[.succeeded] > 0 { return nil }
        guard totals[.exchanges] > 0, let cause = errors.max(by: { $0.count < $1.count }) else {
            return "FAILED: not one exchange was made"
        }
        let count = totals[.exchanges]
        let all = count == 1 ? "the one exchange" : "all \(Figures.count(count)) exchanges"
        let example = cause.example.isEmpty ? "" : ": \(cause.example)"
        let share = cause.count < count ? "most often " : ""
        return "FAILED: \(all) failed, \(share)\(cause.errorClass) at \(run.target)\(example)"
    }
}
