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
