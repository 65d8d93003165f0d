import Base
import ChatloadKit

extension SettingRoles {
    /// What the rows of the options that a run is described by say.
    static var ofOptions: SettingRoles {
        func names(_ role: ComparisonRole) -> Set<String> {
            let options = Command.run.options + Command.replay.options
            return Set(options.filter { $0.inComparison == role }.map(\.name))
        }
        return SettingRoles(incidental: names(.incidental), untold: names(.untold))
    }
}

/// Compare settings: the runs of two sides, and what counts as a change.
struct CompareSettings: OptionSubject, Sendable {
    /// The folders of BASE's runs; without `news` the second one is NEW's.
    var runs: [String] = []
    var news: [String] = []
    var limits: [ChangeLimit] = []
    var confidence = 0.0
    var margin = 0.0
    var seed: UInt64 = 0
    var showsAll = false
    var output: String?
    var process = ProcessOptions()

    static let rows: [OptionRow<Self>] = sideRows + seedRows

    static let sideRows: [OptionRow<Self>] = options(
        of: [.compare], .thisProcess,
        .positional(
            "run", "BASE NEW", .text, into: \.runs,
            "folders of two runs, or with --vs of one or more runs of BASE"),
        .list(
            ["vs"], "NEW…", .text, into: \.news, takesRest: true,
            "the runs that follow are NEW's, those before it BASE's: with several runs a side,"
                + " how much runs differ from one another counts"),
        .list(
            ["fail-on"], "LIMIT", .parsed(ChangeLimit.init(parsing:)), into: \.limits,
            "end with exit code 99 if a figure has changed by more, with evidence:"
                + " 'response.p99:+5%', 'step.refund.response.p95:+100ms', 'errors:+1pp',"
                + " 'turns_per_s:-5%'"),
        .value(
            ["confidence"], "SHARE", .confidence, into: \.confidence, default: "95%",
            "of the intervals, and of all verdicts together"),
        .value(
            ["margin"], "SHARE", .share, into: \.margin, default: "1%",
            "differences up to this share of BASE's value count as none"),
        .toggle(["all"], into: \.showsAll, "show every figure, also those without evidence"),
        .value(
            ["o", "output"], "DIR", .folder, into: \.output,
            "where compare.html, compare.json and compare.csv go; without it nothing is written"
        ))

    static let seedRows: [OptionRow<Self>] = options(
        of: [.compare], .thisProcess,
        .value(
            ["seed"], "N", .seed, into: \.seed, default: "1",
            "seed of the redraws behind the intervals"))

    /// The folders of both sides.
    ///
    /// - Throws: how to name them where it is not clear which is which.
    func sides() throws(Fault) -> (base: [String], new: [String]) {
        let example = "chatload compare BASE NEW, or chatload compare BASE… --vs NEW…"
        if news.isEmpty, runs.count == 2 { return ([runs[0]], [runs[1]]) }
        if !news.isEmpty, !runs.isEmpty { return (runs, news) }
        if runs.count > 2 {
            throw Fault(
                "\(runs.count) runs, and nothing says where NEW's begin", hint: example)
        }
        throw Fault("two sides are needed to compare", hint: example)
    }
}
