/// What went wrong, kind by kind.
extension ReportPage {
    var errors: Markup {
        if summary.errors.isEmpty { return "<p>No exchange failed.</p>\n" }
        let shown = summary.errors.prefix(Self.rowLimit)
        let end = summary.timeline.last.map { $0.start + $0.seconds } ?? 0
        let rows = shown.map { error -> [Table.Cell] in
            let example = HTMLText.clipped(error.example, to: 400)
            return [
                .text(error.errorClass, style: "alarm"), .count(error.count),
                Table.Cell(
                    content: "\(Figures.share(error.count, of: summary.totals.exchanges))",
                    key: Double(error.count)),
                .text(error.step),
                Table.Cell(
                    content: "\(error.status.map { String($0) } ?? Figures.missing)",
                    key: error.status.map { Double($0) }),
                Self.cell(error.first, outOf: end), Self.cell(error.last, outOf: end),
                Table.Cell(content: example.isEmpty ? "" : "<code>\(example)</code>"),
            ]
        }
        return Table(
            caption: "Failed exchanges by kind",
            columns: [
                Table.Column("class", isNumber: false), Table.Column("count"),
                Table.Column("share", meaning: "of all exchanges"),
                Table.Column("step", isNumber: false), Table.Column("status"),
                Table.Column("first"), Table.Column("last"),
                Table.Column("example, that of the first", isNumber: false),
            ], rows: rows,
            note: Self.rest(summary.errors.count - rows.count, "kinds", "errors.csv")
        ).html
    }

    private static func cell(_ seconds: Double, outOf length: Double) -> Table.Cell {
        Table.Cell(content: "\(moment(seconds, outOf: length))", key: seconds)
    }

    /// A point in time; in a short run to a tenth of a second.
    static func moment(_ seconds: Double, outOf length: Double) -> String {
        if length < 120 { return "\(Figures.decimal(seconds, places: 1)) s" }
        return Figures.moment(seconds, outOf: length)
    }
}
