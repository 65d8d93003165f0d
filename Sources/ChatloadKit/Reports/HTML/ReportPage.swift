import Base

/// `report.html`: a run in one file for people who look at it in a browser.
///
/// A function of the summary and of the waterfalls of its slowest conversations. It is bounded
/// however long the run was: what is beyond the limits below is in the other files.
struct ReportPage {
    let summary: Summary
    let waterfalls: [Waterfall]

    init(_ run: ExportedRun) {
        self.init(
            summary: run.summary,
            waterfalls: WaterfallReader.waterfalls(of: run.summary.slowest, in: run.logs))
    }

    init(summary: Summary, waterfalls: [Waterfall]) {
        (self.summary, self.waterfalls) = (summary, waterfalls)
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
                Page.Section(id: "figures", title: "Key figures", content: tiles),
                Page.Section(id: "latency", title: "Latency", content: latency),
                Page.Section(id: "time", title: "Over time", content: overTime),
                Page.Section(id: "steps", title: "Steps", content: steps),
                Page.Section(id: "errors", title: "Errors", content: errors),
                Page.Section(id: "limits", title: "Credentials and quotas", content: limits),
                Page.Section(id: "replay", title: "Replay", content: replay),
                Page.Section(
                    id: "conversations", title: "Slowest conversations", content: conversations),
                Page.Section(id: "load", title: "Load and generator", content: load),
                Page.Section(id: "settings", title: "Settings and machine", content: settings),
                Page.Section(id: "reading", title: "How to read this", content: reading),
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
        let notes = Self.items(summary.notes)
        let noteList: Markup = notes.isEmpty ? "" : "<ul class=\"notes\">\(notes)</ul>\n"
        let workloads = run.workloads.joined(separator: " ")
        return """
            <header>
            <h1>\(run.name)</h1>
            <p class="soft">\(run.command) of \(workloads) on \(run.service) at \
            \(run.target), \(run.started)</p>
            \(outcome)\(verdict)\(noteList)\(badges)</header>

            """
    }

    private var outcome: Markup {
        guard let words = summary.failureInWords else { return "" }
        return
            "<div class=\"verdict invalid\" role=\"alert\"><b>\(HTMLText.clipped(words, to: 400))</b></div>\n"
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
        let role: Markup = grade == .invalid ? " role=\"alert\"" : ""
        return """
            <div class="verdict \(style)"\(role)><b>Generator \(grade.rawValue)</b>
            <p>\(Self.sentence(grade.meaning))</p>\(reasons(on: .generator))</div>
            \(offeredLoad)
            """
    }

    /// Only where the load was not reached: that it was is what everybody takes for granted.
    private var offeredLoad: Markup {
        guard let load = summary.verdict.load, load == .notReached else { return "" }
        return """
            <div class="verdict invalid" role="alert"><b>\(load.sentence).</b>\
            \(reasons(on: .load))</div>

            """
    }

    private func reasons(on subject: VerdictFinding.Subject) -> Markup {
        let items = Self.items(summary.verdict.reasons(on: subject))
        return items.isEmpty ? "" : "<ul>\(items)</ul>"
    }

    private var badges: Markup {
        if summary.slo.isEmpty { return "" }
        let items = summary.slo.prefix(Self.rowLimit).map { result -> Markup in
            let style = result.isVoid ? "void" : result.passed ? "passed" : "failed"
            let details = [
                Self.number(result.samples, "sample"), TerminalReport.windows(of: result),
                result.remark,
            ].filter { !$0.isEmpty }
            let expression = HTMLText.clipped(result.expression, to: 200)
            let more = HTMLText.clipped(details.joined(separator: "; "), to: 200)
            return """
                <li class="\(style)"><b>\(result.word)</b> <code>\(expression)</code>: \
                \(result.valueText)<br><small>\(more)</small></li>
                """
        }
        return "<h2 class=\"slos\">\(summary.slo.title)</h2>\n<ul class=\"badges\">\(items)</ul>\n"
    }

    /// The figures that most people came for.
    var tiles: Markup {
        let totals = summary.totals
        let failed = totals.failed
        var tiles = [
            tile(
                "Turns/s", Figures.decimal(totals.turnsPerSecond, places: 2),
                "that succeeded, over \(Figures.duration(totals.span.length * 1_000)) of load"),
            tile(
                "Successes/s", Figures.decimal(totals.successesPerSecond, places: 2),
                "of \(Figures.decimal(totals.exchangesPerSecond, places: 2)) exchanges/s"),
            tile("Response p50", .p50, \.p50), tile("Response p95", .p95, \.p95),
            tile("Response p99", .p99, \.p99),
            tile("Slowest response", Figures.duration(summary.latency.response.max)),
            tile(
                "Failed", Figures.count(failed),
                "\(Figures.share(failed, of: totals.exchanges)) of the exchanges",
                isAlarm: failed > 0),
            tile(
                "Rejected", Figures.count(totals.rejected),
                "of those that failed, status 429 or 529",
                isAlarm: totals.rejected > 0),
            tile(
                "Exchanges", Figures.count(totals.exchanges),
                "in \(Figures.decimal(totals.durationSeconds, places: 1)) s"),
        ]
        tiles += furtherTiles
        return "<dl class=\"tiles\">\(tiles)</dl>\n"
    }

