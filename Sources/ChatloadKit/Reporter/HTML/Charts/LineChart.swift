/// Lines over one axis, in one panel or in several above one another.
struct LineChart {
    struct Point: Equatable {
        var x: Double
        /// Nil where there is none: the line is broken there.
        var y: Double?
    }

    struct Series {
        var name: String
        /// From 0 to 5: a colour and a dash of its own; or `greyStyle`.
        var style: Int
        var points: [Point]

        fileprivate var legend: ChartFrame.Legend {
            ChartFrame.Legend(name: name, style: "line s\(style)")
        }
    }

    struct Plot {
        var title = ""
        var pixels = 200
        var y: Axis
        var series: [Series]
    }

    /// The style of what does not count.
    static let greyStyle = 6

    /// A stretch of the axis that is unlike the rest.
    struct Shade {
        var from: Double
        var to: Double
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
    var shades: [Shade] = []
    /// In ascending order.
    var marks: [Mark]

    /// The chart in its frame; the series are named above the panel that they are in.
    func figure(in frame: ChartFrame) -> Markup {
        var frame = frame
        frame.legend += plots.filter(\.title.isEmpty).flatMap(\.series).map(\.legend)
        let panels = plots.map { plot in
            let panel = Panel(
                title: plot.title, legend: plot.series.map(\.legend), pixels: plot.pixels, x: x,
                y: plot.y)
            // The first one is drawn last, over the others.
            return panel.area(
                Markup(shades.map { shade($0, on: panel) })
                    + Markup(plot.series.reversed().map { line($0, on: panel) }))
        }
        return frame.figure(Markup(panels), marks: strips, x: x, title: title)
    }

    /// Series of no more points than this have a dot at each: a slope between two of them is no
    /// measurement.
    private static let dotLimit = 30

    private func shade(_ shade: Shade, on panel: Panel) -> Markup {
        let (from, to) = (panel.across(shade.from), panel.across(shade.to))
        return
            "<rect class=\"shade\" x=\"\(from)\" y=\"0\" width=\"\(to - from)\" height=\"1000\"/>"
    }

    private func line(_ series: Series, on panel: Panel) -> Markup {
        var path = Markup()
        var dots = Markup()
        var isDrawing = false
        for (index, point) in series.points.enumerated() {
            guard let y = point.y else {
                isDrawing = false
                continue
            }
            let (across, down) = (panel.across(point.x), panel.down(y))
            path += isDrawing ? "L\(across) \(down)" : "M\(across) \(down)"
            let isLast = index + 1 == series.points.count || series.points[index + 1].y == nil
            // A line without length, which round ends make a dot.
            let isAlone = !isDrawing && isLast
            if isAlone || series.points.count <= Self.dotLimit {
                dots += "M\(across) \(down)h0"
            }
            isDrawing = true
        }
        let line: Markup = "<path class=\"line s\(series.style)\" d=\"\(path)\"/>"
        return dots.isEmpty
            ? line : line + "<path class=\"dot s\(series.style)\" d=\"\(dots)\"/>"
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
