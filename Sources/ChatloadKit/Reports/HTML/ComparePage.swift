import Base

/// `compare.html`: a comparison in one file for people who look at it in a browser.
struct ComparePage {
    let comparison: Comparison

    /// The whole page.
    var html: String {
        Page(
            title:
                "\(names(of: comparison.new)) and \(names(of: comparison.base)): chatload compare",
            head: head,
            sections: [
                Page.Section(id: "main", title: "Whole run", content: figures(ofSteps: false)),
                Page.Section(id: "curves", title: "Latency by percentile", content: curves),
                Page.Section(id: "steps", title: "Steps", content: figures(ofSteps: true)),
                Page.Section(id: "runs", title: "Runs", content: runs),
                Page.Section(id: "settings", title: "What differs besides", content: settings),
                Page.Section(id: "reading", title: "How to read this", content: reading),
            ]
        ).html
    }

    private func names(of side: ComparedSide) -> String {
        HTMLText.clipped(side.runs.joined(separator: ", "), to: 200)
    }

    private var reading: Markup {
        """
        <p>\(CompareWords.explanation(of: comparison))</p>
        <p>“No evidence” does not mean that nothing has changed: its interval says how large a \
        change may still be. “Too few samples” says that not even that can be told.</p>
        <p>How intervals and verdicts are made stands in <code>reports/README.md</code>; all \
        figures are in <code>compare.json</code> and <code>compare.csv</code>.</p>

        """
    }
}

/// What a reader must see first: what the comparison says, and whether it can be trusted.
extension ComparePage {
    private var head: Markup {
        let sides = [("BASE", comparison.base), ("NEW", comparison.new)].map { name, side in
            "\(name): \(names(of: side))"
        }
        return """
            <header>
            <h1>Has anything changed?</h1>
            <p class="soft">\(sides.joined(separator: " · "))</p>
            \(alarms)\(verdict)\(list(comparison.warnings, style: "notes alarm"))\
            \(list(comparison.notes, style: "soft"))\(limits)</header>

            """
    }

    private var alarms: Markup {
        if comparison.alarms.isEmpty { return "" }
        return """
            <div class="verdict invalid" role="alert"><b>Not to be believed</b>\
            \(list(comparison.alarms, style: ""))</div>

            """
    }

    private var verdict: Markup {
        let style =
            switch comparison.verdict {
            case .faster, .failsLess: "valid"
            case .slower, .mixed, .changed, .more, .fewer, .failsMore: "suspect"
            case .noEvidence, .tooFew, .biased: "unjudged"
            }
        let word = comparison.verdict.rawValue
        return """
            <div class="verdict \(style)"><b>\(word.prefix(1).uppercased() + word.dropFirst())</b>
            <p>\(CompareWords.sentence(of: comparison)).</p></div>

            """
    }

    private var limits: Markup {
        if comparison.limits.isEmpty { return "" }
        let items = comparison.limits.map { limit -> Markup in
            let style =
                switch limit.state {
                case .kept: "passed"
                case .broken, .notKept: "failed"
                case .unclear, .notJudged: "unjudged"
                }
            return """
                <li class="\(style)"><b>\(limit.state.rawValue)</b> \
                \(CompareWords.text(of: limit, in: comparison))</li>
                """
        }
        return "<ul class=\"badges\">\(items)</ul>\n"
    }

    private func list(_ sentences: [String], style: String) -> Markup {
        if sentences.isEmpty { return "" }
        let items = sentences.map { "<li>\(HTMLText.clipped($0))</li>" as Markup }
        return "<ul class=\"\(style)\">\(items)</ul>\n"
    }
}

/// Both sides' latencies over each other.
extension ComparePage {
    var curves: Markup { Markup(comparison.curves.map(chart)) }

    private func chart(_ curves: ComparedCurves) -> Markup {
        let sides = [("BASE", 0, curves.base), ("NEW", 1, curves.new)]
        let longest = curves.base.count < curves.new.count ? curves.new : curves.base
        let name = curves.metric.rawValue
        guard let last = longest.last else { return "" }
        let series = sides.map { name, style, points in
            LineChart.Series(
                name: name, style: style,
                points: points.map { LineChart.Point(x: Self.place(of: $0), y: $0.value) })
        }
        let marks = longest.indices.map { index in
            let values = sides.filter { index < $0.2.count }
                .map { "\($0.0) \(Figures.duration($0.2[index].value))" }
            let head = "\(Self.percent(longest[index].share)) % took no longer than"
            return LineChart.Mark(
                x: Self.place(of: longest[index]),
                tip: ([head] + values + [Self.change(curves, at: index)])
                    .joined(separator: "\n"))
        }
        let highest = (curves.base + curves.new).map(\.value).max() ?? 0
        let chart = LineChart(
            x: .percentile(upTo: last.share), title: "share of the successes",
            plots: [LineChart.Plot(pixels: 240, y: .duration(upTo: highest), series: series)],
            marks: marks)
        return chart.figure(
            in: ChartFrame(
                id: "curve-\(name)", caption: Self.caption(of: curves.metric),
                words: words(for: curves)))
    }

