package import Base
import Networking

/// A run under way as Prometheus and everything else that reads OpenMetrics takes it.
package struct OpenMetrics: Sendable {
    /// The figures so far.
    package var figures: Aggregator
    package var run: RunDescription
    /// Simulated users in a conversation.
    package var users = 0
    package var quotas: [QuotaResult] = []
    /// Credentials by state.
    package var credentials: [(state: String, count: Int)] = []
    /// Since the run's start.
    package var elapsed = Nanoseconds.zero

    /// The state of `run` with these figures, everything else to be filled in.
    package init(_ figures: Aggregator, of run: RunDescription) {
        self.figures = figures
        self.run = run
    }

    /// The two forms.
    package enum Form: CaseIterable, Sendable {
        /// OpenMetrics 1.0.
        case openMetrics
        /// Prometheus's older text format, 0.0.4, which `promtool check metrics` reads.
        case prometheus

        /// The form that a request's `Accept`, in lower case, asks for.
        package init(accept: String) {
            self = accept.contains("application/openmetrics-text") ? .openMetrics : .prometheus
        }

        /// The media type.
        package var type: String {
            switch self {
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            }
        }
    }

    /// Everything in one of the forms.
    package func text(_ form: Form) -> String {
        var page = MetricsPage(form: form)
        addRun(to: &page)
        let whole = figures.merged
        let all = whole.all
        let steps = whole.steps.enumerated().filter { $1[.exchanges] > 0 }.map { index, tally in
            (name: figures.steps[StepID(index: index)], tally: tally)
        }.sorted { $0.name < $1.name }
        addExchanges(steps, to: &page)
        addLatencies(steps, to: &page)
        addConversations(all, to: &page)
        addGenerator(all, to: &page)
        addLimits(to: &page)
        return page.end()
    }

    private func addRun(to page: inout MetricsPage) {
        page.begin("chatload_run", .info, "The run under way.")
        page.add(
            [
                ("run", run.name), ("service", run.service), ("seed", "\(run.seed)"),
                ("version", run.versions["chatload"] ?? ""),
            ], 1)
        page.add("chatload_elapsed_seconds", .gauge, "Time since the run's start.", elapsed.seconds)
        page.add("chatload_users", .gauge, "Simulated users in a conversation.", Double(users))
        page.add(
            "chatload_warmup_exchanges", .counter, "Exchanges of the warm-up, in no other figure.",
            Double(figures.warmup.exchanges))
    }

    private func addExchanges(
        _ steps: [(name: String, tally: Tally)], to page: inout MetricsPage
    ) {
        page.begin("chatload_exchanges", .counter, "Exchanges by step and how they ended.")
        for step in steps {
            page.add([("step", step.name), ("outcome", "ok")], Double(step.tally[.succeeded]))
        }
        for (step, outcome, count) in failures {
            page.add([("step", step), ("outcome", outcome)], Double(count))
        }
        for counter in CounterMetric.ofSteps {
            guard let name = counter.row.openMetrics else { continue }
            page.begin("chatload_\(name)", .counter, counter.row.help)
            for step in steps { page.add([("step", step.name)], Double(step.tally[counter])) }
        }
    }

    /// By step and error class, whatever their status.
    private var failures: [(step: String, outcome: String, count: Int)] {
        var counts: [String: [String: Int]] = [:]
        for (key, entry) in figures.errors.entries {
            counts[key.step, default: [:]][key.errorClass.rawValue, default: 0] += entry.count
        }
        return counts.sorted { $0.key < $1.key }.flatMap { step, classes in
            classes.sorted { $0.key < $1.key }.map { (step, $0.key, $0.value) }
        }
    }

    private func addLatencies(
        _ steps: [(name: String, tally: Tally)], to page: inout MetricsPage
    ) {
        for metric in DistributionMetric.ofStepsByPopulation {
            let isSeen = steps.contains { $0.tally[metric].count > 0 }
            if metric.row.isOptional, !isSeen { continue }
            page.begin(metric.openMetrics, .histogram, metric.row.help)
            for step in steps where step.tally[metric].count > 0 {
                page.add([("step", step.name)], step.tally[metric])
            }
        }
    }

    private func addConversations(_ all: Tally, to page: inout MetricsPage) {
        page.begin(
            "chatload_conversations", .counter, "Conversations that ended, by how they did.")
        for (outcome, counter) in [
            ("completed", CounterMetric.conversationsCompleted), ("failed", .conversationsFailed),
            ("aborted", .conversationsAborted),
        ] {
            page.add([("outcome", outcome)], Double(all[counter]))
        }
        page.add(.conversation, all[.conversation])
        let hasGoodput = figures.objectives.objectives.goodput != nil
        let counters = CounterMetric.allCases.filter { $0.row.level != .steps }
        for counter in counters.filter({ !$0.row.needsGoodput })
            + counters.filter({ $0.row.needsGoodput && hasGoodput })
        {
            guard let name = counter.row.openMetrics else { continue }
            page.add("chatload_\(name)", .counter, counter.row.help, Double(all[counter]))
        }
    }

    private func addGenerator(_ all: Tally, to page: inout MetricsPage) {
        addVerdict(to: &page)
        page.add(.scheduleLag, all[.scheduleLag])
        page.add(.readLate, figures.generator.readLate)
        page.add(
            "chatload_unstamped_responses", .counter,
            "Responses without the kernel's arrival time.",
            Double(figures.generator.unstampedResponses))
        page.add(
            "chatload_merged_reads", .counter, "Late readings of several segments at once.",
            Double(figures.generator.mergedReads))
    }

    /// What the end would say if it were now.
    private func addVerdict(to page: inout MetricsPage) {
        let verdict = figures.verdict
        page.begin("chatload_generator", .gauge, "The verdict on the generator so far.")
        for grade in Verdict.Grade.allCases {
            page.add([("grade", grade.rawValue)], grade == verdict.generator ? 1 : 0)
        }
        if let load = verdict.load {
            page.add(
                "chatload_load_reached", .gauge, "Whether the offered load is reached so far.",
                load == .reached ? 1 : 0)
        }
        if let schedule = verdict.schedule {
            page.add(
                "chatload_starts_dropped", .counter, "Starts that found all users busy.",
                Double(schedule.dropped))
        }
        let stalls = verdict.stalls
        page.add(
            "chatload_stalls", .counter, "How often the event loops stood still.",
            Double(stalls.longest.count &+ stalls.others))
    }

    private func addLimits(to page: inout MetricsPage) {
        let results = figures.results
        if !results.isEmpty {
            page.begin("chatload_slo_kept", .gauge, "Whether an SLO is kept so far.")
            for result in results where result.isKept != nil {
                page.add([("slo", result.expression)], result.passed ? 1 : 0)
            }
        }
        let used: [(String, MetricsPage.Kind, String, (QuotaResult) -> Double)] = [
            ("chatload_quota_used", .counter, "Counted against a quota.", { Double($0.used) }),
            ("chatload_quota_limit", .gauge, "A quota's amount.", { Double($0.limit) }),
            (
                "chatload_quota_throttled_seconds", .counter,
                "How long a quota held exchanges back.",
                \.throttledSeconds
            ),
        ]
        for (name, kind, help, value) in used where !quotas.isEmpty {
            page.begin(name, kind, help)
            for quota in quotas { page.add([("quota", quota.expression)], value(quota)) }
        }
        if !credentials.isEmpty {
            page.begin("chatload_credentials", .gauge, "Credentials by their state.")
            for (state, count) in credentials { page.add([("state", state)], Double(count)) }
        }
    }
}

