import Base

/// `summary.csv`: every figure of the summary in a row of its own; a figure that does not exist is
/// an empty cell.
enum SummaryCSV {
    static let columns = ["metric", "step", "statistic", "value", "unit"]

    private typealias Row = [String]

    static func text(_ summary: Summary) -> String {
        let steady = summary.steady
        let parts: [[Row]] = [
            rows(of: summary.verdict), summary.slo.flatMap(rows),
            summary.precision.flatMap(rows),
            [["run", "", "partial", summary.isPartial ? "1" : "0", ""]],
            rows(of: summary.totals), rows(of: summary.latency, summary.conversations),
            rows(of: summary.lateness.starts, "lateness_starts"),
            rows(of: summary.lateness.turns, "lateness_turns"),
            rows(of: steady.totals, prefix: "steady_"),
            rows(of: steady.latency, steady.conversations, prefix: "steady_"),
            summary.steps.sorted { $0.key < $1.key }.flatMap(rows),
            summary.credentials.flatMap(rows), summary.quotas.flatMap(rows),
            rows(of: summary.drift), summary.streams.map(rows) ?? [],
            summary.intervals.sorted { $0.key < $1.key }.flatMap(rows),
        ]
        var table = CSVTable(columns: columns)
        for row in parts.joined() { table.add(row) }
        return table.text
    }

    private static func rows(of totals: Totals, prefix: String = "") -> [Row] {
        var rows: [Row] = []
        var counters = CounterMetric.inCSV[...]
        while let first = counters.first {
            let group = counters.prefix { $0.row.csv.metric == first.row.csv.metric }
            counters = counters.dropFirst(group.count)
            rows += group.map { row($0, of: totals, totals.tokenSource, prefix: prefix) }
            // What is derived of them stands behind them.
            let derived = group.flatMap { part in Totals.derived.filter { $0.row.part == part } }
            for metric in derived {
                guard let (name, statistic) = metric.row.csv else { continue }
                rows += self.rows(
                    prefix + name, [(statistic, totals[metric], metric.row.unit.rawValue)])
            }
        }
        let span = totals.span
        return rows + self.rows(prefix + "run", [("duration", totals.durationSeconds, "s")])
            + self.rows(
                prefix + "span",
                [("begin", span.begin, "s"), ("end", span.end, "s"), ("length", span.length, "s")])
    }

    private static func row(
        _ counter: CounterMetric, of counted: some Counted, _ tokens: TokenOrigin,
        prefix: String = "", step: String = ""
    ) -> Row {
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
        return [prefix + name, step, statistic, CSVTable.number(value), unit]
    }

    private static func rows(of name: String, _ step: StepSummary) -> [Row] {
        CounterMetric.inCSV.filter { step.counts[$0] != nil }
            .map { row($0, of: step, step.tokenSource, step: name) }
            + step.latency.shown.flatMap { rows(of: step.latency[$0], $0.row.name, step: name) }
    }

    private static func rows(
        of latencies: Latencies, _ conversations: Distribution, prefix: String = ""
    ) -> [Row] {
        latencies.shown.flatMap { rows(of: latencies[$0], prefix + $0.row.name) }
            + rows(of: conversations, prefix + "conversation")
    }

    private static func rows(
        of figures: Distribution, _ metric: String, step: String = ""
    ) -> [Row] {
        rows(metric, of: step, figures.statistics.map { ($0, $1, $0 == "count" ? "" : "ms") })
    }

    /// A statistic, its value and its unit.
    private typealias Figure = (String, Double?, String)

    private static func rows(_ metric: String, of name: String = "", _ figures: [Figure]) -> [Row] {
        figures.map { [metric, name, $0, CSVTable.number($1), $2] }
    }

