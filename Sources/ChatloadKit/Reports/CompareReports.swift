package import Base

extension Comparison {
    /// Writes the files that are made from it into `folder`, each replaced as a whole.
    ///
    /// - Returns: the paths written.
    /// - Throws: when the folder or a file cannot be written.
    package func write(to folder: String) throws(Fault) -> [String] {
        try Files.makeFolder(folder)
        let files = [
            ("compare.html", Array(ComparePage(comparison: self).html.utf8)),
            ("compare.json", try JSONReport.bytes(self)), ("compare.csv", Array(csv.utf8)),
        ]
        return try files.map { (name, bytes) throws(Fault) in
            try Files.replace("\(folder)/\(name)", with: bytes)
            return "\(folder)/\(name)"
        }
    }

    /// `compare.csv`: a row for each figure; what does not exist is an empty cell.
    var csv: String {
        var table = CSVTable(columns: [
            "metric", "step", "statistic", "unit", "verdict", "base", "new", "base_samples",
            "new_samples", "difference", "low", "high", "relative", "relative_low",
            "relative_high", "p_value", "adjusted_p_value",
        ])
        for row in figures {
            table.add(
                [
                    row.metric.rawValue, row.step ?? "", row.statistic?.rawValue ?? "",
                    row.unit.rawValue, row.verdict.rawValue,
                ],
                figures: [
                    row.base, row.new, Double(row.baseSamples), Double(row.newSamples),
                    row.difference, row.low, row.high, row.relative, row.relativeLow,
                    row.relativeHigh, row.chance, row.adjustedChance,
                ])
        }
        return table.text
    }
}

/// A comparison as text for a terminal, 80 columns wide.
package struct CompareText: Sendable {
    let comparison: Comparison
    private let showsAll: Bool
    private let files: [String]
    private let isColoured: Bool

    /// The report of `comparison`, with all of its figures or only those with evidence and the main
    /// ones; `files` are listed at its end.
    package init(
        _ comparison: Comparison, showsAll: Bool = false, files: [String] = [],
        isColoured: Bool = false
    ) {
        self.comparison = comparison
        self.showsAll = showsAll
        self.files = files
        self.isColoured = isColoured
    }

    /// The whole report, ending in a line feed.
    package var text: String {
        TextLine.text(
            of: [conclusion, sides, limits, table, settings, fileList], isColoured: isColoured)
    }

    /// What comes first: that a run must not be believed, then what the comparison says.
    private var conclusion: [TextLine] {
        func marked(_ texts: [String], _ mark: String, _ style: TextLine.Style) -> [TextLine] {
            texts.flatMap { TextLine.wrapped($0, label: mark, indent: 2, style) }
        }
        return marked(comparison.alarms, "!", .alarm)
            + TextLine.wrapped(CompareWords.sentence(of: comparison) + ".", indent: 0, .title)
            + marked(comparison.warnings, "!", .alarm) + marked(comparison.notes, "-", .plain)
    }

    private var sides: [TextLine] {
        [("BASE", comparison.base), ("NEW", comparison.new)].flatMap { name, side in
            let runs = zip(side.runs, side.verdicts).map { run, verdict in
                verdict == .valid ? run : "\(run) (\(verdict.rawValue))"
            }
            let counts =
                "\(Figures.count(side.exchanges)) exchanges, \(Figures.count(side.failed)) failed"
            return TextLine.wrapped(
                "\(runs.joined(separator: ", ")): \(counts)", label: name, indent: 8)
        }
    }

    private var limits: [TextLine] {
        if comparison.limits.isEmpty { return [] }
        return [TextLine("Limits", .title)]
            + comparison.limits.flatMap { limit in
                TextLine.wrapped(
                    CompareWords.text(of: limit, in: comparison), label: limit.state.rawValue,
                    indent: 14, limit.state.closes ? .alarm : .plain)
            }
    }

    private var fileList: [TextLine] {
        if files.isEmpty { return [] }
        return [TextLine("Files", .title)] + files.flatMap { TextLine.wrapped($0, indent: 2) }
    }
}

extension CompareText {
    private var table: [TextLine] {
        let rows = showsAll ? comparison.figures : comparison.shortFigures
        if rows.isEmpty { return [] }
        let hidden = comparison.figures.count - rows.count
        var lines = [
            TextLine(showsAll ? "All figures" : "Main figures, and others with evidence", .title),
            Self.layout.head,
        ]
        var step: String?
        for row in rows {
            if row.step != step {
                step = row.step
                lines.append(
                    TextLine(TextLayout.cut("  step \(TextLayout.visible(step ?? ""))", 80)))
            }
            lines.append(line(of: row))
        }
        return lines + footnotes(hidden: hidden)
    }

