/// What every chart has around it: a caption, a legend, and a text that stands for it.
struct ChartFrame {
    /// A name of what is drawn, beside a sample of how.
    struct Legend {
        var name: String
        /// The class of the style, as `line s0`.
        var style: String

        static func list(_ entries: [Legend]) -> Markup {
            let items = entries.map { entry -> Markup in
                """
                <li><svg class="key" viewBox="0 0 24 8" aria-hidden="true">\
                <path class="\(entry.style)" d="M0 4H24"/></svg>\(entry.name)</li>
                """
            }
            return "<ul class=\"legend\">\(items)</ul>"
        }
    }

    /// The element's name in the page.
    var id: String
    var caption: String
    /// What the chart shows, in words for those who do not see it.
    var words: String
    var legend: [Legend] = []
    /// What must be known to read it.
    var note: Markup = ""
    /// The class of a plot that is unlike others.
    var style = ""

    /// The chart as a figure of the page; `panels` are drawn above the axis `x`.
    func figure(_ panels: Markup, marks: Markup = "", x: Axis, title: String) -> Markup {
        """
        <figure class="chart" id="\(id)">
        <figcaption>\(caption)</figcaption>
        \(legendList)<div class="plot \(style)" tabindex="0" role="img" aria-label="\(words)">
        <div class="panels">
        \(panels)\(marks)</div>
        <div class="x">\(x.ticks.map(Self.label))</div>
        <div class="title">\(title)</div>
        </div>
        \(noteParagraph)</figure>

        """
    }

    private var legendList: Markup { legend.isEmpty ? "" : Legend.list(legend) + "\n" }

    private var noteParagraph: Markup {
        note.isEmpty ? "" : "<p class=\"note\">\(note)</p>\n"
    }

    private static func label(_ tick: Axis.Tick) -> Markup {
        let names = [tick.isMinor ? "minor" : "", tick.place > 0.97 ? "end" : ""]
            .filter { !$0.isEmpty }
        let kind: Markup = names.isEmpty ? "" : " class=\"\(names.joined(separator: " "))\""
        return "<span\(kind) style=\"left:\(tick.place * 100)%\">\(tick.label)</span>"
    }
}

/// An area on which values are drawn: as wide as the page gives, as high as it says. Its inside is
/// `Panel.width` by `Panel.height` units, stretched.
struct Panel {
    static let width = 1_000.0
    static let height = 1_000.0

    var title = ""
    /// Named beside the title.
    var legend: [ChartFrame.Legend] = []
    /// In pixels.
    var pixels = 200
    var x: Axis
    var y: Axis
    /// Whether lines go across at the marks of the y axis.
    var hasRows = true

    /// The panel with `drawing` on its grid.
    func area(_ drawing: Markup) -> Markup {
        """
        \(titleLine)<div class="panel" style="height:\(pixels)px">\
        <div class="y">\(y.ticks.map(Self.label))</div>\
        <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true">\
        <path class="grid" d="\(grid)"/>\(drawing)</svg></div>

        """
    }

    /// The unit across at a value of the x axis.
    func across(_ value: Double) -> Double { x.place(of: value) * Self.width }

    /// The unit down at a value of the y axis.
    func down(_ value: Double) -> Double { (1 - y.place(of: value)) * Self.height }

    private var titleLine: Markup {
        if title.isEmpty { return "" }
        return "<div class=\"head\"><b>\(title)</b>\(ChartFrame.Legend.list(legend))</div>\n"
    }

    private var grid: Markup {
        let rows = (hasRows ? y.ticks : []).map {
            "M0 \((1 - $0.place) * Self.height)H1000" as Markup
        }
        let columns = x.ticks.map { "M\($0.place * Self.width) 0V1000" as Markup }
        return Markup(rows + columns)
    }

    private static func label(_ tick: Axis.Tick) -> Markup {
        "<span style=\"bottom:\(tick.place * 100)%\">\(tick.label)</span>"
    }
}
