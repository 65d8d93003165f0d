import Base

/// How long things took.
extension ReportPage {
    var latency: Markup {
        latencyTable.html + intervalTable + curve + histogram
    }

    /// Rows of figures over percentiles.
    private var latencyTable: Table {
        var rows = rows(summary.latency.shown, of: summary.latency)
        rows.append(Self.row("conversation", summary.conversations))
        let hasEdges = summary.steady.totals[.exchanges] != summary.totals[.exchanges]
        if hasEdges {
            rows += self.rows(
                DistributionMetric.main, of: summary.steady.latency, ", steady window")
        }
        let edges = "The steady window is the run without warm-up, ramps and drain."
        let notes = (hasEdges ? [edges] : []) + lateNotes { $0.scope != .step }
        return Table(
            caption: "Latencies of the successes", columns: Self.columns("latency"), rows: rows,
            note: notes.joined(separator: " "))
    }

    /// How well every figure of the run and its steady window is known, for who wants to see.
    private var intervalTable: Markup {
        let shown = summary.intervals.filter { !$0.key.hasPrefix("step.") }
            .sorted { $0.key < $1.key }
        if shown.isEmpty { return "" }
        let rows = shown.map { figure, interval -> [Table.Cell] in
            let unit = Threshold.unit(of: figure) ?? .count
            let values = [interval.value, interval.low, interval.high].map {
                Table.Cell.figure(Self.text(of: $0, unit), $0)
            }
            return [.text(figure)] + values + [
                .figure(interval.text, interval.relative),
                .text(interval.drifts ? "drifts" : ""),
            ]
        }
        let table = Table(
            caption: "Intervals of 95 % confidence",
            columns: [
                .text("figure"), .number("value"), .number("from"), .number("to"),
                .number("±"), .text(""),
            ], rows: rows,
            note: "A figure drifts where the two halves of the run differ in it beyond chance.")
        return "<details><summary>How well known</summary>\(table.html)</details>"
    }

    /// A value with its unit.
    private static func text(of value: Double, _ unit: MetricUnit) -> String {
        switch unit {
        case .milliseconds: Figures.duration(value)
        case .share: Figures.decimal(value * 100, places: 2) + " %"
        default: Figures.decimal(value, places: 2)
        }
    }

    private func rows(
        _ metrics: [DistributionMetric], of latencies: Latencies, _ suffix: String = ""
    ) -> [[Table.Cell]] {
        metrics.filter { latencies[$0].count > 0 && !$0.row.isOfStreams }
            .map { Self.row($0.row.name + suffix, latencies[$0]) }
    }

    /// Footnotes to the figures that the generator's own lateness has changed, as sentences.
    func lateNotes(_ isOfTable: (LateFigure) -> Bool) -> [String] {
        summary.verdict.lateFigures.notes(isOfTable).map {
            $0.prefix(1).uppercased() + $0.dropFirst() + "."
        }
    }

    static func columns(_ first: String) -> [Table.Column] {
        [.text(first)]
            + ["count", "mean", "p50", "p75", "p90", "p95", "p99", "p99.9", "max"]
            .map { .number($0) }
    }

    static func row(_ name: String, _ figures: Distribution) -> [Table.Cell] {
        let values = [
            figures.mean, figures.p50, figures.p75, figures.p90, figures.p95, figures.p99,
            figures.p99_9, figures.max,
        ]
        return [.text(name), .count(figures.count)] + values.map { .duration($0) }
    }

    /// Of lines in the order of the latencies.
    private static let styles = [0, 1, 2, 5]

    private var curve: Markup {
        let curves = DistributionMetric.ofSteps.enumerated().compactMap { place, metric in
            summary.percentiles[metric.row.name].map {
                (name: metric.row.name, style: Self.styles[min(place, 3)], points: $0)
            }
        }
        let chart = LineChart.percentiles(
            curves, "share of the exchanges", pixels: 280,
            whiskers: { name in
                Statistic.allCases.compactMap { statistic in
                    guard let share = statistic.percentile?.share,
                        let interval = summary.intervals["\(name).\(statistic.rawValue)"]
                    else { return nil }
                    return (share, interval)
                }
            })
        guard var chart else { return "" }
        chart.plots[0].joinEqual()
        return chart.figure(
            in: ChartFrame(
                id: "percentiles", caption: "Latency by percentile", words: curveWords,
                note: "As far as the samples say anything about a percentile. Upright strokes are"
                    + " intervals of 95 % confidence."))
    }

    private var curveWords: String {
        let response = summary.latency[.response]
        let figures = [
            ("p50", response.p50), ("p90", response.p90), ("p99", response.p99),
            ("p99.9", response.p99_9),
        ].map { "\($0) \(Figures.duration($1))" }
        return "Line chart of latency by percentile. Response time: "
            + figures.joined(separator: ", ") + ". Arrow keys tell each point."
    }

    private var histogram: Markup {
        let bins = summary.responseHistogram
        guard let first = bins.first, let last = bins.last else { return "" }
        let total = bins.reduce(0) { $0 + $1.count }
        let most = bins.max { $0.count < $1.count } ?? first
        let bars = bins.map { bin in
            Bar(
                from: bin.from, to: bin.to, value: Double(bin.count),
                tip: "\(Self.range(bin.from, bin.to))\n\(Figures.count(bin.count)) exchanges\n"
                    + "\(Figures.share(bin.count, of: total)) of the successes")
        }
        let words =
            "Histogram of the response times of \(Figures.count(total)) successes, from "
            + "\(Figures.duration(first.from)) to \(Figures.duration(last.to)); most, "
            + "\(Figures.count(most.count)), took \(Self.range(most.from, most.to)). "
            + "Arrow keys tell each bar."
        return ChartFrame(id: "histogram", caption: "Response times", words: words).figure(
            bars, x: .logarithmicDuration(from: max(first.from, last.to / 1e7), to: last.to),
            y: .count(upTo: Double(most.count)), title: "response time, logarithmic")
    }

    static func range(_ from: Double, _ to: Double) -> String {
        "\(Figures.duration(from)) – \(Figures.duration(to))"
    }
}
