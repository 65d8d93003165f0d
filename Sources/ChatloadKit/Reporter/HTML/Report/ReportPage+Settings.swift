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
        if let source = verdict.arrivalTimes {
            let words = [source.meaning] + verdict.remarksOnArrivals
            html += Self.pairs("What was received", [("arrival times", words.joined(separator: "; "))])
                .html
        }
        let workers = verdict.workers.prefix(Self.rowLimit).map { worker in
            ("worker \(worker.worker)", "\(Figures.decimal(worker.share * 100, places: 0)) %")
        }
        if !workers.isEmpty { html += Self.pairs("Processor time of a core", workers).html }
        return html
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
            ("starts given up after a stall", Figures.count(schedule.missed)),
        ]
        if let wanted = schedule.wantedUsers {
            rows.append(("users wanted at once", Figures.count(wanted)))
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
        return rows
    }
}
