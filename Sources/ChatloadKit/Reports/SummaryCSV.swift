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
        guard let schedule = verdict.schedule else { return }
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
            [
                ("total", Double(credential.exchanges), ""),
                ("failed", Double(credential.failed), ""),
                ("rejected", Double(credential.rejected), ""),
                ("retries", Double(credential.retries), ""),
                ("throttled_time", credential.throttledSeconds, "s"),
                ("prompt_tokens", Double(credential.promptTokens), ""),
                ("reply_tokens", Double(credential.replyTokens), ""),
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
