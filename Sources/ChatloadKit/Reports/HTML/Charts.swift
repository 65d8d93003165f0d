import Base
import Glibc

/// Lines over one axis, in one panel or in several above one another.
struct LineChart {
    struct Point: Equatable {
        var x: Double
        /// Nil where there is none: the line is broken there.
        var y: Double?
    }

    /// Whisker at a point: the interval that its value is known to lie in.
    struct Whisker: Equatable {
        var x: Double
        var low: Double
        var high: Double
    }

    struct Series {
        var name: String
        /// From 0 to 5: a colour and a dash of its own; or `greyStyle`.
        var style: Int
        var points: [Point]
        var whiskers: [Whisker] = []

        fileprivate var legend: ChartFrame.Legend {
            (name, "line s\(style)")
        }
    }

    struct Plot {
        var title = ""
        var pixels = 200
        var y: Axis
        var series: [Series]

        /// Makes lines that hide one another one line with several names.
        mutating func joinEqual() {
            series = series.reduce(into: []) { joined, next in
                if let same = joined.firstIndex(where: { $0.points == next.points }) {
                    joined[same].name += ", \(next.name)"
                } else {
                    joined.append(next)
                }
            }
        }
    }

    /// The style of what does not count.
    static let greyStyle = 6

    /// What is told at a place along the axis.
    typealias Mark = (x: Double, tip: String)

    var x: Axis
    /// What the axis means, with its unit.
    var title: String
    var plots: [Plot]
    /// Stretches of the axis that are unlike the rest.
    var shades: [Range<Double>] = []
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

    private func shade(_ shade: Range<Double>, on panel: Panel) -> Markup {
        let (from, to) = (panel.across(shade.lowerBound), panel.across(shade.upperBound))
        return .rectangle("shade", x: from, width: to - from)
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
        let whiskers = series.whiskers.map { whisker -> Markup in
            let (across, top) = (panel.across(whisker.x), panel.down(whisker.high))
            return "M\(across) \(top)V\(panel.down(whisker.low))"
        }
        let line: Markup =
            (whiskers.isEmpty
                ? "" : "<path class=\"whisker s\(series.style)\" d=\"\(Markup(whiskers))\"/>")
            + "<path class=\"line s\(series.style)\" d=\"\(path)\"/>"
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
            return .rectangle(
                "m", x: from, width: max(0.01, to - from), tip: marks[index].tip)
        }
        return """
            <svg class="marks" viewBox="0 0 1000 1000" preserveAspectRatio="none" \
            aria-hidden="true">\(rectangles)</svg>

            """
    }
}

extension Markup {
    /// A rectangle in the units of a panel, as high as the panel unless told, and what is told of it.
    fileprivate static func rectangle(
        _ style: String, x: Double, y: Double = 0, width: Double, height: Double = Panel.height,
        tip: String? = nil
    ) -> Markup {
        // Line feeds stand as themselves in an attribute, from which the page's script shows them.
        let lines = (tip ?? "").split(separator: "\n").enumerated().map { number, line -> Markup in
            number == 0 ? "\(String(line))" : "&#10;\(String(line))"
        }
        let told: Markup = tip == nil ? "" : " data-t=\"\(lines)\""
        return """
            <rect class="\(style)" x="\(x)" y="\(y)" width="\(width)" height="\(height)"\(told)/>
            """
    }
}

/// Bar: how many there are in a range of the axis across, which it is as wide as.
struct Bar {
    var from: Double
    var to: Double
    var value: Double
    var tip: String
}

/// Heat map cell: how many there are in a range of both axes.
struct HeatMapCell {
    /// The shades there are, the lightest first.
    static let shades = 7

    var fromX: Double
    var toX: Double
    var fromY: Double
    var toY: Double
    var count: Int
    var tip: String

    /// The shade of a count, from 0: logarithmic, so that a few slow exchanges beside many fast ones
    /// are seen.
    fileprivate static func shade(of count: Int, most: Int) -> Int {
        if most <= 1 { return shades - 1 }
        let place = log(Double(max(count, 1))) / log(Double(most))
        return min(shades - 1, Int(place * Double(shades)))
    }

    fileprivate static func legend(upTo most: Int) -> [ChartFrame.Legend] {
        if most <= 1 { return [("1", "swatch h\(shades - 1)")] }
        var legend: [ChartFrame.Legend] = []
        var from = 1
        for shade in 0..<shades {
            let end = pow(Double(most), Double(shade + 1) / Double(shades))
            let to = shade == shades - 1 ? most : Int(end.rounded(.up)) - 1
            if to < from { continue }
            let (first, last) = (Figures.count(from), Figures.count(to))
            let name = from == to ? first : "\(first) – \(last)"
            legend.append((name, "swatch h\(shade)"))
            from = to + 1
        }
        return legend
    }
}

/// Waterfall row: spans of time on a line of their own.
struct WaterfallLine {
    /// A span of time, and the class of its colour.
    typealias Span = (from: Double, to: Double, style: String)

    /// In pixels.
    fileprivate static let height = 20

    var label: String
    var spans: [Span]
    var tip: String

