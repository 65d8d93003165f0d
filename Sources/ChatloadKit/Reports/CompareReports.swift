package import Base

/// Writes the files that are made from a comparison.
package enum CompareFolder {
    static let page = "compare.html"
    static let json = "compare.json"
    static let table = "compare.csv"

    /// Writes all of them into `folder`, each replaced as a whole, and says which.
    ///
    /// - Returns: the paths written.
    /// - Throws: when the folder or a file cannot be written.
    package static func write(
        _ comparison: Comparison, to folder: String
    ) throws(Fault) -> [String] {
        try Files.makeFolder(folder)
        let files = [
            (page, Array(ComparePage(comparison: comparison).html.utf8)),
            (json, try JSONReport.bytes(comparison)),
            (table, Array(CompareCSV.text(comparison).utf8)),
        ]
        var paths: [String] = []
        for (name, bytes) in files {
            paths.append("\(folder)/\(name)")
            try Files.replace("\(folder)/\(name)", with: bytes)
        }
        return paths
    }

    /// The comparison as it stands in `compare.json`, for those who want it on stdout.
    package static func json(of comparison: Comparison) throws(Fault) -> String {
        String(decoding: try JSONReport.bytes(comparison), as: UTF8.self)
    }
}

/// `compare.csv`: a row for each figure; what does not exist is an empty cell.
enum CompareCSV {
    static let columns = [
        "metric", "step", "statistic", "unit", "verdict", "base", "new", "base_samples",
        "new_samples", "difference", "low", "high", "relative", "relative_low", "relative_high",
        "p_value", "adjusted_p_value",
    ]

    static func text(_ comparison: Comparison) -> String {
        var table = CSVTable(columns: columns)
        for row in comparison.figures {
            table.add(
                [
                    row.metric.rawValue, row.step ?? "", row.statistic?.rawValue ?? "", row.unit,
                    row.verdict.rawValue,
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
    typealias Line = TerminalReport.Line

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
        let sections = [conclusion, sides, limits, table, settings, fileList]
        let lines = sections.filter { !$0.isEmpty }.joined(separator: [Line("")])
        return lines.map { $0.rendered(isColoured: isColoured) + "\n" }.joined()
    }

    /// What comes first: that a run must not be believed, then what the comparison says.
    private var conclusion: [Line] {
        let alarms = comparison.alarms.flatMap { Line.wrapped($0, label: "!", indent: 2) }
        let sentence = Line.wrapped(CompareWords.sentence(of: comparison) + ".", indent: 0)
        let warnings = comparison.warnings.flatMap { Line.wrapped($0, label: "!", indent: 2) }
        let notes = comparison.notes.flatMap { Line.wrapped($0, label: "-", indent: 2) }
        return alarms.map { Line($0.text, .alarm) } + sentence.map { Line($0.text, .title) }
            + warnings.map { Line($0.text, .alarm) } + notes
    }

    private var sides: [Line] {
        [("BASE", comparison.base), ("NEW", comparison.new)].flatMap { name, side in
            let runs = zip(side.runs, side.verdicts).map { run, verdict in
                verdict == .valid ? run : "\(run) (\(verdict.rawValue))"
            }
            let counts =
                "\(Figures.count(side.exchanges)) exchanges, \(Figures.count(side.failed)) failed"
            return Line.wrapped(
                "\(runs.joined(separator: ", ")): \(counts)", label: name, indent: 8)
        }
    }

    private var limits: [Line] {
        if comparison.limits.isEmpty { return [] }
        return [Line("Limits", .title)]
            + comparison.limits.flatMap { limit -> [Line] in
                let lines = Line.wrapped(
                    CompareWords.text(of: limit, in: comparison), label: limit.state.rawValue,
                    indent: 14)
                return limit.state.closes ? lines.map { Line($0.text, .alarm) } : lines
            }
    }

    private var fileList: [Line] {
        if files.isEmpty { return [] }
        return [Line("Files", .title)] + files.flatMap { Line.wrapped($0, indent: 2) }
    }
}

extension CompareText {
    private var table: [Line] {
        let rows = showsAll ? comparison.figures : comparison.shortFigures
        if rows.isEmpty { return [] }
        let hidden = comparison.figures.count - rows.count
        var lines = [
            Line(showsAll ? "All figures" : "Main figures, and others with evidence", .title),
            line(["", "BASE", "NEW", "change", "interval", ""]),
        ]
        var step: String?
        for row in rows {
            if row.step != step {
                step = row.step
                lines.append(Line(TextLayout.cut("  step \(TextLayout.visible(step ?? ""))", 80)))
            }
            lines.append(line(of: row))
        }
        return lines + footnotes(hidden: hidden)
    }

    private func line(of row: FigureDifference) -> Line {
        let verdict = row.verdict == .tooFew ? "too few" : row.verdict.rawValue
        let cells = [
            (row.step == nil ? "" : "  ") + row.name, row.text(of: row.base),
            row.text(of: row.new), row.change, row.interval, verdict,
        ]
        return Line(line(cells).text, row.isWorse ? .alarm : .plain)
    }

    private func line(_ cells: [String]) -> Line {
        let widths = [20, 9, 9, 10, 19]
        var text = TextLayout.left("  \(cells[0])", widths[0])
        for (cell, width) in zip(cells, widths).dropFirst() {
            text += TextLayout.right(TextLayout.cut(cell, width), width)
        }
        return Line(text + "  " + cells[5])
    }

    private func footnotes(hidden: Int) -> [Line] {
        let rest =
            hidden > 0
            ? " \(hidden) more figures, without evidence or like those of response, are shown by"
                + " --all." : ""
        return Line.wrapped(CompareWords.explanation(of: comparison) + rest, indent: 2)
    }

    private var settings: [Line] {
        if comparison.differences.isEmpty { return [] }
        let title = Line("What differs besides (! makes figures hard to compare)", .title)
        return [title]
            + comparison.differences.map { difference in
                let values = [difference.base, difference.new].map {
                    $0.isEmpty ? Figures.missing : TextLayout.visible($0)
                }
                return Line(
                    (difference.matters ? "! " : "  ")
                        + TextLayout.left(TextLayout.visible(difference.name), 22)
                        + TextLayout.left(" " + values[0], 28)
                        + TextLayout.left(" " + values[1], 28)
                )
            }
    }
}
