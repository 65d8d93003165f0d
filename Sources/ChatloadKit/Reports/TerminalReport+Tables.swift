import Base

extension TerminalReport {
    /// That nothing succeeded, where nothing did: then nothing else is worth reading before it.
    var outcome: [TextLine] {
        summary.failureInWords.map { wrapped($0, indent: 0, .alarm) } ?? []
    }

    /// Whether the figures can be trusted, and why not: what a reader must see first.
    var verdict: [TextLine] {
        let verdict = summary.verdict
        let isFine = verdict.generator == .valid || verdict.generator == .notJudged
        let title = "Generator \(verdict.generator.rawValue): \(verdict.generator.meaning)"
        var lines = [TextLine(title, isFine ? .title : .alarm)]
        lines += reasons(verdict.reasons(on: .generator), isFine: isFine)
        if let load = verdict.load, load == .notReached {
            lines += wrapped(load.sentence, indent: 0, .alarm)
            lines += reasons(verdict.reasons(on: .load), isFine: false)
        }
        return lines
    }

    private func reasons(_ reasons: [String], isFine: Bool) -> [TextLine] {
        reasons.flatMap {
            wrapped($0, label: isFine ? "-" : "!", indent: 2, isFine ? .plain : .alarm)
        }
    }

    /// What was counted over the whole run.
    var totals: [TextLine] {
        let totals = summary.totals
        var lines = [TextLine("Totals", .title)]
        lines += wrapped(conversations(of: totals), label: "conversations")
        if totals.counts[.goodTurns] != nil { lines += wrapped(turns(of: totals), label: "turns") }
        lines += wrapped(exchanges(of: totals), label: "exchanges")
        if totals[.retries] > 0 {
            lines += wrapped(
                "\(Figures.count(totals[.retries])) attempts beyond the first, "
                    + "\(Figures.count(totals[.saved])) of which succeeded and saved their turn",
                label: "retries")
        }
        lines += totals.further.flatMap { wrapped("\($0.value) \($0.words)", label: $0.label) }
        if totals[.throttled] > 0 {
            lines += wrapped(
                "\(Figures.count(totals[.throttled])) held back by our quotas, "
                    + "\(Figures.duration(totals.seconds(.throttledTime) * 1_000)) in all",
                label: "throttled")
        }
        lines += labelled([("rate", rate(of: totals))])
        lines += wrapped(
            "\(Figures.bytes(totals[.bytesOut])) sent, \(Figures.bytes(totals[.bytesIn])) received",
            label: "bytes")
        lines += wrapped(
            "\(Figures.count(totals[.promptTokens])) in prompts, "
                + "\(Figures.count(totals[.replyTokens])) in replies (\(totals.tokenSource))",
            label: "tokens")
        let warmup = summary.warmup
        if warmup.exchanges + warmup.conversations > 0 {
            lines += wrapped(
                "\(Figures.count(warmup.exchanges)) exchanges in "
                    + "\(Figures.count(warmup.conversations)) conversations, in no other figure",
                label: "warm-up")
        }
        return lines
    }

    /// Texts with their labels; those that are empty are left out.
    func labelled(_ entries: [(String, String)]) -> [TextLine] {
        entries.filter { !$0.1.isEmpty }.flatMap { wrapped($1, label: $0) }
    }

    /// The load that was made beside the one that was asked for, and how late the generator was.
    var schedule: [TextLine] {
        let verdict = summary.verdict
        let busy = verdict.greatestLoad.map {
            "\(Figures.decimal($0 * 100, places: 0)) % of a core by the busiest worker"
        }
        return [TextLine("Schedule", .title)] + (verdict.schedule.map(lines) ?? [])
            + labelled([
                ("starts late", lateness(summary.lateness.starts)),
                ("turns late", lateness(summary.lateness.turns)),
                ("sent late", lateness(verdict.scheduleLag, evenOfNone: true)),
                ("loops late", lateness(verdict.loopLag)),
            ])
            + arrivals
            + labelled([
                ("stalls", verdict.stalls.isEmpty ? "" : verdict.stalls.inWords),
                ("busy", busy ?? ""),
            ])
    }