extension DistributionMetric {
    /// Those of steps: first of the successes, then of the failures, then of both.
    static let ofStepsByPopulation = [DistributionRow.Population.successes, .failures, .all].flatMap
    {
        population in ofSteps.filter { $0.row.population == population }
    }

    /// Its name in OpenMetrics, which has times in seconds.
    fileprivate var openMetrics: String {
        "chatload_\(row.name)" + (row.unit == .milliseconds ? "_seconds" : "")
    }
}

/// The text of metrics, line by line, in one of the two forms.
struct MetricsPage {
    enum Kind: String {
        case counter, gauge, histogram, info
    }

    /// The upper bounds of the buckets, in seconds.
    static let bounds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    private let form: OpenMetrics.Form
    private var text = ""
    private var name = ""

    init(form: OpenMetrics.Form) { self.form = form }

    /// Begins a metric; counters are named without `_total`, infos without `_info`.
    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        let suffix =
            switch kind {
            case .counter: "_total"
            case .info: "_info"
            case .gauge, .histogram: ""
            }
        self.name = name + suffix
        switch form {
        case .openMetrics:
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
            for unit in ["seconds", "bytes"] where name.hasSuffix("_" + unit) {
                text += "# UNIT \(name) \(unit)\n"
            }
        case .prometheus:
            let type = kind == .info ? .gauge : kind
            text += "# HELP \(self.name) \(help)\n# TYPE \(self.name) \(type.rawValue)\n"
        }
    }

    /// Adds a metric with one value.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        begin(name, kind, help)
        add([], value)
    }

    /// Adds a metric with one histogram.
    mutating func add(_ metric: DistributionMetric, _ histogram: Histogram) {
        begin(metric.openMetrics, .histogram, metric.row.help)
        add([], histogram)
    }

    /// Adds a value of the metric.
    mutating func add(_ labels: [(String, String)], _ value: Double) {
        text += name + Self.text(labels) + " " + Self.number(value) + "\n"
    }

    /// Adds a histogram of the metric.
    mutating func add(_ labels: [(String, String)], _ histogram: Histogram) {
        let counts = histogram.counts(between: Self.bounds.map { UInt64($0 * 1e9) + 1 })
        var sum = 0
        for (bound, count) in zip(Self.bounds.map { "\($0)" } + ["+Inf"], counts) {
            sum += count
            text += "\(name)_bucket\(Self.text(labels + [("le", bound)])) \(sum)\n"
        }
        let seconds = histogram.total.seconds
        text += "\(name)_count\(Self.text(labels)) \(histogram.count)\n"
        text += "\(name)_sum\(Self.text(labels)) \(seconds)\n"
    }

    /// All of it.
    func end() -> String {
        switch form {
        case .openMetrics: text + "# EOF\n"
        case .prometheus: text
        }
    }

    private static func text(_ labels: [(String, String)]) -> String {
        if labels.isEmpty { return "" }
        return "{" + labels.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func number(_ value: Double) -> String {
        if let whole = Int(exactly: value) { return "\(whole)" }
        return "\(value)"
    }
}
