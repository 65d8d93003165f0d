import Base
import ChatloadKit
import Networking

/// Objective options: what a run is to keep.
struct ObjectiveOptions: OptionSubject, Sendable {
    /// The figure whose limit decides how much load is too much.
    var capacity: Threshold?
    var slos: [Threshold] = []
    var goodput: GoodputLimits?
    var abortsOnSLO = false
    /// What a run is to know before it ends.
    var precision: [PrecisionGoal] = []
    var requiresPrecision = false

    static let rows: [OptionRow<Self>] = searchRows + limitRows

    static let searchRows: [OptionRow<Self>] = options(
        of: .loading, .howItRuns,
        .value(
            ["find-capacity"], "LIMIT", .parsed(Threshold.init(parsing:)), into: \.capacity,
            "run level after level, twice the users (or the rate) each time and then in"
                + " between, for the highest that keeps a limit such as 'response.p99<800ms'"
                + " or 'errors<1%'"))

    static let limitRows: [OptionRow<Self>] = options(
        of: .measuring, .howItRuns, as: .incidental,
        .list(
            ["slo"], "LIMIT", .parsed(Threshold.init(parsing:)), into: \.slos,
            "a limit the run is to keep, or exit with 99: 'response.p99<800ms', 'errors<1%',"
                + " 'step.NAME.reply.p95<2s', 'turns_per_s>200', 'goodput>95%'; with"
                + " ' over 30s' in every window of 30 seconds"),
        .list(
            ["until"], "GOAL", .parsed(PrecisionGoal.init(parsing:)), into: \.precision,
            "end as soon as a figure is known this well and does not drift: 'response.p99"
                + " ±5%', 'ttft.p50 ±20ms', 'turns_per_s ±2%'; -d is then the longest it"
                + " may take, ten minutes where it is not given"
        )
        .of([.run], .howItRuns, as: .incidental),
        .toggle(
            ["until-required"], into: \.requiresPrecision,
            "exit with 99 where the run ended before all that --until names was known"
        )
        .of([.run], .howItRuns, as: .incidental),
        .toggle(
            ["abort-on-slo"], into: \.abortsOnSLO,
            "end the run as soon as an SLO is not kept, with enough samples to tell"),
        .value(
            ["goodput"], "LIMITS", .goodput, into: \.goodput,
            "when a turn is a good one: response:800ms,ttfb:200,e2e:5000, of streamed replies"
                + " ttft:300,tpot:50; a bare number is in milliseconds"))

    /// The thresholds, that of a search for the capacity first, and the limits of the goodput.
    func objectives() throws(Fault) -> Objectives {
        var objectives = Objectives(thresholds: thresholds, goodput: goodput)
        (objectives.precision, objectives.requiresPrecision) = (precision, requiresPrecision)
        if requiresPrecision, precision.isEmpty {
            throw Fault(
                "there is nothing to be known", at: .flag("--until-required"),
                hint: "say what, and how well: --until 'response.p99 ±5%'")
        }
        if !precision.isEmpty, capacity != nil {
            throw Fault(
                "does not go with --find-capacity", at: .flag("--until"),
                hint: "a search runs each level until its limit can be judged")
        }
        if abortsOnSLO, objectives.thresholds.isEmpty {
            throw Fault(
                "there is no SLO to abort on", at: .flag("--abort-on-slo"),
                hint: "say what is to be kept: --slo 'errors<5%'")
        }
        let flag = capacity?.needsGoodput == true ? "--find-capacity" : "--slo"
        try Fault.at(.flag(flag)) { () throws(Fault) in try objectives.requireGoodput() }
        if goodput == nil, let goal = precision.first(where: \.needsGoodput) {
            throw Fault(
                "\(goal) needs --goodput", at: .flag("--until"),
                hint: "say when a turn is good: --goodput response:800ms,ttfb:200")
        }
        return objectives
    }

    /// Refuses thresholds on steps that neither a script of a workload has nor the service.
    func check(
        stepsOf census: WorkloadStats, of service: ServiceDescription
    ) throws(Fault) {
        let known = census.stepNames + Services.stepNames + service.steps.map(\.name)
        let named =
            thresholds.map { ($0 == capacity ? "--find-capacity" : "--slo", $0.step) }
            + precision.map { ("--until", $0.step) }
        for (flag, step) in named {
            guard let step, !known.contains(step) else { continue }
            throw Fault(
                "no turn has the name \(Printable.quoted(step))", at: .flag(flag),
                hint: nearestHint(for: step, among: known)
                    ?? "a step is a turn's \"name\", or say, poll, login …")
        }
    }

    private var thresholds: [Threshold] { (capacity.map { [$0] } ?? []) + slos }
}

/// Output options: what a run writes and serves.
struct OutputOptions: OptionSubject, Sendable {
    /// Where metrics are served while the run lasts.
    var metricsAddress: SocketAddress?
    var folder: String?
    var log = LogMode.all
    var keepsReplies = false
    var labels = Keyed<String>()
    /// Files in the forms of other tools.
    var exports = ExportSettings()

    static let rows: [OptionRow<Self>] = placeRows + keptRows

