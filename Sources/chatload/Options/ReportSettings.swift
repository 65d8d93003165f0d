import ChatloadKit

/// What `report` was asked for.
struct ReportSettings: Sendable {
    /// The folders of the runs, of which one report is made.
    var runs: [String] = []
    var output: String?
    var format = OutputFormat.text
    var slos: [Threshold] = []
    var goodput: GoodputLimits?
    /// The paths of the files on demand, by their exporters' names.
    var exports: [String: String] = [:]
    var config: String?

    var objectives: Objectives { Objectives(thresholds: slos, goodput: goodput) }
}

extension ReportSettings {
    /// The options of `report`.
    static let options: [OptionRow<ReportSettings>] =
        [
            .positional(
                "run", "RUN…", .text, into: \.runs, "folders of runs; several become one report"),
            .value(
                ["o", "output"], "DIR", .folder, into: \.output, default: "(the run's own folder)",
                "where the reports go"),
            .value(
                ["format"], "F", .choice("format"), into: \.format, default: "text",
                "what stdout gets: text or json"),
            .list(
                ["slo"], "LIMIT", .threshold, into: \.slos,
                "a limit to judge by, such as 'response.p99<800ms', instead of the run's own"),
            .value(
                ["goodput"], "LIMITS", .goodput, into: \.goodput,
                "when a turn is a good one, such as response:800ms,ttfb:200, instead of the run's own"
            ),
        ]
        + Exporter.onDemand.map {
            .value([$0.name], "FILE", .text, into: \.exports[$0.name], $0.help ?? "")
        } + [
            .value(
                ["f", "config"], "FILE", .text, into: \.config,
                "JSON file with options, the keys being their long names")
        ]
}
