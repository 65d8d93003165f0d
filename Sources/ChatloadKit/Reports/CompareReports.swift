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
