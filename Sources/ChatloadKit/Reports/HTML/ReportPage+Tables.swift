import Base

/// Figures by step, credential and quota.
extension ReportPage {
    var steps: Markup {
        if summary.steps.isEmpty { return "" }
        let busiest = summary.steps.sorted {
            ($1.value[.exchanges], $0.key) < ($0.value[.exchanges], $1.key)
        }.prefix(Self.stepLimit)
        let rows = busiest.sorted { $0.key < $1.key }.map { name, step in
            let response = step.latency[.response]
            let service = step.latency[.service]
            let times = [
                response.mean, response.p50, response.p90, response.p95, response.p99,
                response.p99_9, response.max, service.p50, service.p99,
            ]
            let counts: [Table.Cell] = [
                .text(HTMLText.clipped(name, to: 120)), .count(step[.exchanges]),
                .count(step[.failed], isAlarm: true),
                .count(step[.rejected], isAlarm: true), .count(step[.retries]),
            ]
            return counts + times.map { .duration($0) }
        }
        let names = [
            "count", "failed", "of which rejected", "retries", "mean", "p50", "p90", "p95", "p99",
            "p99.9", "max", "service p50", "service p99",
        ]
        let columns: [Table.Column] = [.text("step")] + names.map { .number($0) }
        return Table(
            caption: "Steps, response time of the successes", columns: columns, rows: rows,
            note: ([Self.rest(summary.steps.count - rows.count, "steps", "summary.csv")]
                + lateNotes { $0.scope == .step }).filter { !$0.isEmpty }.joined(separator: " ")
        ).html
    }

    var limits: Markup { credentials + quotas }

    private var credentials: Markup {
        if summary.credentials.isEmpty { return "" }
        let busiest = summary.credentials.sorted { $0[.exchanges] > $1[.exchanges] }
            .prefix(Self.rowLimit)
        let hasLimits = busiest.contains { !$0.serviceLimits.isEmpty }
        let rows = busiest.map { credential -> [Table.Cell] in
            let limits = credential.serviceLimits.sorted { $0.key < $1.key }
                .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            let cells: [Table.Cell] = [
                .text(credential.label.isEmpty ? Figures.missing : credential.label),
                .text(credential.isOut ? "out" : "in use", style: credential.isOut ? "alarm" : ""),
                .count(credential[.exchanges]),
                .count(credential[.failed], isAlarm: true),
                .count(credential[.rejected], isAlarm: true), .count(credential[.retries]),
                .duration(credential.seconds(.throttledTime) * 1_000),
                .count(credential[.promptTokens]), .count(credential[.replyTokens]),
                .duration(credential.p50), .duration(credential.p99),
            ]
            return hasLimits ? cells + [.text(limits)] : cells
        }
        let names = [
            "count", "failed", "of which rejected", "retries", "held back", "prompt tokens",
            "reply tokens", "p50", "p99",
        ]
        return Table(
            caption: "Credentials, response time of the successes",
            columns: [.text("credential"), .text("state")] + names.map { .number($0) }
                + (hasLimits ? [.text("limits the service told")] : []),
            rows: rows,
            note: Self.rest(summary.credentials.count - rows.count, "credentials", "summary.json")
        ).html
    }

    private var quotas: Markup {
        if summary.quotas.isEmpty { return "" }
        let rows = summary.quotas.prefix(Self.rowLimit).map { quota -> [Table.Cell] in
            [
                .text(quota.expression), .count(quota.used), .count(quota.limit),
                .duration(quota.throttledSeconds * 1_000), .count(quota.spent),
            ]
        }
        return Table(
            caption: "Quotas",
            columns: [
                .text("quota"), .number("used"),
                .number("limit", meaning: "per period, where the quota has one"),
                .number("held back", meaning: "how long it held exchanges back, in all"),
                .number("spent", meaning: "how many of its scopes have used up a total"),
            ], rows: rows,
            note: Self.rest(summary.quotas.count - rows.count, "quotas", "summary.json")
        ).html
    }

    /// What a table leaves out, and where it is; nothing where that is nothing.
    static func rest(_ count: Int, _ what: String, _ file: String) -> String {
        count > 0 ? "And \(Figures.count(count)) more \(what), in \(file)." : ""
    }
}