    fileprivate func drawing(on panel: Panel, top: Double, height: Double) -> Markup {
        let bars = spans.map { span -> Markup in
            let (left, right) = (panel.across(span.from), panel.across(span.to))
            if right <= left { return "" }
            // Time in which nothing was asked of anybody is thinner.
            let part = span.style == "held" ? 0.2 : 0.64
            return .rectangle(
                span.style, x: left, y: top + height * (1 - part) / 2,
                width: max(0.5, right - left), height: height * part)
        }
        return Markup(bars)
            + .rectangle("m row", x: 0, y: top, width: Panel.width, height: height, tip: tip)
    }
}

/// The charts of one panel; `title` says what the axis across means, with its unit.
extension ChartFrame {
    /// Bars over an axis.
    func figure(_ bars: [Bar], x: Axis, y: Axis, title: String) -> Markup {
        let panel = Panel(pixels: 220, x: x, y: y)
        let drawing = bars.map { bar -> Markup in
            let (left, right) = (panel.across(bar.from), panel.across(bar.to))
            // What is there is seen, however few.
            let height = bar.value > 0 ? max(4, Panel.height - panel.down(bar.value)) : 0
            let width = max(0.01, right - left)
            return .rectangle(
                "bar", x: left, y: Panel.height - height, width: width, height: height)
                + .rectangle("m row", x: left, width: width, tip: bar.tip)
        }
        return figure(panel.area(Markup(drawing)), x: x, title: title)
    }

    /// Counts over two axes, column by column: the darker a cell, the more.
    func figure(_ cells: [HeatMapCell], x: Axis, y: Axis, title: String) -> Markup {
        let panel = Panel(pixels: 260, x: x, y: y)
        let most = cells.map(\.count).max() ?? 1
        let drawing = cells.map { cell -> Markup in
            let (left, right) = (panel.across(cell.fromX), panel.across(cell.toX))
            let (bottom, top) = (panel.down(cell.fromY), panel.down(cell.toY))
            return .rectangle(
                "m h\(HeatMapCell.shade(of: cell.count, most: most))", x: left, y: top,
                width: max(0.01, right - left), height: max(0.01, bottom - top), tip: cell.tip)
        }
        var frame = self
        frame.legend += HeatMapCell.legend(upTo: most)
        return frame.figure(panel.area(Markup(drawing)), x: x, title: title)
    }

    /// A dot at each place.
    func figure(
        dots: [(x: Double, y: Double)], x: Axis, y: Axis, title: String
    ) -> Markup {
        let panel = Panel(pixels: 260, x: x, y: y)
        let path = dots.map { "M\(panel.across($0.x)) \(panel.down($0.y))h0" as Markup }
        return figure(
            panel.area("<path class=\"dot s0\" d=\"\(path)\"/>"), x: x, title: title)
    }

    /// Spans of time over a linear axis, one row beneath the other.
    func figure(_ rows: [WaterfallLine], x: Axis, title: String) -> Markup {
        let share = Panel.height / Double(max(rows.count, 1))
        var y = Axis(.linear, from: 0, to: 1)
        y.ticks = rows.enumerated().map { index, row in
            Axis.Tick(place: 1 - (Double(index) + 0.5) * share / Panel.height, label: row.label)
        }
        let panel = Panel(pixels: rows.count * WaterfallLine.height, x: x, y: y, hasRows: false)
        let drawing = rows.enumerated().map { index, row in
            row.drawing(on: panel, top: Double(index) * share, height: share)
        }
        var frame = self
        frame.style = "rows"
        return frame.figure(panel.area(Markup(drawing)), x: x, title: title)
    }
}

extension LineChart {
    /// Percentile curves: latencies over percentiles, a line each, with their names and styles; nil
    /// where none has a point. `title` says of what the shares are, `whiskers` where the percentiles of
    /// a line are known to lie, and `more` what else is told at a point.
    static func percentiles(
        _ curves: [(name: String, style: Int, points: [PercentilePoint])], _ title: String,
        pixels: Int, whiskers: (String) -> [(share: Double, FigureInterval)] = { _ in [] },
        more: (Int) -> [String] = { _ in [] }
    ) -> LineChart? {
        func place(of point: PercentilePoint) -> Double { 1 / (1 - point.share) }
        // The other curves end before the longest, at the same shares.
        let longest = curves.map(\.points).max { $0.count < $1.count } ?? []
        guard let last = longest.last else { return nil }
        let marks = longest.enumerated().map { index, point in
            let values = curves.filter { index < $0.points.count }
                .map { "\($0.name) \(Figures.duration($0.points[index].value))" }
            let share = Figures.short(point.share * 100, places: 6)
            let lines = ["\(share) % took no longer than"] + values + more(index)
            return (place(of: point), lines.joined(separator: "\n"))
        }
        let series = curves.map { name, style, points in
            Series(
                name: name, style: style,
                points: points.map { Point(x: place(of: $0), y: $0.value) },
                whiskers: whiskers(name).map { share, interval in
                    Whisker(x: 1 / (1 - share), low: interval.low, high: interval.high)
                })
        }
        let highest = curves.flatMap(\.points).map(\.value).max() ?? 0
        return LineChart(
            x: .percentile(upTo: last.share), title: title,
            plots: [Plot(pixels: pixels, y: .duration(upTo: highest), series: series)],
            marks: marks)
    }
}
