/// `summary.csv`: every figure of the summary in a row of its own; a figure that does not exist is
/// an empty cell.
enum SummaryCSV {
    static let columns = ["metric", "step", "statistic", "value", "unit"]

    static func text(_ summary: Summary) -> String {
        var table = CSVTable(columns: columns)
        add(summary.verdict, to: &table)
        for result in summary.slo { add(result, to: &table) }
        table.add(["run", "", "partial", summary.isPartial ? "1" : "0", ""])
        add(summary.totals, to: &table)
        let latencies = summary.latency.metrics + [("conversation", summary.conversations)]
        for (metric, figures) in latencies { add(figures, metric: metric, step: "", to: &table) }
        add(summary.lateness.starts, metric: "lateness_starts", step: "", to: &table)
        add(summary.lateness.turns, metric: "lateness_turns", step: "", to: &table)
        add(summary.steady.totals, prefix: "steady_", to: &table)
        let steady =
            summary.steady.latency.metrics + [("conversation", summary.steady.conversations)]
        for (metric, figures) in steady {
            add(figures, metric: "steady_\(metric)", step: "", to: &table)
        }
        for (name, step) in summary.steps.sorted(by: { $0.key < $1.key }) {
            addCounts(of: step, name: name, to: &table)
            for (metric, figures) in step.latency.metrics {
                add(figures, metric: metric, step: name, to: &table)
            }
        }
        for credential in summary.credentials { add(credential, to: &table) }
        for quota in summary.quotas { add(quota, to: &table) }
        add(summary.drift, to: &table)
        return table.text
    }

    private static func add(
        _ totals: Totals, prefix: String = "", to table: inout CSVTable
    ) {
        let talks = totals.conversations
        let rows: [(String, String, Double?, String)] = [
            ("conversations", "started", Double(talks.started), ""),
            ("conversations", "completed", Double(talks.completed), ""),
            ("conversations", "failed", Double(talks.failed), ""),
            ("conversations", "aborted", Double(talks.aborted), ""),
            ("turns", "total", Double(totals.turns), ""),
            ("turns", "good", totals.goodTurns.map { Double($0) }, ""),
            ("turns", "goodput", totals.goodput, "share"),
            ("exchanges", "total", Double(totals.exchanges), ""),
            ("exchanges", "succeeded", Double(totals.succeeded), ""),
            ("exchanges", "failed", Double(totals.failed), ""),
            ("exchanges", "rejected", Double(totals.rejected), ""),
            ("exchanges", "retries", Double(totals.retries), ""),
            ("exchanges", "interim_responses", totals.interimResponses.map { Double($0) }, ""),
            ("exchanges", "saved", Double(totals.saved), ""),
            ("exchanges", "throttled", Double(totals.throttled), ""),
            ("exchanges", "throttled_time", totals.throttledSeconds, "s"),
            ("exchanges", "rate", totals.exchangesPerSecond, "1/s"),
            ("exchanges", "success_rate", totals.successesPerSecond, "1/s"),
            ("turns", "succeeded", Double(totals.succeededTurns), ""),
            ("turns", "rate", totals.turnsPerSecond, "1/s"),
            ("bytes", "in", Double(totals.bytesIn), "B"),
            ("bytes", "out", Double(totals.bytesOut), "B"),
            ("tokens", "prompt", Double(totals.promptTokens), totals.tokenSource),
            ("tokens", "reply", Double(totals.replyTokens), totals.tokenSource),
            ("run", "duration", totals.durationSeconds, "s"),
            ("span", "begin", totals.span.begin, "s"),
            ("span", "end", totals.span.end, "s"),
            ("span", "length", totals.span.length, "s"),
        ]
        for (metric, statistic, value, unit) in rows {
            table.add([prefix + metric, "", statistic, CSVTable.number(value), unit])
        }
    }

    private static func addCounts(of step: StepSummary, name: String, to table: inout CSVTable) {
        for (statistic, value) in [
            ("total", step.exchanges), ("succeeded", step.succeeded), ("failed", step.failed),
            ("rejected", step.rejected), ("retries", step.retries),
        ] {
            table.add(["exchanges", name, statistic, String(value), ""])
        }
        for (metric, statistic, value, unit) in [
            ("bytes", "in", step.bytesIn, "B"), ("bytes", "out", step.bytesOut, "B"),
            ("tokens", "prompt", step.promptTokens, step.tokenSource),
            ("tokens", "reply", step.replyTokens, step.tokenSource),
        ] {
            table.add([metric, name, statistic, String(value), unit])
        }
    }

    static func add(
        _ figures: Distribution, metric: String, step: String, to table: inout CSVTable
    ) {
        for (statistic, value) in figures.statistics {
            let unit = statistic == "count" ? "" : "ms"
            table.add([metric, step, statistic, CSVTable.number(value), unit])
        }
    }
}