    /// The window without warm-up, ramps and drain, where it is not the whole run.
    var steady: [TextLine] {
        let totals = summary.steady.totals
        if totals[.exchanges] == summary.totals[.exchanges] || totals[.exchanges] == 0 { return [] }
        var lines = [TextLine("Steady window, without warm-up, ramps and drain", .title)]
        lines += labelled([
            ("conversations", conversations(of: totals)), ("exchanges", exchanges(of: totals)),
            ("rate", rate(of: totals, in: .steady)),
        ])
        return lines + [percentileHead]
            + DistributionMetric.main.flatMap {
                [row($0.row.name, summary.steady.latency[$0])] + intervals(of: $0, in: .steady)
            } + notes { $0.scope == .steady }
    }

    private func lines(of schedule: ScheduleFigures) -> [TextLine] {
        var lines: [TextLine] = []
        if let requested = schedule.requestedRate, let achieved = schedule.achievedRate {
            let spread = schedule.variation.map { Figures.decimal($0, places: 2) }
            lines += wrapped(
                "\(Figures.decimal(requested, places: 2)) conversations/s requested, "
                    + "\(Figures.decimal(achieved, places: 2)) achieved; "
                    + "gap cv \(spread ?? Figures.missing)",
                label: "rate")
            lines += wrapped(
                "\(Figures.count(schedule.started)) of \(Figures.count(schedule.due)); "
                    + "\(Figures.count(schedule.dropped)) found no free user, "
                    + "\(Figures.count(schedule.missed)) given up after a stall",
                label: "starts")
        }
        let wanted = schedule.wantedUsers.map { " of \(Figures.count($0)) wanted" } ?? ""
        let waited = schedule.waited.map { ", \(Figures.count($0)) starts waited for one" } ?? ""
        lines += wrapped(
            "at most \(Figures.count(schedule.maxUsers))\(wanted) at work, "
                + "\(Figures.count(schedule.maxConnected)) connected\(waited)",
            label: "users")
        if let span = schedule.startSpan {
            lines += wrapped(
                "evenly over \(Figures.duration(span * 1_000)), which is the ramp "
                    + "(--start-jitter 0 for all at once)", label: "begin")
        }
        if let seconds = schedule.backedOffSeconds, seconds > 0 {
            lines += wrapped(
                "users waited \(Figures.duration(seconds * 1_000)) in all after immediate failures",
                label: "backed off")
        }
        if let reconnects = schedule.reconnects, reconnects > 0 {
            lines += wrapped(
                "\(Figures.count(reconnects)) after the service had closed an idle connection, "
                    + "\(Figures.count(schedule.repeatedRequests ?? 0)) requests sent again",
                label: "reconnects")
        }
        return lines
    }

    private func conversations(of totals: Totals) -> String {
        "\(Figures.count(totals[.conversationsStarted])) started: "
            + "\(Figures.count(totals[.conversationsCompleted])) completed, "
            + "\(Figures.count(totals[.conversationsFailed])) failed, "
            + "\(Figures.count(totals[.conversationsAborted])) cut off by the end"
    }

    private func turns(of totals: Totals) -> String {
        let good = totals.counts[.goodTurns] ?? 0
        return "\(Figures.count(totals[.turns])), \(Figures.count(good)) within the limits of the "
            + "goodput (\(Figures.share(good, of: totals[.turns])))"
    }

    /// All that did not succeed failed; the rejected ones are some of these.
    private func exchanges(of totals: Totals) -> String {
        let failed = totals[.failed]
        let rejected =
            totals[.rejected] == 0
            ? "" : ", of which \(Figures.count(totals[.rejected])) rejected (429 or 529)"
        return
            "\(Figures.count(totals[.exchanges])): \(Figures.count(totals[.succeeded])) succeeded, "
            + "\(Figures.count(failed)) failed (\(Figures.share(failed, of: totals[.exchanges])))"
            + rejected
    }