    private var furtherTiles: [Markup] {
        let totals = summary.totals
        let talks = totals.conversations
        var tiles = [
            tile(
                "Conversations", Figures.count(talks.started),
                "\(Figures.count(talks.completed)) completed, \(Figures.count(talks.failed)) "
                    + "failed, \(Figures.count(talks.aborted)) cut off by the end")
        ]
        if let users = summary.verdict.schedule?.maxUsers {
            tiles.append(tile("Most users at once", Figures.count(users)))
        }
        if let goodput = totals.goodput {
            tiles.append(
                tile("Goodput", "\(Figures.decimal(goodput * 100, places: 1)) %", "of the turns"))
        }
        if totals.retries > 0 {
            tiles.append(
                tile(
                    "Retries", Figures.count(totals.retries),
                    "\(Figures.count(totals.saved)) saved their turn"))
        }
        if totals.throttled > 0 {
            tiles.append(
                tile(
                    "Throttled", Figures.count(totals.throttled),
                    "\(Figures.duration(totals.throttledSeconds * 1_000)) in all"))
        }
        if totals.promptTokens + totals.replyTokens > 0 {
            tiles.append(
                tile(
                    "Reply tokens", Figures.count(totals.replyTokens),
                    "\(Figures.count(totals.promptTokens)) in prompts, \(totals.tokenSource)"))
        }
        return tiles
    }

    /// A percentile of the response time, or how many samples it takes.
    private func tile(
        _ name: String, _ percentile: Percentile, _ place: KeyPath<Distribution, Double?>
    ) -> Markup {
        let latency = summary.latency
        guard let value = latency.response[keyPath: place] else {
            return tile(name, Figures.missing, "takes \(percentile.samplesNeeded) successes")
        }
        let service = Figures.duration(latency.service[keyPath: place])
        return tile(name, Figures.duration(value), "service \(service)")
    }

    private func tile(
        _ name: String, _ value: String, _ more: String = "", isAlarm: Bool = false
    ) -> Markup {
        let small: Markup = more.isEmpty ? "" : "<small>\(more)</small>"
        let style: Markup = isAlarm ? " class=\"alarm\"" : ""
        return "<div><dt>\(name)</dt><dd\(style)>\(value)\(small)</dd></div>\n"
    }

    private static func items(_ texts: [String]) -> Markup {
        Markup(texts.prefix(50).map { "<li>\(HTMLText.clipped($0, to: 500))</li>" })
    }

    private static func sentence(_ words: String) -> String {
        words.prefix(1).uppercased() + words.dropFirst() + "."
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
            let loops = number(stall.loops, "event loop")
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
            columns: [
                Table.Column("name", isNumber: false), Table.Column("value", isNumber: false),
            ],
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
        var rows: [(String, String)] = []
        if let requested = schedule.requestedRate, let achieved = schedule.achievedRate {
            rows += [
                ("conversations per second asked for", Figures.decimal(requested, places: 2)),
                ("conversations per second started", Figures.decimal(achieved, places: 2)),
            ]
        }
        if let variation = schedule.variation {
            rows.append(
                ("variation of the gaps between starts", Figures.decimal(variation, places: 2)))
        }
        rows += [
            ("conversations started", Figures.count(schedule.started)),
            ("starts that found no free user", Figures.count(schedule.dropped)),
            (
                "of them behind a stall of the generator",
                schedule.droppedLate.map { Figures.count($0) } ?? ""
            ),
            ("starts given up after a stall", Figures.count(schedule.missed)),
        ]
        if let wanted = schedule.wantedUsers {
            rows.append(("users wanted at once", Figures.count(wanted)))
        }
        if let span = schedule.startSpan {
            rows.append(("time over which the users began", Figures.duration(span * 1_000)))
        }
        rows += [
            ("most users at work at once", Figures.count(schedule.maxUsers)),
            ("most users connected at once", Figures.count(schedule.maxConnected)),
        ]
        if let seconds = schedule.backedOffSeconds, seconds > 0 {
            rows.append(
                ("users waited after immediate failures", Figures.duration(seconds * 1_000)))
        }
        if let reconnects = schedule.reconnects, let repeated = schedule.repeatedRequests {
            rows.append(("reconnects after an idle close", Figures.count(reconnects)))
            rows.append(("requests sent again then", Figures.count(repeated)))
        }
        return rows.filter { !$0.1.isEmpty }
    }
}
