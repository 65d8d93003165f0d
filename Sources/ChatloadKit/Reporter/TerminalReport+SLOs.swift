extension TerminalReport {
    /// A row for each SLO, after the verdict the first thing to know.
    var slos: [Line] {
        if summary.slo.isEmpty { return [] }
        let isKept = summary.slo.allSatisfy(\.passed)
        let width = width(44, for: summary.slo.map { TextLayout.visible($0.expression) })
        let head =
            TextLayout.left("", 10 + width) + TextLayout.right("value", 12)
            + TextLayout.right("samples", 14)
        return [Line(summary.slo.title, isKept ? .title : .alarm), Line(head)]
            + summary.slo.flatMap { rows($0, width) }
    }

    private func rows(_ result: SLOResult, _ width: Int) -> [Line] {
        let expression = TextLayout.visible(result.expression)
        let state = TextLayout.left("  \(result.word)", 10)
        let figures =
            TextLayout.right(result.valueText, 12)
            + TextLayout.right(Figures.shortCount(result.samples), 14)
        let isLong = TextLayout.columns(of: expression) > width
        var lines = isLong ? wrapped(expression, label: "", indent: 10).map(\.text) : []
        if let first = lines.first { lines[0] = state + first.drop { $0 == " " } }
        lines.append(
            isLong
                ? TextLayout.left("", 10 + width) + figures
                : state + TextLayout.left(expression, width) + figures)
        let details = [Self.windows(of: result), result.remark].filter { !$0.isEmpty }
        lines += details.flatMap { wrapped($0, label: "", indent: 10).map(\.text) }
        return lines.map { Line($0, result.passed ? .plain : .alarm) }
    }

    /// How the windows of a threshold did, in words; empty where it has none.
    static func windows(of result: SLOResult) -> String {
        guard let windows = result.windows, windows.judged > 0 else { return "" }
        let length = Figures.duration(windows.seconds * 1_000)
        let start = Figures.decimal(windows.worstStart, places: 0)
        return "kept in \(Figures.count(windows.judged - windows.failed)) of "
            + "\(Figures.count(windows.judged)) windows of \(length); the worst began at \(start) s"
    }
}
