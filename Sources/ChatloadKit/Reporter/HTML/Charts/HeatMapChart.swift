import Glibc

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
