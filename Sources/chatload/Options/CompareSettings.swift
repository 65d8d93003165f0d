import Base
import ChatloadKit

/// What `compare` was asked for.
struct CompareSettings: Sendable {
    /// The folders of BASE's runs; without `news` the second one is NEW's.
    var runs: [String] = []
    var news: [String] = []
    var limits: [ChangeLimit] = []
    var confidence = 0.0
    var margin = 0.0
    var seed: UInt64 = 0
    var showsAll = false
    var output: String?
    var format = OutputFormat.text
    var config: String?

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

extension CompareSettings {
    /// The options of `compare`.
    static let options: [OptionRow<CompareSettings>] = [
        .positional(
            "run", "BASE NEW", .text, into: \.runs,
            "folders of two runs, or with --vs of one or more runs of BASE"),
        .rest(
            ["vs"], "NEW…", .text, into: \.news,
            "the runs that follow are NEW's, those before it BASE's: with several runs a side, how"
                + " much runs differ from one another counts"),
        .list(
            ["fail-on"], "LIMIT", .changeLimit, into: \.limits,
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
            "where compare.html, compare.json and compare.csv go; without it nothing is written"),
        .value(
            ["format"], "F", .choice("format"), into: \.format, default: "text",
            "what stdout gets: text or json"),
        .value(
            ["seed"], "N", .seed, into: \.seed, default: "1",
            "seed of the redraws behind the intervals"),
        .value(
            ["f", "config"], "FILE", .text, into: \.config,
            "JSON file with options, the keys being their long names"),
    ]
}

extension Reader where Value == ChangeLimit {
    /// A limit on how a figure may change.
    static var changeLimit: Reader {
        Reader { (text) throws(Fault) in
            do throws(Fault) {
                return try ChangeLimit(parsing: text)
            } catch {
                throw error.about(Printable.quoted(text))
            }
        }
    }
}

extension Reader where Value == Double {
    /// How sure one wants to be.
    fileprivate static var confidence: Reader {
        Reader { (text) throws(Fault) in
            let share = try Reader.share.read(text)
            if (0.5...0.9999).contains(share) { return share }
            throw Fault(
                "\(Printable.quoted(text)) is no usable confidence",
                hint: "it must be between 50% and 99.99%; 95% and 99% are usual")
        }
    }
}
