import Base

/// `report.html`: a run in one file for people who look at it in a browser.
///
/// A function of the summary, of the waterfalls of its slowest conversations and of a sample of its
/// streamed replies. It is bounded
/// however long the run was: what is beyond the limits below is in the other files.
struct ReportPage {
    let summary: Summary
    let waterfalls: [Waterfall]
    let samples: [PromptSample]

    init(_ run: ExportedRun) {
        self.init(
            summary: run.summary,
            waterfalls: Waterfall.all(of: run.summary.slowest, in: run.logs),
            samples: run.latencies.samples)
    }

    init(summary: Summary, waterfalls: [Waterfall], samples: [PromptSample] = []) {
        (self.summary, self.waterfalls, self.samples) = (summary, waterfalls, samples)
    }

    /// The most rows of a table that grows with the errors, the credentials or the settings.
    static let rowLimit = 100
    /// The most steps in their table, the busiest ones.
    static let stepLimit = 500

    /// The whole page.
    var html: String {
        Page(
            title: "\(summary.run.name): chatload report", head: head,
            sections: [
                ("figures", "Key figures", tiles),
                ("latency", "Latency", latency),
                ("streaming", "Streaming", streaming),
                ("time", "Over time", overTime),
                ("steps", "Steps", steps),
                ("errors", "Errors", errors),
                ("limits", "Credentials and quotas", limits),
                ("replay", "Replay", replay),
                ("conversations", "Slowest conversations", conversations),
                ("load", "Load and generator", load),
                ("settings", "Settings and machine", settings),
                ("reading", "How to read this", reading),
            ]
        ).html
    }

    private var reading: Markup {
        """
        <p>Response time counts from when a request should have left, service time from when it \
        did. When they differ, a quota, this machine or a connection was late, and response time \
        is what a user would have felt. Failures are in no latency but “failed”.</p>
        <p>A percentile is shown only where enough samples stand behind it: ⌈ln 0.01 / ln p⌉, so \
        that at 99 % confidence it is no higher than the greatest of them. p50 takes 7, p90 44, \
        p99 459, p99.9 4,603. Otherwise there is a –.</p>
        <p>All figures are in <code>summary.json</code> and <code>summary.csv</code>, the points \
        over time in <code>timeline.csv</code>, every kind of error in <code>errors.csv</code>, and \
        every exchange in <code>exchanges.csv</code>, unless the run kept no log.</p>

        """
    }
}

/// What a reader must see first: whether the figures can be trusted, and how the SLOs did.
extension ReportPage {
    var head: Markup {
        let run = summary.run
        let notes = Markup.list(summary.notes.prefix(50), style: "notes", to: 500)
        let workloads = run.workloads.joined(separator: " ")
        return """
            <header>
            <h1>\(run.name)</h1>
            <p class="soft">\(run.command) of \(workloads) on \(run.service) at \
            \(run.target), \(run.started)</p>
            \(outcome)\(verdict)\(notes)\(badges)\(precision)</header>

            """
    }

    private var outcome: Markup {
        summary.failureInWords.map { .verdict("invalid", HTMLText.clipped($0, to: 400)) } ?? ""
    }

    private var verdict: Markup {
        let grade = summary.verdict.generator
        let style =
            switch grade {
            case .notJudged: "unjudged"
            case .valid: "valid"
            case .suspect: "suspect"
            case .invalid: "invalid"
            }
        let words = "\(grade.meaning.prefix(1).uppercased())\(grade.meaning.dropFirst())."
        return .verdict(
            style, "Generator \(grade.rawValue)", "\n<p>\(words)</p>\(reasons(on: .generator))")
            + offeredLoad
    }

    /// Only where the load was not reached: that it was is what everybody takes for granted.
    private var offeredLoad: Markup {
        guard let load = summary.verdict.load, load == .notReached else { return "" }
        return .verdict("invalid", load.sentence + ".", reasons(on: .load))
    }

    private func reasons(on subject: VerdictFinding.Subject) -> Markup {
        let reasons = summary.verdict.reasons(on: subject).prefix(50)
        let items = reasons.map { "<li>\(HTMLText.clipped($0, to: 500))</li>" as Markup }
        return items.isEmpty ? "" : "<ul>\(items)</ul>"
    }

    /// How well what the run was to know is known.
    private var precision: Markup {
        if summary.precision.isEmpty { return "" }
        let badges = Markup.badges(
            summary.precision.prefix(Self.rowLimit).map { result in
                let style = result.isKnown ? "passed" : result.isRequired ? "failed" : "void"
                return (
                    style, result.isKnown ? "known" : "not known",
                    "\(HTMLText.clipped(result.sentence, to: 300))"
                )
            })
        return "<h2 class=\"slos\">Known with 95 % confidence</h2>\n\(badges)"
    }

