extension TerminalReport {
    /// Rows of latencies over percentiles.
    var latencies: [Line] {
        var lines = [Line("Latency of successes", .title), percentileHead]
        let latency = summary.latency
        lines += [row("response", latency.response), row("service", latency.service)]
        lines += [row("reply", latency.reply), row("ttfb", latency.ttfb)]
        if latency.failed.count > 0 { lines.append(row("(failed)", latency.failed)) }
        if latency.throttled.count > 0 { lines.append(row("(throttled)", latency.throttled)) }
        lines.append(row("conversation", summary.conversations))
        lines.append(Line("  response counts from the intended send, service from the actual one."))
        return lines + notes { $0.scope == .run }
    }

    /// Footnotes to the figures that the generator's own lateness has changed.
    func notes(_ isOfTable: (LateFigure) -> Bool) -> [Line] {
        summary.verdict.lateFigures.notes(isOfTable).flatMap {
            wrapped($0, label: "*", indent: 2)
        }
    }

    /// The successes' response times by size.
    var histogram: [Line] {
        let bins = HistogramBin.coarse(summary.responseHistogram)
        let most = bins.map(\.count).max() ?? 0
        if most == 0 { return [] }
        let total = bins.reduce(0) { $0 + $1.count }
        return [Line("Response times", .title)]
            + bins.map { bin in
                let range = "\(Figures.duration(bin.from)) –"
                let bound = Figures.duration(bin.to)
                let length = Double(bin.count) / Double(most) * Double(34 + extra)
                let dots = bin.count == 0 ? 0 : max(1, Int(length.rounded()))
                return Line(
                    TextLayout.right(range, 11) + TextLayout.right(bound, 8)
                        + TextLayout.right(Figures.shortCount(bin.count), 13)
                        + TextLayout.right(Figures.share(bin.count, of: total), 9) + "  "
                        + String(repeating: "#", count: dots))
            }
    }

    /// A row for each step.
    var steps: [Line] {
        if summary.steps.isEmpty { return [] }
        let steps = summary.steps.map { ("  \(TextLayout.visible($0.key))", $0.value) }
            .sorted { $0.0 < $1.0 }
        let width = width(21, for: steps.map(\.0))
        let head = ["p50", "p95", "p99", "max"].map { TextLayout.right($0, 9) }.joined()
        let counts = TextLayout.right("count", 12) + TextLayout.right("failed", 10)
        var lines = [
            Line("Steps, response time", .title),
            Line(TextLayout.left("", width) + counts + head),
        ]
        for (name, step) in steps {
            let times = step.latency.response
            let cells = [times.p50, times.p95, times.p99, times.max]
                .map { TextLayout.right(Figures.duration($0), 9) }
            let numbers =
                TextLayout.right(Figures.shortCount(step.exchanges), 12)
                + TextLayout.right(Figures.shortCount(step.failed), 10)
            lines.append(Line(TextLayout.left(name, width) + numbers + cells.joined()))
        }
        return lines + notes { $0.scope == .step }
    }

    /// The failures but for the rejections, the most frequent first, each with an example.
    var errors: [Line] {
        table("Errors", summary.errors.filter { $0.errorClass != ErrorClass.rejected.rawValue })
    }

    /// What the service refused because there was too much of it: no error of anybody's.
    var rejections: [Line] {
        table("Rejected", summary.errors.filter { $0.errorClass == ErrorClass.rejected.rawValue })
    }

    private func table(_ title: String, _ errors: [ErrorSummary]) -> [Line] {
        if errors.isEmpty { return [] }
        let steps = errors.prefix(Self.errorLimit).map { TextLayout.visible($0.step) }
        let width = width(17, for: steps)
        let head =
            TextLayout.right("count", 10) + TextLayout.right("share", 8) + "  "
            + TextLayout.left("class", 20) + TextLayout.left("step", width) + "status"
            + TextLayout.right("first", 8) + TextLayout.right("last", 8)
        var lines = [Line(title, .title), Line(head)]
        for error in errors.prefix(Self.errorLimit) {
            lines.append(row(error, width))
            if !error.example.isEmpty { lines += example(error.example) }
        }
        let rest = errors.dropFirst(Self.errorLimit)
        if !rest.isEmpty {
            let count = Figures.count(rest.reduce(0) { $0 + $1.count })
            lines.append(Line("  and \(count) of \(rest.count) other kinds, in errors.csv"))
        }
        return lines
    }

    /// The kinds of failure shown; all of them are in `errors.csv`.
    private static let errorLimit = 20

    /// The first lines of an example; all of it is in `errors.csv`.
    private func example(_ text: String) -> [Line] {
        let lines = wrapped(text, label: "", indent: 20)
        if lines.count <= 3 { return lines }
        return lines.prefix(2) + [Line(TextLayout.cut(lines[2].text + " …", columns))]
    }

    private func row(_ error: ErrorSummary, _ width: Int) -> Line {
        let text =
            TextLayout.right(Figures.shortCount(error.count), 10)
            + TextLayout.right(Figures.share(error.count, of: summary.totals.exchanges), 8) + "  "
            + TextLayout.left(error.errorClass, 20)
            + TextLayout.left(TextLayout.cut(TextLayout.visible(error.step), width - 1), width)
            + TextLayout.left(error.status.map { String($0) } ?? Figures.missing, 6)
            + TextLayout.right(Figures.duration(error.first * 1_000), 8)
            + TextLayout.right(Figures.duration(error.last * 1_000), 8)
        return Line(text, .alarm)
    }

    /// The head above rows of latencies.
    var percentileHead: Line {
        Line(row("", "count", shown(Distribution()).map { $0.name.replacing("_", with: ".") }))
    }

    /// A row of a latency's figures.
    func row(_ name: String, _ figures: Distribution) -> Line {
        let cells = shown(figures).map { Figures.duration($0.value) }
        return Line(row(name, Figures.shortCount(figures.count), cells))
    }

    /// The statistics that there is room for.
    private func shown(_ figures: Distribution) -> [(name: String, value: Double?)] {
        let further = ["min", "p75", "stddev"].prefix(extra / 8)
        let always = ["mean", "p50", "p90", "p95", "p99", "p99_9", "max"]
        return figures.statistics.filter { always.contains($0.name) || further.contains($0.name) }
    }

    private func row(_ name: String, _ count: String, _ cells: [String]) -> String {
        TextLayout.left("  \(name)", 14) + TextLayout.right(count, 10)
            + cells.map { TextLayout.right($0, 8) }.joined()
    }
}
