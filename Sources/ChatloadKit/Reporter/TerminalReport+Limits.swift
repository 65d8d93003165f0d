extension TerminalReport {
    /// A row for each credential, with what the service says of its limits.
    var credentials: [Line] {
        if summary.credentials.isEmpty { return [] }
        let shown = summary.credentials.prefix(Self.credentialLimit)
        let width = width(16, for: shown.map(label))
        let names = ["failed", "rejected", "retries", "waited", "p50", "p99"]
        let head =
            TextLayout.left("", width) + TextLayout.right("count", 10)
            + names.map { TextLayout.right($0, 9) }.joined()
        var lines = [Line("Credentials, response time", .title), Line(head)]
        for credential in shown {
            lines.append(row(credential, width))
            let limits = credential.serviceLimits.sorted { $0.key < $1.key }
            let words = limits.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            if !words.isEmpty { lines += wrapped(words, label: "", indent: 4) }
        }
        let rest = summary.credentials.count - Self.credentialLimit
        if rest > 0 { lines.append(Line("  and \(Figures.count(rest)) more, in summary.json")) }
        return lines
    }

    /// A row for each of our quotas.
    var quotas: [Line] {
        if summary.quotas.isEmpty { return [] }
        let names = summary.quotas.map { "  \(TextLayout.visible($0.expression))" }
        let width = width(38, for: names)
        let head =
            TextLayout.left("", width) + TextLayout.right("used", 14)
            + TextLayout.right("limit", 12)
            + TextLayout.right("waited", 9) + TextLayout.right("spent", 7)
        let rows = zip(summary.quotas, names).map { quota, name in
            Line(
                TextLayout.left(name, width)
                    + TextLayout.right(Figures.shortCount(quota.used), 14)
                    + TextLayout.right(Figures.shortCount(quota.limit), 12)
                    + TextLayout.right(Figures.duration(quota.throttledSeconds * 1_000), 9)
                    + TextLayout.right(Figures.shortCount(quota.spent), 7))
        }
        return [Line("Quotas", .title), Line(head)] + rows
    }

    /// The credentials shown; all of them are in `summary.json`.
    private static let credentialLimit = 20

    private func label(_ credential: CredentialResult) -> String {
        let label = credential.label.isEmpty ? Figures.missing : credential.label
        return "  \(TextLayout.visible(label))" + (credential.isOut ? " (out)" : "")
    }

    private func row(_ credential: CredentialResult, _ width: Int) -> Line {
        let waited = credential.throttledSeconds * 1_000
        let cells = [
            Figures.shortCount(credential.failed),
            Figures.shortCount(credential.rejected), Figures.shortCount(credential.retries),
            Figures.duration(waited), Figures.duration(credential.p50),
            Figures.duration(credential.p99),
        ]
        return Line(
            TextLayout.left(label(credential), width)
                + TextLayout.right(Figures.shortCount(credential.exchanges), 10)
                + cells.map { TextLayout.right($0, 9) }.joined())
    }
}
