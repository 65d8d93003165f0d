/// Spans of time in rows, one row beneath the other.
struct WaterfallChart {
    struct Span {
        var from: Double
        var to: Double
        /// The class of its colour.
        var style: String
        /// Whether it is drawn thinner than the others: time in which nothing was asked of anybody.
        var isThin = false
    }

    struct Row {
        var label: String
        var spans: [Span]
        var tip: String
    }

    /// Linear.
    var x: Axis
    var title: String
    var rows: [Row]

    /// In pixels.
    static let rowHeight = 20

    func figure(in frame: ChartFrame) -> Markup {
        let share = Panel.height / Double(max(rows.count, 1))
        var y = Axis(.linear, from: 0, to: 1)
        y.ticks = rows.enumerated().map { index, row in
            Axis.Tick(place: 1 - (Double(index) + 0.5) * share / Panel.height, label: row.label)
        }
        let panel = Panel(pixels: rows.count * Self.rowHeight, x: x, y: y, hasRows: false)
        let drawing = rows.enumerated().map { index, row -> Markup in
            let top = Double(index) * share
            return """
                \(row.spans.map { rectangle($0, on: panel, top: top, height: share) })\
                <rect class="m row" x="0" y="\(top)" width="1000" height="\(share)" \
                data-t="\(Tip(row.tip))"/>
                """
        }
        var frame = frame
        frame.style = "rows"
        return frame.figure(panel.area(Markup(drawing)), x: x, title: title)
    }

    private func rectangle(
        _ span: Span, on panel: Panel, top: Double, height: Double
    ) -> Markup {
        let (left, right) = (panel.across(span.from), panel.across(span.to))
        if right <= left { return "" }
        let part = span.isThin ? 0.2 : 0.64
        return """
            <rect class="\(span.style)" x="\(left)" y="\(top + height * (1 - part) / 2)" \
            width="\(max(0.5, right - left))" height="\(height * part)"/>
            """
    }
}
