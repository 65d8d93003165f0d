/// How a replay kept to what was recorded: when turns were sent, and what came back.
extension ReportPage {
    var replay: Markup { lateness + drift }

    private var lateness: Markup {
        let rows = [
            ("first turns", summary.lateness.starts), ("later turns", summary.lateness.turns),
        ].filter { $0.1.count > 0 }
        if rows.isEmpty { return "" }
        return Table(
            caption: "How much later than recorded turns were sent",
            columns: Self.columns("turns"), rows: rows.map(Self.row)
        ).html
    }

    private var drift: Markup {
        let drift = summary.drift
        if drift.compared + drift.missing == 0 { return "" }
        let counts = [
            ("exactly the same", drift.exact), ("but for case and space", drift.equalAfterFolding),
            ("changed", drift.changed),
        ].map { name, count -> [Table.Cell] in
            [
                .text(name), .count(count),
                Table.Cell(
                    content: "\(Figures.share(count, of: drift.compared))", key: Double(count)),
            ]
        }
        let all = Table(
            caption: "Replies beside the recorded ones",
            columns: [
                Table.Column("reply", isNumber: false), Table.Column("count"),
                Table.Column("share"),
            ], rows: counts, isSortable: false, note: Self.words(on: drift))
        return all.html + (drift.mostChanged.isEmpty ? "" : Self.examples(drift.mostChanged).html)
    }

    private static func words(on drift: DriftFigures) -> String {
        var words: [String] = []
        if drift.missing > 0 {
            words.append("\(Figures.count(drift.missing)) recorded replies have none beside them.")
        }
        if let mean = drift.meanDistance, let median = drift.medianDistance {
            words.append(
                "Distance: mean \(Figures.decimal(mean, places: 3)), median "
                    + "\(Figures.decimal(median, places: 3)); 0 is the same text, 1 a wholly "
                    + "different one.")
        }
        if drift.cut > 0 {
            words.append(
                "Of \(Figures.count(drift.cut)) long replies the beginning of what differs stands "
                    + "for the rest.")
        }
        return words.joined(separator: " ")
    }

    private static func examples(_ examples: [DriftExample]) -> Table {
        Table(
            caption: "Replies that changed most",
            columns: [
                Table.Column("conversation", isNumber: false), Table.Column("turn"),
                Table.Column("distance"), Table.Column("recorded", isNumber: false),
                Table.Column("live", isNumber: false),
            ],
            rows: examples.prefix(rowLimit).map { example in
                [
                    .text(example.conversation), .count(example.turn),
                    Table.Cell(
                        content: "\(Figures.decimal(example.distance, places: 3))",
                        key: example.distance),
                    .text(example.recorded), .text(example.live),
                ]
            })
    }
}
