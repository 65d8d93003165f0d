/// Lines over one axis, in one panel or in several above one another.
struct LineChart {
    struct Point: Equatable {
        var x: Double
        /// Nil where there is none: the line is broken there.
        var y: Double?
    }

    struct Series {
        var name: String
        /// From 0 to 5: a colour and a dash of its own.
        var style: Int
        var points: [Point]
    }

    struct Plot {
        var title = ""
        var pixels = 200
        var y: Axis
        var series: [Series]
    }

    /// What is told at a place along the axis.
    struct Mark {
        var x: Double
        var tip: String
    }

    var x: Axis
    /// What the axis means, with its unit.
    var title: String
    var plots: [Plot]
    /// In ascending order.
    var marks: [Mark]

    /// The chart in its frame; the legend is that of the series.
    func figure(in frame: ChartFrame) -> Markup {
        var frame = frame
        var names: Set<String> = []
        frame.legend += plots.flatMap(\.series).filter { names.insert($0.name).inserted }
            .map { ChartFrame.Legend(name: $0.name, style: "line s\($0.style)") }
        let panels = plots.map { plot in
            let panel = Panel(title: plot.title, pixels: plot.pixels, x: x, y: plot.y)
            return panel.area(Markup(plot.series.map { line($0, on: panel) }))
        }
        return frame.figure(Markup(panels), marks: strips, x: x, title: title)
    }

    private func line(_ series: Series, on panel: Panel) -> Markup {
        var path = Markup()
        var isDrawing = false
        for (index, point) in series.points.enumerated() {
            guard let y = point.y else {
                isDrawing = false
                continue
            }
            let (across, down) = (panel.across(point.x), panel.down(y))
            path += isDrawing ? "L\(across) \(down)" : "M\(across) \(down)"
            let isLast = index + 1 == series.points.count || series.points[index + 1].y == nil
            // A point without neighbours is a line without length, which round ends make a dot.
            if !isDrawing, isLast { path += "h0" }
            isDrawing = true
        }
        return "<path class=\"line s\(series.style)\" d=\"\(path)\"/>"
    }

    /// A strip for each mark, reaching halfway to its neighbours, over all panels.
    private var strips: Markup {
        let places = marks.map { x.place(of: $0.x) * Panel.width }
        let rectangles = marks.indices.map { index -> Markup in
            let from = index == 0 ? 0 : (places[index - 1] + places[index]) / 2
            let isLast = index + 1 == marks.count
            let to = isLast ? Panel.width : (places[index] + places[index + 1]) / 2
            return """
                <rect class="m" x="\(from)" y="0" width="\(max(0.01, to - from))" height="1000" \
                data-t="\(Tip(marks[index].tip))"/>
                """
        }
        return """
            <svg class="marks" viewBox="0 0 1000 1000" preserveAspectRatio="none" \
            aria-hidden="true">\(rectangles)</svg>

            """
    }
}