    /// Nothing where there was no load.
    private func rate(of totals: Totals, in scope: Threshold.Scope = .run) -> String {
        let span = totals.span
        guard span.length > 0 else { return "" }
        let (begin, end) = (
            Figures.duration(span.begin * 1_000), Figures.duration(span.end * 1_000)
        )
        let interval = summary.intervals[scope.prefix + DerivedMetric.turnsPerSecond.row.name]
        let known = interval.map { " (±\($0.text))" } ?? ""
        return
            "\(Figures.decimal(totals.rate(.turnsPerSecond), places: 2)) turns/s\(known) succeeded; "
            + "\(Figures.decimal(totals.rate(.exchangesPerSecond), places: 2)) exchanges/s, "
            + "\(Figures.decimal(totals.rate(.successesPerSecond), places: 2)) of them succeeded; over "
            + "\(Figures.duration(span.length * 1_000)) of load, from \(begin) to \(end)"
    }

    /// Nothing where nothing was measured, unless that is to be seen.
    func lateness(_ lag: Distribution, evenOfNone: Bool = false) -> String {
        if lag.count == 0, !evenOfNone { return "" }
        return "p50 \(Figures.duration(lag.p50)), p99 \(Figures.duration(lag.p99)), "
            + "max \(Figures.duration(lag.max))"
    }
}

extension TerminalReport {
    /// Rows of latencies over percentiles.
    var latencies: [TextLine] {
        var lines = [TextLine("Latency of successes", .title), percentileHead]
        for metric in DistributionMetric.ofStepsByPopulation {
            let (name, figures) = (metric.row.name, summary.latency[metric])
            let isOfSuccesses = metric.row.population == .successes
            if figures.count == 0, !isOfSuccesses { continue }
            // They have a section of their own.
            if metric.row.isOfStreams { continue }
            lines.append(row(isOfSuccesses ? name : "(\(name))", figures))
            if metric.row.isMain { lines += intervals(of: metric) }
        }
        lines.append(row("conversation", summary.conversations))
        lines.append(
            TextLine("  response counts from the intended send, service from the actual one."))
        if summary.intervals.keys.contains(where: { $0.hasPrefix("response.") }) {
            lines.append(
                TextLine("  ± is half of the interval of 95 % confidence; ~ where it still drifts.")
            )
        }
        return lines + notes { $0.scope == .run }
    }

    /// Footnotes to the figures that the generator's own lateness has changed.
    func notes(_ isOfTable: (LateFigure) -> Bool) -> [TextLine] {
        summary.verdict.lateFigures.notes(isOfTable).flatMap {
            wrapped($0, label: "*", indent: 2)
        }
    }

    /// The successes' response times by size.
    var histogram: [TextLine] {
        let bins = HistogramBin.coarse(summary.responseHistogram)
        let most = bins.map(\.count).max() ?? 0
        if most == 0 { return [] }
        let total = bins.reduce(0) { $0 + $1.count }
        let longest = 34 + extra
        let table = TextTable([
            .right("", 11), .right("", 8), .right("", 13), .right("", 9),
            .left("", longest, gap: 2),
        ])
        return [TextLine("Response times", .title)]
            + bins.map { bin in
                let length = Double(bin.count) / Double(most) * Double(longest)
                let dots = bin.count == 0 ? 0 : max(1, Int(length.rounded()))
                return table.row([
                    "\(Figures.duration(bin.from)) –", Figures.duration(bin.to),
                    Figures.shortCount(bin.count), Figures.share(bin.count, of: total),
                    String(repeating: "#", count: dots),
                ])
            }
    }

    /// A row for each step.
    var steps: [TextLine] {
        if summary.steps.isEmpty { return [] }
        let steps = summary.steps.map { ("  \(TextLayout.visible($0.key))", $0.value) }
            .sorted { $0.0 < $1.0 }
        let table = TextTable(
            [
                .left("", width(21, for: steps.map(\.0))), .right("count", 12),
                .right("failed", 10),
            ] + ["p50", "p95", "p99", "max"].map { .right($0, 9) })
        let rows = steps.map { name, step in
            let times = step.latency[.response]
            return table.row(
                [name, Figures.shortCount(step[.exchanges]), Figures.shortCount(step[.failed])]
                    + [times.p50, times.p95, times.p99, times.max].map { Figures.duration($0) })
        }
        return [TextLine("Steps, response time", .title), table.head] + rows
            + notes { $0.scope == .step }
    }

    /// The failures but for the rejections, the most frequent first, each with an example.
    var errors: [TextLine] {
        table("Errors", summary.errors.filter { $0.errorClass != ErrorClass.rejected.rawValue })
    }