    private static let layout = TextTable([
        .left("", 20), .right("BASE", 9, isCut: true), .right("NEW", 9, isCut: true),
        .right("change", 10, isCut: true), .right("interval", 19, isCut: true),
        .left("", 80, gap: 2),
    ])

    private func line(of row: FigureDifference) -> TextLine {
        let verdict = row.verdict == .tooFew ? "too few" : row.verdict.rawValue
        let figures = [row.text(of: row.base), row.text(of: row.new), row.change]
        return Self.layout.row(
            ["  " + (row.step == nil ? "" : "  ") + row.name] + figures + [row.interval, verdict],
            row.isWorse ? .alarm : .plain)
    }

    private func footnotes(hidden: Int) -> [TextLine] {
        let rest =
            hidden > 0
            ? " \(hidden) more figures, without evidence or like those of response, are shown by"
                + " --all." : ""
        return TextLine.wrapped(CompareWords.explanation(of: comparison) + rest, indent: 2)
    }

    private var settings: [TextLine] {
        if comparison.differences.isEmpty { return [] }
        let table = TextTable([
            .left("", 2), .left("", 22), .left("", 27, gap: 1), .left("", 27, gap: 1),
        ])
        return [TextLine("What differs besides (! makes figures hard to compare)", .title)]
            + comparison.differences.map { difference in
                let values = [difference.base, difference.new].map {
                    $0.isEmpty ? Figures.missing : TextLayout.visible($0)
                }
                return table.row(
                    [difference.matters ? "!" : "", TextLayout.visible(difference.name)] + values)
            }
    }
}

/// How the rows of a comparison are told to people.
extension FigureDifference {
    /// Whether it is bad news.
    var isWorse: Bool {
        switch verdict {
        case .slower: true
        case .more: !metric.isRate
        case .fewer: metric.isRate
        default: false
        }
    }

    /// The figure without its step: `response p99.9`, `exchanges/s`.
    var name: String {
        let metric =
            metric.isRate
            ? metric.rawValue.replacing("_per_s", with: "/s")
            : String(metric.rawValue.map { $0 == "_" ? " " : $0 })
        guard let statistic else { return metric }
        return "\(metric) \(statistic == .p99_9 ? "p99.9" : statistic.rawValue)"
    }

    /// The figure with its step: `step refund, response p95`.
    var fullName: String { step.map { "step \(TextLayout.visible($0)), \(name)" } ?? name }

    /// A value in the figure's unit.
    func text(of value: Double?) -> String {
        guard let value else { return Figures.missing }
        if metric.isLatency { return Figures.duration(value) }
        if metric.isRate { return CompareWords.rate(value) }
        return "\(Figures.decimal(value * 100, places: 2)) %"
    }

    /// The difference in percent of BASE, of shares in percentage points.
    var change: String {
        hasPercent
            ? CompareWords.percent(relative) + " %" : CompareWords.signed(difference, unit.rawValue)
    }

    /// The bounds of the difference, as `change` has it; a dash where there are none.
    var interval: String {
        guard let low, let high else { return Figures.missing }
        if hasPercent {
            return "\(CompareWords.percent(relativeLow)) … \(CompareWords.percent(relativeHigh)) %"
        }
        if unit == .share {
            return CompareWords.points(low) + " … " + CompareWords.points(high) + " pp"
        }
        return CompareWords.signed(low, unit.rawValue) + " … "
            + CompareWords.signed(high, unit.rawValue)
    }

    /// Both in one: `+9.2 % (+6.0 … +12.4 %)`.
    var changeWithInterval: String { low == nil ? change : "\(change) (\(interval))" }

    /// Whether percent of BASE say more than the figure's own unit: not of shares, and not of what
    /// has grown a hundredfold.
    private var hasPercent: Bool {
        guard unit != .share, let relative else { return false }
        return [relative, relativeLow ?? 0, relativeHigh ?? 0].allSatisfy { $0.magnitude < 100 }
    }
}

/// Signed numbers, and the sentences of a comparison.
enum CompareWords {
    /// A share in percent, without the sign of percent: one decimal, none from 100 on.
    static func percent(_ share: Double?) -> String {
        guard let share else { return Figures.missing }
        return sign(of: share) + places(share.magnitude * 100)
    }

    /// A difference in its own unit.
    static func signed(_ difference: Double?, _ unit: String) -> String {
        guard let difference else { return Figures.missing }
        let size = difference.magnitude
        switch unit {
        case "ms": return sign(of: difference) + Figures.duration(size)
        case "share": return points(difference) + " pp"
        default: return sign(of: difference) + rate(size) + "/s"
        }
    }

    /// A number per second, with as many decimals as there is room for.
    static func rate(_ value: Double) -> String {
        Figures.decimal(value, places: value < 9_999.5 ? 2 : 0)
    }