    static let placeRows: [OptionRow<Self>] = options(
        of: .measuring, .thisProcess, as: .untold,
        .value(
            ["metrics-listen"], "HOST:PORT", .listenAddress, into: \.metricsAddress,
            "serve the figures of the run under way as OpenMetrics at /metrics; without a host"
                + " on this machine only, and port 0 takes a free one"),
        .value(
            ["o", "output"], "DIR", .folder, into: \.folder,
            default: "(reports/<UTC time>-<workload>)", "folder of the run's reports"))

    static let keptRows: [OptionRow<Self>] = options(
        of: .measuring, .output, as: .incidental,
        .value(
            ["log"], "WHICH", .choice("choice"), into: \.log, default: "all",
            "exchanges to log: all, errors or none"),
        .toggle(
            ["transcript"], into: \.keepsReplies,
            "keep the replies, in transcript.jsonl beside the reports"
        )
        .of(.loading, .output, as: .incidental),
        .keyed(
            ["label"], "K=V", .setting, into: \.labels, "a label for the reports"
        )
        .of(.measuring, .howItRuns, as: .untold))

    /// Refuses files that cannot be made of the run.
    func check(isSearch: Bool) throws(Fault) {
        for exporter in Exporter.onDemand where exports.paths[exporter.name] != nil {
            let flag = "--\(exporter.name)"
            if isSearch {
                throw Fault(
                    "a search makes a run for each of its levels, and this is one file",
                    at: .flag(flag),
                    hint: "make it of the level you want: chatload report FOLDER \(flag) FILE")
            }
            if exporter.needsLog, log == .none {
                throw Fault(
                    "the results are made of the log, and there is none", at: .flag(flag),
                    hint: "leave out --log none")
            }
        }
    }
}

/// Process options: how this process does its work and what it says.
struct ProcessOptions: OptionSubject, Sendable {
    /// Whether stdout gets JSON instead of text.
    var isJSON = false
    /// Event loops; nil for one a core.
    var workers: Int?
    /// Read before all others.
    var config: String?
    var isQuiet = false
    var hidesProgress = false

    /// The name of the option that names a file of options.
    static let configName = "config"

    static let rows: [OptionRow<Self>] = formatRows + workerRows + messageRows

    static let formatRows: [OptionRow<Self>] = options(
        of: .playing.union([.report, .compare]), .thisProcess, as: .untold,
        .value(
            ["format"], "F", .choice("format", of: [("text", false), ("json", true)]),
            into: \.isJSON, default: "text",
            "what stdout gets: text or json"))

    static let workerRows: [OptionRow<Self>] = options(
        of: .measuring, .howItRuns, as: .untold,
        .value(
            ["workers"], "N", .count(1...1_024), into: \.workers, default: "(one per core)",
            "event loops to spread the users over"))

    static let messageRows: [OptionRow<Self>] = options(
        of: .playing.union([.import, .report, .compare, .serve]), .thisProcess, as: .untold,
        .value(
            ["f", configName], "FILE", .text, into: \.config,
            "JSON file with options, the keys being their long names"),
        .toggle(
            ["q", "quiet"], into: \.isQuiet, "no progress, no messages but errors"
        )
        .meaning("no progress, no summary", in: .import)
        .meaning("no messages but errors", in: .serve)
        .of(.measuring.union([.import, .serve]), .thisProcess, as: .untold),
        .toggle(
            ["no-progress"], into: \.hidesProgress, "no progress line"
        )
        .of(.measuring.union([.import]), .thisProcess, as: .untold))

    /// Whether lines that are drawn over again are wanted and can be seen.
    func showsProgress(in surroundings: ProcessEnvironment) -> Bool {
        !isQuiet && !hidesProgress && Terminal.messages.isInteractive(surroundings.environment)
    }
}

/// Export settings: files in the forms of other tools, besides those of a run's folder.
struct ExportSettings: OptionSubject, Sendable {
    /// The files' paths, by their exporters' names.
    var paths: [String: String] = [:]

    static let rows: [OptionRow<Self>] = Exporter.onDemand.map {
        .value([$0.name], "FILE", .text, into: \.paths[$0.name], $0.help ?? "")
            .of(.measuring.union([.report]), .thisProcess, as: .untold)
    }
}

/// Report settings: which runs, by which objectives, and where to.
struct ReportSettings: OptionSubject, Sendable {
    /// The folders of the runs, of which one report is made.
    var runs: [String] = []
    var output: String?
    var slos: [Threshold] = []
    var goodput: GoodputLimits?
    var exports = ExportSettings()
    var process = ProcessOptions()

    static let rows: [OptionRow<Self>] = folderRows + limitRows

    static let folderRows: [OptionRow<Self>] = options(
        of: [.report], .thisProcess,
        .positional(
            "run", "RUN…", .text, into: \.runs,
            "folders of runs; several become one report"),
        .value(
            ["o", "output"], "DIR", .folder, into: \.output,
            default: "(the run's own folder)", "where the reports go"))

    static let limitRows: [OptionRow<Self>] = options(
        of: [.report], .thisProcess,
        .list(
            ["slo"], "LIMIT", .parsed(Threshold.init(parsing:)), into: \.slos,
            "a limit to judge by, such as 'response.p99<800ms', instead of the run's own"),
        .value(
            ["goodput"], "LIMITS", .goodput, into: \.goodput,
            "when a turn is a good one, such as response:800ms,ttfb:200, instead of the run's"
                + " own"))

    var objectives: Objectives { Objectives(thresholds: slos, goodput: goodput) }
}

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