/// What went wrong, kind by kind.
extension ReportPage {
    var errors: Markup {
        if summary.errors.isEmpty { return "<p>No exchange failed.</p>\n" }
        let shown = summary.errors.prefix(Self.rowLimit)
        let end = summary.timeline.last.map { $0.start + $0.seconds } ?? 0
        let rows = shown.map { error -> [Table.Cell] in
            let example = HTMLText.clipped(error.example, to: 400)
            return [
                .text(error.errorClass, style: "alarm"), .count(error.count),
                .share(error.count, of: summary.totals[.exchanges]), .text(error.step),
                .figure(
                    error.status.map { String($0) } ?? Figures.missing,
                    error.status.map { Double($0) }),
                .figure(Self.moment(error.first, outOf: end), error.first),
                .figure(Self.moment(error.last, outOf: end), error.last),
                Table.Cell(content: example.isEmpty ? "" : "<code>\(example)</code>"),
            ]
        }
        return Table(
            caption: "Failed exchanges by kind",
            columns: [
                .text("class"), .number("count"), .number("share", meaning: "of all exchanges"),
                .text("step"), .number("status"), .number("first"), .number("last"),
                .text("example, that of the first"),
            ], rows: rows,
            note: Self.rest(summary.errors.count - rows.count, "kinds", "errors.csv")
        ).html
    }

    /// A point in time; in a short run to a tenth of a second.
    static func moment(_ seconds: Double, outOf length: Double) -> String {
        if length < 120 { return "\(Figures.decimal(seconds, places: 1)) s" }
        return Figures.moment(seconds, outOf: length)
    }
}

/// How a replay kept to what was recorded: when turns were sent, and what came back.
extension ReportPage {
    var replay: Markup { lateness + drift }

    private var lateness: Markup {
        let rows = [
            ("first turns", summary.lateness.starts), ("later turns", summary.lateness.turns),
        ].filter { $0.1.count > 0 }
        if rows.isEmpty { return "" }
        return Table(
            caption: "How much later than recorded turns were sent",
            columns: Self.columns("turns"), rows: rows.map(Self.row)
        ).html
    }

    private var drift: Markup {
        let drift = summary.drift
        if drift.compared + drift.missing == 0 { return "" }
        let counts = [
            ("exactly the same", drift.exact), ("but for case and space", drift.equalAfterFolding),
            ("changed", drift.changed),
        ].map { name, count -> [Table.Cell] in
            [.text(name), .count(count), .share(count, of: drift.compared)]
        }
        let all = Table(
            caption: "Replies beside the recorded ones",
            columns: [.text("reply"), .number("count"), .number("share")], rows: counts,
            isSortable: false, note: Self.words(on: drift))
        return all.html + (drift.mostChanged.isEmpty ? "" : Self.examples(drift.mostChanged).html)
    }

    private static func words(on drift: ReplyDiffFigures) -> String {
        var words: [String] = []
        if drift.missing > 0 {
            words.append("\(Figures.count(drift.missing)) recorded replies have none beside them.")
        }
        if let mean = drift.meanDistance, let median = drift.medianDistance {
            words.append(
                "Distance: mean \(Figures.decimal(mean, places: 3)), median "
                    + "\(Figures.decimal(median, places: 3)); 0 is the same text, 1 a wholly "
                    + "different one.")
        }
        if drift.cut > 0 {
            words.append(
                "Of \(Figures.count(drift.cut)) long replies the beginning of what differs stands "
                    + "for the rest.")
        }
        return words.joined(separator: " ")
    }

    private static func examples(_ examples: [DriftExample]) -> Table {
        Table(
            caption: "Replies that changed most",
            columns: [
                .text("conversation"), .number("turn"), .number("distance"), .text("recorded"),
                .text("live"),
            ],
            rows: examples.prefix(rowLimit).map { example in
                [
                    .text(example.conversation), .count(example.turn),
                    .figure(Figures.decimal(example.distance, places: 3), example.distance),
                    .text(example.recorded), .text(example.live),
                ]
            })
    }
}
