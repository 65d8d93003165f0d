import Base

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
        add(summary.latency, summary.conversations, to: &table)
        add(summary.lateness.starts, metric: "lateness_starts", step: "", to: &table)
        add(summary.lateness.turns, metric: "lateness_turns", step: "", to: &table)
        add(summary.steady.totals, prefix: "steady_", to: &table)
        add(
            summary.steady.latency, summary.steady.conversations, prefix: "steady_", to: &table)
        for (name, step) in summary.steps.sorted(by: { $0.key < $1.key }) {
            addCounts(of: step, name: name, to: &table)
            for metric in DistributionMetric.ofSteps {
                add(step.latency[metric], metric: metric.row.name, step: name, to: &table)
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
        var counters = CounterMetric.inCSV[...]
        while let first = counters.first {
            let group = counters.prefix { $0.row.csv.metric == first.row.csv.metric }
            counters = counters.dropFirst(group.count)
            for counter in group {
                add(counter, of: totals, totals.tokenSource, prefix, "", to: &table)
            }
            // What is derived of them stands behind them.
            let derived = group.flatMap { part in Totals.derived.filter { $0.row.part == part } }
            for metric in derived {
                guard let (name, statistic) = metric.row.csv else { continue }
                table.add([
                    prefix + name, "", statistic, CSVTable.number(totals[metric]),
                    metric.row.unit.rawValue,
                ])
            }
        }
        for (metric, statistic, value) in [
            ("run", "duration", totals.durationSeconds), ("span", "begin", totals.span.begin),
            ("span", "end", totals.span.end), ("span", "length", totals.span.length),
        ] {
            table.add([prefix + metric, "", statistic, CSVTable.number(value), "s"])
        }
    }

    private static func add(
        _ counter: CounterMetric, of counted: some Counted, _ tokens: TokenOrigin,
        _ prefix: String, _ step: String, to table: inout CSVTable
    ) {
        let (name, statistic) = counter.row.csv
        let value = counted.counts[counter].map {
            counter.row.unit == .seconds ? counted.seconds(counter) : Double($0)
        }
        let unit =
            switch counter.row.unit {
            case .tokens: tokens.rawValue
            case .count: ""
            default: counter.row.unit.rawValue
            }
        table.add([prefix + name, step, statistic, CSVTable.number(value), unit])
    }

    private static func addCounts(of step: StepSummary, name: String, to table: inout CSVTable) {
        for counter in CounterMetric.inCSV where step.counts[counter] != nil {
            add(counter, of: step, step.tokenSource, "", name, to: &table)
        }
    }

    private static func add(
        _ latencies: Latencies, _ conversations: Distribution, prefix: String = "",
        to table: inout CSVTable
    ) {
        for metric in DistributionMetric.ofSteps {
            add(latencies[metric], metric: prefix + metric.row.name, step: "", to: &table)
        }
        add(conversations, metric: prefix + "conversation", step: "", to: &table)
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

extension CounterMetric {
    /// In the order of the file, which has what came in before what went out.
    fileprivate static let inCSV: [CounterMetric] = {
        var counters = allCases
        if let out = counters.firstIndex(of: .bytesOut),
            let into = counters.firstIndex(of: .bytesIn)
        {
            counters.swapAt(out, into)
        }
        return counters
    }()
}

extension DerivedRow {
    /// The counter that it is a part of, or a rate of.
    fileprivate var part: CounterMetric? {
        if case .share(let part, _) = formula { part } else { counter }
    }
}

/// What a summary says of the generator, its credentials and its quotas.
extension SummaryCSV {
    /// The grade first, so that nobody reads a figure before it.
    static func add(_ verdict: Verdict, to table: inout CSVTable) {
        table.add(["verdict", "", "generator", verdict.generator.rawValue, ""])
        if let load = verdict.load { table.add(["verdict", "", "load", load.rawValue, ""]) }
        for reason in verdict.reasons { table.add(["verdict", "", "reason", reason, ""]) }
        add(verdict.scheduleLag, metric: "schedule_lag", step: "", to: &table)
        add(verdict.loopLag, metric: "loop_lag", step: "", to: &table)
        add(verdict.readLate, metric: "read_late", step: "", to: &table)
        if let source = verdict.arrivalTimes {
            table.add(["generator", "", "arrival_times", source.rawValue, ""])
        }
        add(
            "generator", "",
            [
                ("busiest_worker", verdict.greatestLoad, ""),
                ("unstamped_responses", Double(verdict.unstampedResponses), ""),
                ("merged_reads", Double(verdict.mergedReads), ""),
                ("descriptors_exhausted", Double(verdict.exhaustion.descriptors), ""),
                ("ports_exhausted", Double(verdict.exhaustion.ports), ""),
                ("memory_exhausted", verdict.exhaustion.memory.map { Double($0) }, ""),
                ("threads_exhausted", verdict.exhaustion.threads.map { Double($0) }, ""),
                ("others_exhausted", verdict.exhaustion.others.map { Double($0) }, ""),
                ("stalls", Double(verdict.stalls.longest.count &+ verdict.stalls.others), ""),
                ("longest_stall", verdict.stalls.worst?.length, "ms"),
            ], to: &table)
        if let schedule = verdict.schedule { add(schedule, to: &table) }
    }

    private static func add(_ schedule: ScheduleFigures, to table: inout CSVTable) {
        add(
            "schedule", "",
            [
                ("requested", schedule.requestedRate, "1/s"),
                ("achieved", schedule.achievedRate, "1/s"),
                ("started", Double(schedule.started), ""),
                ("dropped", Double(schedule.dropped), ""),
                ("dropped_late", schedule.droppedLate.map { Double($0) }, ""),
                ("missed", Double(schedule.missed), ""),
                ("waited", schedule.waited.map { Double($0) }, ""),
                ("backed_off", schedule.backedOffSeconds, "s"),
                ("gap_cv", schedule.variation, ""),
                ("wanted_users", schedule.wantedUsers.map { Double($0) }, ""),
                ("start_span", schedule.startSpan, "s"),
                ("max_users", Double(schedule.maxUsers), ""),
                ("max_connected", Double(schedule.maxConnected), ""),
                ("reconnects", schedule.reconnects.map { Double($0) }, ""),
                ("repeated_requests", schedule.repeatedRequests.map { Double($0) }, ""),
            ], to: &table)
    }

    static func add(_ credential: CredentialResult, to table: inout CSVTable) {
        add(
            "credential", credential.label,
            CounterMetric.ofCredentials.map { counter in
                let (metric, statistic) = counter.row.csv
                let isTime = counter.row.unit == .seconds
                return (
                    metric == "exchanges" ? statistic : counter.row.name,
                    isTime ? credential.seconds(counter) : Double(credential[counter]),
                    isTime ? "s" : ""
                )
            } + [
                ("p50", credential.p50, "ms"), ("p99", credential.p99, "ms"),
                ("out", credential.isOut ? 1 : 0, ""),
            ], to: &table)
        for (name, value) in credential.serviceLimits.sorted(by: { $0.key < $1.key }) {
            table.add(["credential", credential.label, name, value, ""])
        }
    }

    static func add(_ result: SLOResult, to table: inout CSVTable) {
        add(
            "slo", result.expression,
            [
                ("passed", result.passed ? 1 : 0, ""), ("void", result.isVoid ? 1 : 0, ""),
                ("value", result.value, result.unit == .count ? "" : result.unit.rawValue),
                ("samples", Double(result.samples), ""),
            ], to: &table)
        guard let windows = result.windows else { return }
        add(
            "slo", result.expression,
            [
                ("windows", Double(windows.judged), ""),
                ("windows_failed", Double(windows.failed), ""),
                ("worst_start", windows.worstStart, "s"),
            ], to: &table)
    }

    static func add(_ quota: QuotaResult, to table: inout CSVTable) {
        add(
            "quota", quota.expression,
            [
                ("used", Double(quota.used), ""), ("limit", Double(quota.limit), ""),
                ("throttled_time", quota.throttledSeconds, "s"),
                ("spent", Double(quota.spent), ""),
            ], to: &table)
    }

    /// Nothing where there was nothing to compare.
    static func add(_ drift: ReplyDiffFigures, to table: inout CSVTable) {
        if drift.compared + drift.missing == 0 { return }
        add(
            "drift", "",
            [
                ("compared", Double(drift.compared), ""), ("exact", Double(drift.exact), ""),
                ("equal_after_folding", Double(drift.equalAfterFolding), ""),
                ("changed", Double(drift.changed), ""), ("missing", Double(drift.missing), ""),
                ("cut", Double(drift.cut), ""), ("mean_distance", drift.meanDistance, ""),
                ("median_distance", drift.medianDistance, ""),
            ], to: &table)
    }

    private static func add(
        _ metric: String, _ name: String, _ rows: [(String, Double?, String)],
        to table: inout CSVTable
    ) {
        for (statistic, value, unit) in rows {
            table.add([metric, name, statistic, CSVTable.number(value), unit])
        }
    }
}

/// `errors.csv`: a row for each class, step and status, the most frequent first.
enum ErrorsCSV {
    static let columns = [
        "class", "step", "status", "count", "first_s", "last_s", "example", "partial",
    ]

    static func text(_ summary: Summary) -> String {
        var table = CSVTable(columns: columns)
        for error in summary.errors {
            table.add([
                error.errorClass, error.step, error.status.map { String($0) } ?? "",
                String(error.count), CSVTable.number(error.first), CSVTable.number(error.last),
                error.example, summary.isPartial ? "1" : "0",
            ])
        }
        return table.text
    }
}

/// `timeline.csv`: a row for each second, or each two, four … of a long run, or each tenth, fifth or
/// half of a second of a short one.
enum TimelineCSV {
    static let columns = [
        "start_s", "seconds", "exchanges", "failed", "mean_ms", "p50_ms", "p99_ms", "max_ms",
        "partial", "rejected", "users", "lag_mean_ms", "lag_max_ms",
        "phase", "turns", "warmup",
    ]

    static func text(_ summary: Summary) -> String {
        var table = CSVTable(columns: columns)
        for point in summary.timeline {
            let times = [point.mean, point.p50, point.p99, point.max].map(CSVTable.number)
            let place = [point.start, point.seconds].map(CSVTable.number)
            let counts = [String(point.exchanges), String(point.failed)]
            let more = [summary.isPartial ? "1" : "0", String(point.rejected)]
            let later = [point.users, point.lagMean, point.lagMax].map(CSVTable.number)
            let latest = [point.phase.rawValue, String(point.turns), String(point.warmup)]
            table.add(place + counts + times + more + later + latest)
        }
        return table.text
    }
}
