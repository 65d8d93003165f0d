/// Figures by step, credential and quota.
extension ReportPage {
    var steps: Markup {
        if summary.steps.isEmpty { return "" }
        let busiest = summary.steps.sorted {
            ($1.value.exchanges, $0.key) < ($0.value.exchanges, $1.key)
        }.prefix(Self.stepLimit)
        let rows = busiest.sorted { $0.key < $1.key }.map { name, step in
            let response = step.latency.response
            let service = step.latency.service
            let times = [
                response.mean, response.p50, response.p90, response.p95, response.p99,
                response.p99_9, response.max, service.p50, service.p99,
            ]
            let counts: [Table.Cell] = [
                .text(HTMLText.clipped(name, to: 120)), .count(step.exchanges),
                .count(step.failed, isAlarm: true),
                .count(step.rejected, isAlarm: true), .count(step.retries),
            ]
            return counts + times.map { .duration($0) }
        }
        let names = [
            "count", "failed", "of which rejected", "retries", "mean", "p50", "p90", "p95", "p99",
            "p99.9",
            "max", "service p50", "service p99",
        ]
        let columns = [Table.Column("step", isNumber: false)] + names.map { Table.Column($0) }
        return Table(
            caption: "Steps, response time of the successes", columns: columns, rows: rows,
            note: ([Self.rest(summary.steps.count - rows.count, "steps", "summary.csv")]
                + lateNotes { $0.scope == .step }).filter { !$0.isEmpty }.joined(separator: " ")
        ).html
    }

    var limits: Markup { credentials + quotas }

    private var credentials: Markup {
        if summary.credentials.isEmpty { return "" }
        let busiest = summary.credentials.sorted { $0.exchanges > $1.exchanges }
            .prefix(Self.rowLimit)
        let hasLimits = busiest.contains { !$0.serviceLimits.isEmpty }
        let rows = busiest.map { credential -> [Table.Cell] in
            let limits = credential.serviceLimits.sorted { $0.key < $1.key }
                .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            let cells: [Table.Cell] = [
                .text(credential.label.isEmpty ? Figures.missing : credential.label),
                .text(credential.isOut ? "out" : "in use", style: credential.isOut ? "alarm" : ""),
                .count(credential.exchanges),
                .count(credential.failed, isAlarm: true),
                .count(credential.rejected, isAlarm: true), .count(credential.retries),
                .duration(credential.throttledSeconds * 1_000),
                .count(credential.promptTokens), .count(credential.replyTokens),
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
            columns: [
                Table.Column("credential", isNumber: false), Table.Column("state", isNumber: false),
            ] + names.map { Table.Column($0) }
                + (hasLimits ? [Table.Column("limits the service told", isNumber: false)] : []),
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
                Table.Column("quota", isNumber: false), Table.Column("used"),
                Table.Column("limit", meaning: "per period, where the quota has one"),
                Table.Column("held back", meaning: "how long it held exchanges back, in all"),
                Table.Column("spent", meaning: "how many of its scopes have used up a total"),
            ], rows: rows,
            note: Self.rest(summary.quotas.count - rows.count, "quotas", "summary.json")
        ).html
    }

    /// What a table leaves out, and where it is; nothing where that is nothing.
    static func rest(_ count: Int, _ what: String, _ file: String) -> String {
        count > 0 ? "And \(Figures.count(count)) more \(what), in \(file)." : ""
    }
}