    /// What the service refused because there was too much of it: no error of anybody's.
    var rejections: [TextLine] {
        table("Rejected", summary.errors.filter { $0.errorClass == ErrorClass.rejected.rawValue })
    }

    private func table(_ title: String, _ errors: [ErrorSummary]) -> [TextLine] {
        if errors.isEmpty { return [] }
        let shown = errors.prefix(Self.errorLimit)
        let width = width(17, for: shown.map { TextLayout.visible($0.step) })
        let table = TextTable([
            .right("count", 10), .right("share", 8), .left("class", 20, gap: 2),
            .left("step", width), .left("status", 6), .right("first", 8), .right("last", 8),
        ])
        var lines = [TextLine(title, .title), table.head]
        for error in shown {
            lines.append(table.row(cells(of: error, width), .alarm))
            if !error.example.isEmpty { lines += example(error.example) }
        }
        let rest = errors.dropFirst(Self.errorLimit)
        if !rest.isEmpty {
            let count = Figures.count(rest.reduce(0) { $0 + $1.count })
            lines.append(TextLine("  and \(count) of \(rest.count) other kinds, in errors.csv"))
        }
        return lines
    }

    /// The kinds of failure shown; all of them are in `errors.csv`.
    private static let errorLimit = 20

    /// The first lines of an example; all of it is in `errors.csv`.
    private func example(_ text: String) -> [TextLine] {
        let lines = wrapped(text, indent: 20)
        if lines.count <= 3 { return lines }
        return lines.prefix(2) + [TextLine(TextLayout.cut(lines[2].text + " …", columns))]
    }

    private func cells(of error: ErrorSummary, _ width: Int) -> [String] {
        [
            Figures.shortCount(error.count),
            Figures.share(error.count, of: summary.totals[.exchanges]),
            error.errorClass, TextLayout.cut(TextLayout.visible(error.step), width - 1),
            error.status.map { String($0) } ?? Figures.missing,
            Figures.duration(error.first * 1_000), Figures.duration(error.last * 1_000),
        ]
    }

    /// The table of latencies over the statistics that there is room for.
    private var latencyTable: TextTable {
        let names = shown(Distribution()).map { $0.name.replacing("_", with: ".") }
        return TextTable([.left("", 14), .right("count", 10)] + names.map { .right($0, 8) })
    }

    /// The head above rows of latencies.
    var percentileHead: TextLine { latencyTable.head }

    /// A row of a latency's figures.
    func row(_ name: String, _ figures: Distribution) -> TextLine {
        latencyTable.row(
            ["  \(name)", Figures.shortCount(figures.count)]
                + shown(figures).map { Figures.duration($0.value) })
    }

    /// A row of how well a latency's figures are known; none where nothing tells.
    private func intervals(
        of metric: DistributionMetric, in scope: Threshold.Scope = .run
    ) -> [TextLine] {
        let cells = shown(Distribution()).map { name, _ in
            summary.intervals[scope.prefix + metric.row.name + "." + name]?.text ?? ""
        }
        return cells.allSatisfy(\.isEmpty) ? [] : [latencyTable.row(["", "±"] + cells)]
    }

    /// The statistics that there is room for.
    private func shown(_ figures: Distribution) -> [(name: String, value: Double?)] {
        let further = ["min", "p75", "stddev"].prefix(extra / 8)
        let always = ["mean", "p50", "p90", "p95", "p99", "p99_9", "max"]
        return figures.statistics.filter { always.contains($0.name) || further.contains($0.name) }
    }
}

extension Totals {
    /// Metrics that no sentence tells of, those of which there are any.
    var further: [(label: String, value: String, words: String)] {
        let counters = CounterMetric.allCases.compactMap { counter in
            counter.row.line.map { ($0.label, Figures.count(self[counter]), $0.words) }
        }
        let derived = DerivedMetric.allCases.compactMap { metric in
            metric.row.line.map {
                ($0.label, Figures.decimal(self[metric] ?? 0, places: 2), $0.words)
            }
        }
        return (counters + derived).filter { $0.1 != "0" && $0.1 != "0.00" }
    }
}
