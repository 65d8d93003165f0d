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
