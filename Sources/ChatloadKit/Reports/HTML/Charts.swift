import Base
import Glibc

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

/// Bars over an axis, each as wide as what it counts.
struct BarChart {
    struct Bar {
        var from: Double
        var to: Double
        var value: Double
        var tip: String
    }

    var x: Axis
    var y: Axis
    /// What the x axis means, with its unit.
    var title: String
    var pixels = 220
    var bars: [Bar]

    func figure(in frame: ChartFrame) -> Markup {
        let panel = Panel(pixels: pixels, x: x, y: y)
        let rectangles = bars.map { bar -> Markup in
            let (left, right) = (panel.across(bar.from), panel.across(bar.to))
            let top = panel.down(bar.value)
            // What is there is seen, however few.
            let height = bar.value > 0 ? max(4, Panel.height - top) : 0
            let width = max(0.01, right - left)
            return """
                <rect class="bar" x="\(left)" y="\(Panel.height - height)" width="\(width)" \
                height="\(height)"/><rect class="m row" x="\(left)" y="0" width="\(width)" \
                height="1000" data-t="\(Tip(bar.tip))"/>
                """
        }
        return frame.figure(panel.area(Markup(rectangles)), x: x, title: title)
    }
}

/// Counts over two axes: the darker a cell, the more.
struct HeatMapChart {
    struct Cell {
        var fromX: Double
        var toX: Double
        var fromY: Double
        var toY: Double
        var count: Int
        var tip: String
    }

    var x: Axis
    var y: Axis
    /// What the x axis means, with its unit.
    var title: String
    var pixels = 260
    /// Those that hold something, column by column.
    var cells: [Cell]

    /// The shades there are, the lightest first.
    static let shades = 7

    func figure(in frame: ChartFrame) -> Markup {
        let panel = Panel(pixels: pixels, x: x, y: y)
        let most = cells.map(\.count).max() ?? 1
        let rectangles = cells.map { cell -> Markup in
            let (left, right) = (panel.across(cell.fromX), panel.across(cell.toX))
            let (bottom, top) = (panel.down(cell.fromY), panel.down(cell.toY))
            return """
                <rect class="m h\(Self.shade(of: cell.count, most: most))" x="\(left)" \
                y="\(top)" width="\(max(0.01, right - left))" \
                height="\(max(0.01, bottom - top))" data-t="\(Tip(cell.tip))"/>
                """
        }
        var frame = frame
        frame.legend += Self.legend(upTo: most)
        return frame.figure(panel.area(Markup(rectangles)), x: x, title: title)
    }

    /// From 0: logarithmic, so that a few slow exchanges beside many fast ones are seen.
    static func shade(of count: Int, most: Int) -> Int {
        if most <= 1 { return shades - 1 }
        let place = log(Double(max(count, 1))) / log(Double(most))
        return min(shades - 1, Int(place * Double(shades)))
    }

    private static func legend(upTo most: Int) -> [ChartFrame.Legend] {
        if most <= 1 { return [ChartFrame.Legend(name: "1", style: "swatch h\(shades - 1)")] }
        var legend: [ChartFrame.Legend] = []
        var from = 1
        for shade in 0..<shades {
            let end = pow(Double(most), Double(shade + 1) / Double(shades))
            let to = shade == shades - 1 ? most : Int(end.rounded(.up)) - 1
            if to < from { continue }
            let (first, last) = (Figures.count(from), Figures.count(to))
            let name = from == to ? first : "\(first) – \(last)"
            legend.append(ChartFrame.Legend(name: name, style: "swatch h\(shade)"))
            from = to + 1
        }
        return legend
    }
}

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

/// A text of several lines for an attribute, from which the page's script shows it.
struct Tip {
    fileprivate let lines: [Substring]

    init(_ text: String) { lines = text.split(separator: "\n") }
}

extension Markup.StringInterpolation {
    mutating func appendInterpolation(_ tip: Tip) {
        for (number, line) in tip.lines.enumerated() {
            if number > 0 { appendLiteral("&#10;") }
            appendInterpolation(String(line))
        }
    }
}
