/// What `report` was asked for.
struct ReportSettings: Sendable {
    /// The folders of the runs, of which one report is made.
    var runs: [String] = []
    var output: String?
    var format = OutputFormat.text
    var config: String?
}

extension ReportSettings {
    /// The options of `report`.
    static let options: [OptionRow<ReportSettings>] = [
        .positional(
            "run", "RUN…", .text, into: \.runs, "folders of runs; several become one report"),
        .value(
            ["o", "output"], "DIR", .text, into: \.output, default: "(the run's own folder)",
            "where the reports go"),
        .value(
            ["format"], "F", .choice("format"), into: \.format, default: "text",
            "what stdout gets: text or json"),
        .value(
            ["f", "config"], "FILE", .text, into: \.config,
            "JSON file with options, the keys being their long names"),
    ]
}