    private static func count(_ statistic: String, _ count: Int?) -> Figure {
        (statistic, count.map { Double($0) }, "")
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
    private static func rows(of verdict: Verdict) -> [Row] {
        let (stalls, exhaustion) = (verdict.stalls, verdict.exhaustion)
        let words =
            [
                ("generator", verdict.generator.rawValue), ("load", verdict.load?.rawValue),
            ] + verdict.reasons.map { ("reason", $0) }
        let parts: [[Row]] = [
            words.compactMap { name, word in word.map { ["verdict", "", name, $0, ""] } },
            rows(of: verdict.scheduleLag, "schedule_lag"), rows(of: verdict.loopLag, "loop_lag"),
            rows(of: verdict.readLate, "read_late"),
            verdict.arrivalTimes.map { [["generator", "", "arrival_times", $0.rawValue, ""]] }
                ?? [],
            rows(
                "generator",
                [
                    ("busiest_worker", verdict.greatestLoad, ""),
                    count("unstamped_responses", verdict.unstampedResponses),
                    count("merged_reads", verdict.mergedReads),
                    count("descriptors_exhausted", exhaustion.descriptors),
                    count("ports_exhausted", exhaustion.ports),
                    count("memory_exhausted", exhaustion.memory),
                    count("threads_exhausted", exhaustion.threads),
                    count("others_exhausted", exhaustion.others),
                    count("stalls", stalls.longest.count &+ stalls.others),
                    ("longest_stall", stalls.worst?.length, "ms"),
                ]),
            verdict.schedule.map(rows) ?? [],
        ]
        return Array(parts.joined())
    }

    private static func rows(of schedule: ScheduleFigures) -> [Row] {
        rows(
            "schedule",
            [
                ("requested", schedule.requestedRate, "1/s"),
                ("achieved", schedule.achievedRate, "1/s"), count("started", schedule.started),
                count("dropped", schedule.dropped), count("dropped_late", schedule.droppedLate),
                count("missed", schedule.missed), count("waited", schedule.waited),
                ("backed_off", schedule.backedOffSeconds, "s"), ("gap_cv", schedule.variation, ""),
                count("wanted_users", schedule.wantedUsers),
                ("start_span", schedule.startSpan, "s"), count("max_users", schedule.maxUsers),
                count("max_connected", schedule.maxConnected),
                count("reconnects", schedule.reconnects),
                count("repeated_requests", schedule.repeatedRequests),
            ])
    }

    private static func rows(of credential: CredentialResult) -> [Row] {
        let counts = CounterMetric.ofCredentials.map { counter -> Figure in
            let (metric, statistic) = counter.row.csv
            let isTime = counter.row.unit == .seconds
            return (
                metric == "exchanges" ? statistic : counter.row.name,
                isTime ? credential.seconds(counter) : Double(credential[counter]),
                isTime ? "s" : ""
            )
        }
        let further: [Figure] = [
            ("p50", credential.p50, "ms"), ("p99", credential.p99, "ms"),
            count("out", credential.isOut ? 1 : 0),
        ]
        return rows("credential", of: credential.label, counts + further)
            + credential.serviceLimits.sorted { $0.key < $1.key }
            .map { ["credential", credential.label, $0, $1, ""] }
    }

    private static func rows(of result: SLOResult) -> [Row] {
        var figures = [
            count("passed", result.passed ? 1 : 0), count("void", result.isVoid ? 1 : 0),
            ("value", result.value, result.unit == .count ? "" : result.unit.rawValue),
            count("samples", result.samples),
        ]
        if let windows = result.windows {
            figures += [
                count("windows", windows.judged), count("windows_failed", windows.failed),
                ("worst_start", windows.worstStart, "s"),
            ]
        }
        return rows("slo", of: result.expression, figures)
    }

    private static func rows(of quota: QuotaResult) -> [Row] {
        rows(
            "quota", of: quota.expression,
            [
                count("used", quota.used), count("limit", quota.limit),
                ("throttled_time", quota.throttledSeconds, "s"), count("spent", quota.spent),
            ])
    }

    private static func rows(of result: PrecisionResult) -> [Row] {
        let unit = result.unit.rawValue
        return rows(
            "until", of: result.expression,
            [
                count("known", result.isKnown ? 1 : 0), ("value", result.value, unit),
                ("low", result.low, unit), ("high", result.high, unit),
                count("drifts", result.drifts ? 1 : 0), ("remaining", result.remaining, "s"),
                count("required", result.isRequired ? 1 : 0),
            ])
    }

    private static func rows(of figure: String, _ interval: FigureInterval) -> [Row] {
        let unit = Threshold.unit(of: figure)?.rawValue ?? ""
        return rows(
            "interval", of: figure,
            [
                ("low", interval.low, unit), ("high", interval.high, unit),
                count("drifts", interval.drifts ? 1 : 0),
            ])
    }

    private static func rows(of streams: StreamFigures) -> [Row] {
        let counts = [
            count("whole", streams.whole), count("one_piece", streams.onePiece),
            count("other_replies", streams.otherReplies),
            ("tokens_per_frame", streams.tokensPerFrame, ""), count("no_end", streams.noEnd),
            count("no_finish", streams.noFinish), count("no_output", streams.noOutput),
            count("bursts", streams.bursts), count("context_overflows", streams.contextOverflows),
            ("tpot_bias", streams.tpotBias, ""), count("length_asked", streams.lengthAsked),
            count("length_missed", streams.lengthMissed),
        ]
        let prompts = streams.prompts.map { prompts in
            [
                count("count", prompts.count), ("tokens_asked", prompts.tokensAsked, ""),
                ("tokens_reported", prompts.tokensReported, ""),
                ("mean_miss", prompts.meanMiss, ""),
            ]
        }
        let finishes = streams.finishes.sorted { $0.key < $1.key }.map { count($0, $1) }
        let pace = streams.replyTokensPerSecond.statistics.map { name, value -> Figure in
            (name, value, name == "count" ? "" : "1/s")
        }
        return rows("streams", counts) + [
            ["streams", "", "tpot_basis", streams.tpotBasis.rawValue, ""]
        ]
            + rows("made_prompts", prompts ?? []) + rows("finish", finishes)
            + rows("reply_tokens_per_s", pace)
            + streams.byTurn.flatMap { turns in
                rows(of: turns.ttft, "ttft_by_turn", step: turns.turns)
                    + rows(
                        "prompt_tokens_by_turn", of: turns.turns,
                        [("mean", turns.promptTokens, "")])
            }
    }

    /// Nothing where there was nothing to compare.
    private static func rows(of drift: ReplyDiffFigures) -> [Row] {
        if drift.compared + drift.missing == 0 { return [] }
        return rows(
            "drift",
            [
                count("compared", drift.compared), count("exact", drift.exact),
                count("equal_after_folding", drift.equalAfterFolding),
                count("changed", drift.changed), count("missing", drift.missing),
                count("cut", drift.cut), ("mean_distance", drift.meanDistance, ""),
                ("median_distance", drift.medianDistance, ""),
            ])
    }
}

extension SummaryCSV {
    static let errorColumns = [
        "class", "step", "status", "count", "first_s", "last_s", "example", "partial",
    ]

