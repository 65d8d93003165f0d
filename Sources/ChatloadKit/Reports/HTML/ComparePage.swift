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
                ("main", "Whole run", figures(ofSteps: false)),
                ("curves", "Latency by percentile", curves),
                ("steps", "Steps", figures(ofSteps: true)),
                ("runs", "Runs", runs),
                ("settings", "What differs besides", settings),
                ("reading", "How to read this", reading),
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
            \(alarms)\(verdict)\(list(comparison.warnings, "notes alarm"))\
            \(list(comparison.notes, "soft"))\(limits)</header>

            """
    }

    private var alarms: Markup {
        if comparison.alarms.isEmpty { return "" }
        return .verdict("invalid", "Not to be believed", list(comparison.alarms, ""))
    }

    private var verdict: Markup {
        let style =
            switch comparison.verdict {
            case .faster, .failsLess: "valid"
            case .slower, .mixed, .changed, .more, .fewer, .failsMore: "suspect"
            case .noEvidence, .tooFew, .biased: "unjudged"
            }
        let word = comparison.verdict.rawValue
        return .verdict(
            style, word.prefix(1).uppercased() + word.dropFirst(),
            "\n<p>\(CompareWords.sentence(of: comparison)).</p>")
    }

    private var limits: Markup {
        if comparison.limits.isEmpty { return "" }
        return .badges(
            comparison.limits.map { limit in
                let style =
                    switch limit.state {
                    case .kept: "passed"
                    case .broken, .notKept: "failed"
                    case .unclear, .notJudged: "unjudged"
                    }
                let text = CompareWords.text(of: limit, in: comparison)
                return (style, limit.state.rawValue, "\(text)")
            })
    }

    private func list(_ sentences: [String], _ style: String) -> Markup {
        .list(sentences, style: style, to: HTMLText.limit)
    }
}

/// Both sides' latencies over each other.
extension ComparePage {
    var curves: Markup { Markup(comparison.curves.map(chart)) }

    private func chart(_ curves: ComparedCurves) -> Markup {
        let chart = LineChart.percentiles(
            [("BASE", 0, curves.base), ("NEW", 1, curves.new)], "share of the successes",
            pixels: 240, more: { [Self.change(curves, at: $0)] })
        return chart?.figure(
            in: ChartFrame(
                id: "curve-\(curves.metric.rawValue)", caption: Self.caption(of: curves.metric),
                words: words(for: curves))) ?? ""
    }

    private static func caption(of metric: ComparedFigure.Metric) -> String {
        if case .distribution(let metric) = metric { metric.row.title } else { metric.rawValue }
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
}

/// The figures side by side.
extension ComparePage {
    /// All figures of the whole run, or those of its steps.
    func figures(ofSteps isOfSteps: Bool) -> Markup {
        let rows = comparison.figures.filter { ($0.step != nil) == isOfSteps }
        if rows.isEmpty { return "" }
        let first: [Table.Column] = isOfSteps ? [.text("step")] : []
        return Table(
            caption: isOfSteps ? "Figures of each step" : "Figures of all exchanges",
            columns: first + Self.columns,
            rows: rows.map { row in
                (isOfSteps ? [.text(row.step ?? "")] : []) + cells(of: row)
            }
        ).html
    }

    private static let columns: [Table.Column] = [
        .text("figure"), .number("BASE"), .number("NEW"),
        .number("change", meaning: "NEW less BASE, in percent of BASE or percentage points"),
        .text("interval", meaning: "Confidence interval of the change"),
        .text("verdict"),
        .number("p", meaning: "Chance of a false verdict, adjusted for all figures together"),
        .number("BASE samples"), .number("NEW samples"),
    ]

    private func cells(of row: FigureDifference) -> [Table.Cell] {
        let chance = row.adjustedChance.map { $0 < 0.001 ? "<0.001" : Figures.round($0) }
        return [
            .text(row.name), .figure(row.text(of: row.base), row.base),
            .figure(row.text(of: row.new), row.new),
            .figure(row.change, row.relative ?? row.difference),
            .text(row.interval.replacing(" ", with: "\u{A0}")),
            .text(row.verdict.rawValue, style: row.isWorse ? "alarm" : ""),
            .figure(chance ?? Figures.missing, row.adjustedChance),
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
            columns: ["run", "side", "generator"].map { .text($0) },
            rows: rows, note: counts.joined(separator: "; ")
        ).html
    }

    var settings: Markup {
        if comparison.differences.isEmpty { return "" }
        return Table(
            caption: "Settings, machine and workload",
            columns: ["what", "BASE", "NEW", "matters"].map { .text($0) },
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
