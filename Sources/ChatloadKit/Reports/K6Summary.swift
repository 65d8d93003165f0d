/// A summary in the form that k6 hands to `handleSummary`, with our figures under k6's names where
/// it has one for the same, and under `chatload_…` where it has none.
struct K6Summary: Encodable {
    struct Metric: Encodable {
        var type: String
        var contains = "default"
        /// A figure with too few samples is left out.
        var values: [String: Double]
        /// Whether each was kept, under `ok`.
        var thresholds: [String: [String: Bool]]?
    }

    struct Group: Encodable {
        var name = ""
        var path = ""
        /// The MD5 of an empty path, as k6 has it.
        var id = "d41d8cd98f00b204e9800998ecf8427e"
        var groups: [String] = []
        var checks: [String] = []
    }

    struct Options: Encodable {
        var summaryTrendStats = [
            "avg", "min", "med", "max", "p(90)", "p(95)", "p(99)", "p(99.9)", "count",
        ]
        var summaryTimeUnit = "ms"
        var noColor = true
    }

    struct State: Encodable {
        var isStdOutTTY = false
        var isStdErrTTY = false
        var testRunDurationMs: Double
    }

    var rootGroup = Group()
    var options = Options()
    var state: State
    private(set) var metrics: [String: Metric] = [:]

    enum CodingKeys: String, CodingKey {
        case rootGroup = "root_group"
        case options, state, metrics
    }

    init(_ summary: Summary) {
        state = State(testRunDurationMs: summary.totals.durationSeconds * 1_000)
        addCounts(summary)
        addTimes(summary)
        if !summary.slo.isEmpty { addThresholds(summary.slo) }
    }

    private mutating func addCounts(_ summary: Summary) {
        let totals = summary.totals
        let seconds = totals.span.length
        func counter(
            _ count: Int, _ contains: String = "default", rate: Double? = nil
        ) -> Metric {
            let rate = rate ?? (seconds > 0 ? Double(count) / seconds : 0)
            return Metric(
                type: "counter", contains: contains, values: ["count": Double(count), "rate": rate])
        }
        for metric in CounterMetric.allCases {
            guard let name = metric.row.k6, let count = totals.counts[metric] else { continue }
            let rate = DerivedMetric.rates.first { $0.row.counter == metric }
            metrics[name] = counter(
                count, metric.row.unit == .bytes ? "data" : "default",
                rate: rate.flatMap { totals[$0] })
        }
        for metric in DerivedMetric.allCases {
            guard let name = metric.row.k6, let (part, whole) = totals.share(metric) else {
                continue
            }
            // Where nobody tells of a cache nobody knows that it has nothing.
            if metric.row.isOfTokens, whole == 0 { continue }
            metrics[name] = Self.rate(part, of: whole)
        }
        guard let schedule = summary.verdict.schedule else { return }
        metrics["dropped_iterations"] = counter(schedule.dropped + schedule.missed)
        let users = Double(schedule.maxUsers)
        metrics["vus_max"] = Metric(
            type: "gauge", values: ["value": users, "min": users, "max": users])
    }

    private mutating func addTimes(_ summary: Summary) {
        for metric in DistributionMetric.allCases {
            let figures = summary.figures(of: metric)
            if metric.row.isOptional, figures.count == 0 { continue }
            let contains = metric.row.unit == .milliseconds ? "time" : "default"
            for name in metric.row.k6 { add(name, figures, contains) }
            guard metric.row.k6OfSteps, let name = metric.row.k6.first else { continue }
            for (step, figures) in summary.steps {
                add("\(name){name:\(step)}", figures.latency[metric])
            }
        }
    }

    private mutating func add(
        _ name: String, _ figures: Distribution, _ contains: String = "time"
    ) {
        let values: [String: Double?] = [
            "avg": figures.mean, "min": figures.min, "med": figures.p50, "max": figures.max,
            "p(90)": figures.p90, "p(95)": figures.p95, "p(99)": figures.p99,
            "p(99.9)": figures.p99_9, "count": Double(figures.count),
        ]
        metrics[name] = Metric(
            type: "trend", contains: contains, values: values.compactMapValues(\.self))
    }

    private mutating func addThresholds(_ results: [SLOResult]) {
        var metric = Self.rate(results.count(where: \.passed), of: results.count)
        metric.thresholds = results.reduce(into: [:]) { $0[$1.expression] = ["ok": $1.passed] }
        metrics["chatload_slo"] = metric
    }

    /// `passes` counts those of which it is true, for failures as well, as in k6.
    private static func rate(_ part: Int, of whole: Int) -> Metric {
        let share = whole > 0 ? Double(part) / Double(whole) : 0
        return Metric(
            type: "rate",
            values: ["rate": share, "passes": Double(part), "fails": Double(whole - part)])
    }
}