    private var badges: Markup {
        if summary.slo.isEmpty { return "" }
        let badges = Markup.badges(
            summary.slo.prefix(Self.rowLimit).map { result in
                let details = [
                    Figures.count(result.samples, "sample"), TerminalReport.windows(of: result),
                    result.remark,
                ].filter { !$0.isEmpty }
                let expression = HTMLText.clipped(result.expression, to: 200)
                let more = HTMLText.clipped(details.joined(separator: "; "), to: 200)
                let text: Markup = """
                    <code>\(expression)</code>: \(result.valueText)<br><small>\(more)</small>
                    """
                return (
                    result.isVoid ? "void" : result.passed ? "passed" : "failed",
                    result.word, text
                )
            })
        return "<h2 class=\"slos\">\(summary.slo.title)</h2>\n\(badges)"
    }

    /// The figures that most people came for.
    var tiles: Markup {
        let totals = summary.totals
        let failed = totals[.failed]
        let tiles = [
            tile(
                "Turns/s", Figures.decimal(totals.rate(.turnsPerSecond), places: 2),
                "that succeeded, over \(Figures.duration(totals.span.length * 1_000)) of load"),
            tile(
                "Successes/s", Figures.decimal(totals.rate(.successesPerSecond), places: 2),
                "of \(Figures.decimal(totals.rate(.exchangesPerSecond), places: 2)) exchanges/s"),
            tile("Response p50", .p50, \.p50), tile("Response p95", .p95, \.p95),
            tile("Response p99", .p99, \.p99),
            tile("Slowest response", Figures.duration(summary.latency[.response].max)),
            tile(
                "Failed", Figures.count(failed),
                "\(Figures.share(failed, of: totals[.exchanges])) of the exchanges",
                isAlarm: failed > 0),
            tile(
                "Rejected", Figures.count(totals[.rejected]),
                "of those that failed, status 429 or 529", isAlarm: totals[.rejected] > 0),
            tile(
                "Exchanges", Figures.count(totals[.exchanges]),
                "in \(Figures.decimal(totals.durationSeconds, places: 1)) s"),
        ]
        return "<dl class=\"tiles\">\(tiles + furtherTiles)</dl>\n"
    }

    private var furtherTiles: [Markup] {
        let totals = summary.totals
        let all = [
            tile(
                "Conversations", Figures.count(totals[.conversationsStarted]),
                "\(Figures.count(totals[.conversationsCompleted])) completed, "
                    + "\(Figures.count(totals[.conversationsFailed])) failed, "
                    + "\(Figures.count(totals[.conversationsAborted])) cut off by the end"),
            summary.verdict.schedule.map {
                tile("Most users at once", Figures.count($0.maxUsers))
            },
            totals[.goodput].map {
                tile("Goodput", "\(Figures.decimal($0 * 100, places: 1)) %", "of the turns")
            },
            totals[.retries] == 0
                ? nil
                : tile(
                    "Retries", Figures.count(totals[.retries]),
                    "\(Figures.count(totals[.saved])) saved their turn"),
            totals[.throttled] == 0
                ? nil
                : tile(
                    "Throttled", Figures.count(totals[.throttled]),
                    "\(Figures.duration(totals.seconds(.throttledTime) * 1_000)) in all"),
            totals[.promptTokens] + totals[.replyTokens] == 0
                ? nil
                : tile(
                    "Reply tokens", Figures.count(totals[.replyTokens]),
                    "\(Figures.count(totals[.promptTokens])) in prompts, \(totals.tokenSource)"),
        ]
        return all.compactMap(\.self) + streamTiles
            + totals.further.map { tile($0.label, $0.value, $0.words) }
    }

    /// A percentile of the response time, or how many samples it takes.
    private func tile(
        _ name: String, _ percentile: Percentile, _ place: KeyPath<Distribution, Double?>
    ) -> Markup {
        let latency = summary.latency
        guard let value = latency[.response][keyPath: place] else {
            return tile(name, Figures.missing, "takes \(percentile.samplesNeeded) successes")
        }
        let service = Figures.duration(latency[.service][keyPath: place])
        return tile(name, Figures.duration(value), "service \(service)")
    }

    func tile(
        _ name: String, _ value: String, _ more: String = "", isAlarm: Bool = false
    ) -> Markup {
        let small: Markup = more.isEmpty ? "" : "<small>\(more)</small>"
        let style: Markup = isAlarm ? " class=\"alarm\"" : ""
        return "<div><dt>\(name)</dt><dd\(style)>\(value)\(small)</dd></div>\n"
    }
}

/// What was asked for, what the generator made of it, and on what machine.
extension ReportPage {
    /// The load beside the one asked for, and the generator's own delays.
    var load: Markup {
        let verdict = summary.verdict
        let lags = [
            ("sent late", verdict.scheduleLag), ("event loops late", verdict.loopLag),
            ("read late", verdict.readLate),
        ].filter { $0.1.count > 0 }
        var html = Markup()
        if let schedule = verdict.schedule {
            html += Self.pairs("Load made beside the one asked for", Self.rows(schedule)).html
        }
        if !lags.isEmpty {
            html +=
                Table(
                    caption: "How late the generator was", columns: Self.columns("delay"),
                    rows: lags.map(Self.row)
                ).html
        }
        html += Self.stalls(verdict.stalls)
        if let source = verdict.arrivalTimes {
            let words = [source.meaning] + verdict.remarksOnArrivals
            html +=
                Self.pairs("What was received", [("arrival times", words.joined(separator: "; "))])
                .html
        }
        let workers = verdict.workers.filter(\.hadUsers).prefix(Self.rowLimit).map { worker in
            ("worker \(worker.worker)", "\(Figures.decimal(worker.share * 100, places: 0)) %")
        }
        if !workers.isEmpty { html += Self.pairs("Processor time of a core", workers).html }
        return html
    }

