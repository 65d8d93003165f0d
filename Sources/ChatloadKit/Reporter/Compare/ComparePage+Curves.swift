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