    private static func caption(of metric: ComparedFigure.Metric) -> String {
        switch metric {
        case .response: "Response time"
        case .service: "Service time"
        case .reply: "Reply time"
        case .ttfb: "Time to the first byte"
        case .conversation: "Length of completed conversations"
        default: metric.rawValue
        }
    }

    private func words(for curves: ComparedCurves) -> String {
        let rows = comparison.figures.filter { row in
            row.metric == curves.metric && row.step == nil && row.base != nil && row.new != nil
        }
        let figures = rows.map { row in
            "\(row.name) \(row.text(of: row.base)) and \(row.text(of: row.new))"
        }
        return "Line chart of \(curves.metric.rawValue) by percentile, BASE and NEW. "
            + figures.joined(separator: ", ") + ". Arrow keys tell each point."
    }

    /// Both have their points at the same shares, from 0 on.
    private static func change(_ curves: ComparedCurves, at index: Int) -> String {
        guard index < curves.base.count, index < curves.new.count,
            curves.base[index].value > 0
        else { return "" }
        let change = curves.new[index].value / curves.base[index].value - 1
        return "\(CompareWords.percent(change)) %"
    }

    private static func place(of point: PercentilePoint) -> Double { 1 / (1 - point.share) }

    private static func percent(_ share: Double) -> String {
        var text = Figures.decimal(share * 100, places: 6)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}

/// The figures side by side.
extension ComparePage {
    /// All figures of the whole run, or those of its steps.
    func figures(ofSteps isOfSteps: Bool) -> Markup {
        let rows = comparison.figures.filter { ($0.step != nil) == isOfSteps }
        if rows.isEmpty { return "" }
        let first = isOfSteps ? [Table.Column("step", isNumber: false)] : []
        return Table(
            caption: isOfSteps ? "Figures of each step" : "Figures of all exchanges",
            columns: first + Self.columns,
            rows: rows.map { row in
                (isOfSteps ? [.text(row.step ?? "")] : []) + cells(of: row)
            }
        ).html
    }

    private static let columns = [
        Table.Column("figure", isNumber: false), Table.Column("BASE"), Table.Column("NEW"),
        Table.Column("change", meaning: "NEW less BASE, in percent of BASE or percentage points"),
        Table.Column("interval", isNumber: false, meaning: "Confidence interval of the change"),
        Table.Column("verdict", isNumber: false),
        Table.Column("p", meaning: "Chance of a false verdict, adjusted for all figures together"),
        Table.Column("BASE samples"), Table.Column("NEW samples"),
    ]

    private func cells(of row: FigureDifference) -> [Table.Cell] {
        let chance = row.adjustedChance.map { $0 < 0.001 ? "<0.001" : Figures.round($0) }
        return [
            .text(row.name), Table.Cell(content: "\(row.text(of: row.base))", key: row.base),
            Table.Cell(content: "\(row.text(of: row.new))", key: row.new),
            Table.Cell(content: "\(row.change)", key: row.relative ?? row.difference),
            .text(row.interval.replacing(" ", with: "\u{A0}")),
            .text(row.verdict.rawValue, style: row.isWorse ? "alarm" : ""),
            Table.Cell(content: "\(chance ?? Figures.missing)", key: row.adjustedChance),
            .count(row.baseSamples), .count(row.newSamples),
        ]
    }

    var runs: Markup {
        let rows = [("BASE", comparison.base), ("NEW", comparison.new)].flatMap { name, side in
            zip(side.runs, side.verdicts).map { run, verdict in
                [
                    Table.Cell.text(run), .text(name),
                    .text(verdict.rawValue, style: verdict == .invalid ? "alarm" : ""),
                ]
            }
        }
        let counts = [("BASE", comparison.base), ("NEW", comparison.new)].map { name, side in
            "\(name): \(Figures.count(side.exchanges)) exchanges, \(Figures.count(side.failed)) failed"
        }
        return Table(
            caption: "Runs that are compared",
            columns: ["run", "side", "generator"].map { Table.Column($0, isNumber: false) },
            rows: rows, note: counts.joined(separator: "; ")
        ).html
    }

    var settings: Markup {
        if comparison.differences.isEmpty { return "" }
        return Table(
            caption: "Settings, machine and workload",
            columns: ["what", "BASE", "NEW", "matters"].map { Table.Column($0, isNumber: false) },
            rows: comparison.differences.map { difference in
                [
                    .text(difference.name), .text(Self.known(difference.base)),
                    .text(Self.known(difference.new)),
                    .text(
                        difference.matters ? "makes figures hard to compare" : "",
                        style: difference.matters ? "alarm" : ""),
                ]
            }
        ).html
    }

    private static func known(_ value: String) -> String {
        value.isEmpty ? Figures.missing : value
    }
}