    /// A difference of shares in percentage points, without their sign.
    static func points(_ difference: Double) -> String {
        sign(of: difference) + Figures.decimal(difference.magnitude * 100, places: 2)
    }

    /// The comparison's result in a sentence or two.
    static func sentence(of comparison: Comparison) -> String {
        let rows = comparison.decisive.compactMap { name in
            comparison.figures.first { $0.figure.description == name }
        }
        let slower = rows.filter { $0.verdict == .slower }
        let faster = rows.filter { $0.verdict == .faster }
        let rates = rows.filter { !$0.metric.isLatency }
        let also = rates.isEmpty ? "" : "; " + list(rates)
        switch comparison.verdict {
        case .failsMore, .failsLess:
            let failures = rows.filter(\.showsFailures)
            let others = rates.filter { !$0.showsFailures }
            return (comparison.verdict == .failsMore ? "NEW fails more: " : "NEW fails less: ")
                + list(failures + slower + faster + others) + "; " + bias
        case .slower: return "NEW is slower: \(list(slower))\(also)"
        case .faster: return "NEW is faster: \(list(faster))\(also)"
        case .mixed:
            return "NEW is slower and faster: slower in \(list(slower)); faster in"
                + " \(list(faster))\(also)"
        case .changed, .more, .fewer: return "Latencies do not differ, but NEW has \(list(rates))"
        case .tooFew: return "Too few samples to tell whether NEW differs from BASE"
        case .noEvidence, .biased:
            return "No evidence that NEW differs from BASE" + precision(comparison)
        }
    }

    /// Why no latency is called slower or faster.
    private static let bias =
        "latencies are those of the exchanges that succeeded, and cannot be compared where their"
        + " shares differ"

    /// What was allowed, what happened, and what that comes to.
    static func text(of limit: LimitOutcome, in comparison: Comparison) -> String {
        let row = comparison.figures.first { $0.figure.description == limit.figure }
        let change = row.flatMap { row in
            row.difference == nil ? nil : "\(limit.expression) is \(row.changeWithInterval)"
        }
        return (change ?? limit.expression) + (limit.reason.map { ": \($0)" } ?? "")
    }

    /// How the figures of a table are to be read.
    static func explanation(of comparison: Comparison) -> String {
        let settings = comparison.settings
        let confidence = Figures.round(settings.confidence * 100)
        let judged = comparison.figures.count { $0.adjustedChance != nil }
        if judged == 0 { return "There is too little on one side to judge any figure." }
        let late = ["p50", "p99"].compactMap { name in
            settings.lateness[name].flatMap { $0 > 0 ? "\(name) \(Figures.duration($0))" : nil }
        }
        let lateness =
            late.isEmpty
            ? ""
            : ", or of latencies what the generator itself was late by"
                + " (\(late.joined(separator: ", "))),"
        return
            "Changes and their \(confidence) % intervals are in percent of BASE, those of shares in"
            + " percentage points. An interval holds for its figure alone, the words beside it for"
            + " all \(judged) figures together. Differences up to"
            + " \(Figures.round(settings.margin * 100)) %\(lateness) count as none."
    }

    /// How well a difference would have been seen.
    private static func precision(_ comparison: Comparison) -> String {
        let wanted: [Statistic] = [.p50, .p95, .p99]
        let rows = comparison.figures.filter { row in
            row.metric == .distribution(.response) && row.step == nil && row.low != nil
                && row.statistic.map(wanted.contains) == true
        }
        return rows.isEmpty ? "" : ": " + rows.map(told).joined(separator: ", ")
    }

    private static func list(_ rows: [FigureDifference]) -> String {
        rows.map { row in
            let word = row.metric.isLatency ? "" : "\(row.verdict.rawValue) "
            return word + told(row)
        }.joined(separator: ", ")
    }

    private static func told(_ row: FigureDifference) -> String {
        "\(row.fullName) \(row.changeWithInterval)"
    }

    private static func sign(of value: Double) -> String { value < 0 ? "\u{2212}" : "+" }

    private static func places(_ value: Double) -> String {
        Figures.decimal(value, places: value < 99.95 ? 1 : 0)
    }
}

extension Comparison {
    /// The main figures, and of the others those with evidence that do not go the way of their
    /// step's response times.
    var shortFigures: [FigureDifference] {
        var told: [ComparedFigure: Verdict] = [:]
        for row in figures where row.metric == .distribution(.response) {
            told[row.figure] = row.verdict
        }
        return figures.filter { row in
            if row.isMain || !row.hasEvidence { return row.isMain }
            var response = row.figure
            response.metric = .distribution(.response)
            return row.metric == .distribution(.response) || told[response] != row.verdict
        }
    }
}