    /// `errors.csv`: a row for each class, step and status, the most frequent first.
    static func errors(_ summary: Summary) -> String {
        var table = CSVTable(columns: errorColumns)
        for error in summary.errors {
            table.add([
                error.errorClass, error.step, error.status.map { String($0) } ?? "",
                String(error.count), CSVTable.number(error.first), CSVTable.number(error.last),
                error.example, summary.isPartial ? "1" : "0",
            ])
        }
        return table.text
    }

    static let timelineColumns = [
        "start_s", "seconds", "exchanges", "failed", "mean_ms", "p50_ms", "p99_ms", "max_ms",
        "partial", "rejected", "users", "lag_mean_ms", "lag_max_ms",
        "phase", "turns", "warmup", "tokens_per_s", "ttft_p50_ms", "ttft_p99_ms", "tpot_p50_ms",
    ]

    /// `timeline.csv`: a row for each second, or each two, four … of a long run, or each tenth, fifth
    /// or half of a second of a short one.
    static func timeline(_ summary: Summary) -> String {
        var table = CSVTable(columns: timelineColumns)
        for point in summary.timeline {
            let figures = [
                point.start, point.seconds, Double(point.exchanges), Double(point.failed),
                point.mean, point.p50, point.p99, point.max, summary.isPartial ? 1 : 0,
                Double(point.rejected), point.users, point.lagMean, point.lagMax,
            ]
            let ofStreams = [point.tokensPerSecond, point.ttftP50, point.ttftP99, point.tpotP50]
            table.add(
                figures.map(CSVTable.number)
                    + [point.phase.rawValue, "\(point.turns)", "\(point.warmup)"]
                    + ofStreams.map(CSVTable.number))
        }
        return table.text
    }
}