    private static func stalls(_ stalls: LoopStalls) -> Markup {
        if stalls.isEmpty { return "" }
        let rows = stalls.longest.map { stall in
            let at = Figures.decimal(stall.at, places: 3)
            let loops = Figures.count(stall.loops, "event loop")
            return ("at \(at) s", "\(Figures.duration(stall.length)), \(loops)")
        }
        let others = stalls.others > 0 ? [("shorter ones", Figures.count(stalls.others))] : []
        return pairs("When the generator stood still", rows + others).html
    }

    var settings: Markup {
        let run = summary.run
        let all = [
            ("run", run.name), ("command", run.command), ("started", run.started),
            ("service", run.service), ("target", run.target),
            ("workloads", run.workloads.joined(separator: " ")),
            ("users", Figures.count(run.users)), ("seed", String(run.seed)), ("shard", run.shard),
            ("plan", run.planHash), ("log", run.logMode.rawValue),
            ("runs put together", run.mergedRuns.joined(separator: ", ")),
        ].filter { !$0.1.isEmpty }
        let groups = [
            ("Run", all), ("Settings", Self.sorted(run.settings)),
            ("Labels", Self.sorted(run.labels)),
            ("Machine and versions", Self.machine(run.machine) + Self.sorted(run.versions)),
        ].filter { !$0.1.isEmpty }
        return "<div class=\"pair\">\n\(groups.map { Self.group($0, $1) })</div>\n"
    }

    private static func group(_ caption: String, _ rows: [(String, String)]) -> Markup {
        "<div>\n\(pairs(caption, rows).html)</div>\n"
    }

    private static func sorted(_ values: [String: String]) -> [(String, String)] {
        values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func machine(_ values: [String: String]) -> [(String, String)] {
        sorted(values).map { name, value in
            guard name.hasSuffix("_bytes"), let bytes = Int(value) else { return (name, value) }
            return (String(name.dropLast("_bytes".count)), Figures.bytes(bytes))
        }
    }

    private static func pairs(_ caption: String, _ rows: [(String, String)]) -> Table {
        Table(
            caption: caption,
            columns: [.text("name"), .text("value")],
            rows: rows.prefix(rowLimit).map { name, value in
                [.text(name), Table.Cell(content: lines(of: value))]
            }, isSortable: false, isNarrow: true,
            note: rest(rows.count - rowLimit, "rows", "run.json"))
    }

    /// A value that was given several times has a line for each.
    private static func lines(of value: String) -> Markup {
        let lines = HTMLText.clipped(value, to: 500).split(separator: "\n").map(String.init)
        return Markup(
            lines.enumerated().map { number, line in
                number == 0 ? "\(line)" : "<br>\(line)"
            })
    }

    private static func rows(_ schedule: ScheduleFigures) -> [(String, String)] {
        func decimal(_ value: Double?) -> String? {
            value.map { Figures.decimal($0, places: 2) }
        }
        func count(_ value: Int?) -> String? { value.map { Figures.count($0) } }
        func duration(_ seconds: Double?) -> String? {
            seconds.map { Figures.duration($0 * 1_000) }
        }
        let isOpen = schedule.requestedRate != nil && schedule.achievedRate != nil
        let (requested, achieved) =
            isOpen ? (schedule.requestedRate, schedule.achievedRate) : (nil, nil)
        let backedOff = schedule.backedOffSeconds.flatMap { $0 > 0 ? $0 : nil }
        let reconnects = schedule.repeatedRequests == nil ? nil : schedule.reconnects
        let repeated = schedule.reconnects == nil ? nil : schedule.repeatedRequests
        let rows = [
            ("conversations per second asked for", decimal(requested)),
            ("conversations per second started", decimal(achieved)),
            ("variation of the gaps between starts", decimal(schedule.variation)),
            ("conversations started", count(schedule.started)),
            ("starts that found no free user", count(schedule.dropped)),
            ("of them behind a stall of the generator", count(schedule.droppedLate)),
            ("starts given up after a stall", count(schedule.missed)),
            ("users wanted at once", count(schedule.wantedUsers)),
            ("time over which the users began", duration(schedule.startSpan)),
            ("most users at work at once", count(schedule.maxUsers)),
            ("most users connected at once", count(schedule.maxConnected)),
            ("users waited after immediate failures", duration(backedOff)),
            ("reconnects after an idle close", count(reconnects)),
            ("requests sent again then", count(repeated)),
        ]
        return rows.compactMap { name, value in value.map { (name, $0) } }
    }
}
