import Base
import Glibc

/// What every chart has around it: a caption, a legend, and a text that stands for it.
struct ChartFrame {
    /// A name of what is drawn, beside a sample of how: the class of the style, as `line s0`.
    typealias Legend = (name: String, style: String)

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
        \(legend.isEmpty ? "" : Self.list(legend) + "\n")<div class="plot \(style)" tabindex="0" role="img" aria-label="\(words)">
        <div class="panels">
        \(panels)\(marks)</div>
        <div class="x">\(x.ticks.map(Self.label))</div>
        <div class="title">\(title)</div>
        </div>
        \(note.isEmpty ? "" : "<p class=\"note\">\(note)</p>\n" as Markup)</figure>

        """
    }

    fileprivate static func list(_ legend: [Legend]) -> Markup {
        let items = legend.map { name, style -> Markup in
            """
            <li><svg class="key" viewBox="0 0 24 8" aria-hidden="true">\
            <path class="\(style)" d="M0 4H24"/></svg>\(name)</li>
            """
        }
        return "<ul class=\"legend\">\(items)</ul>"
    }

    private static func label(_ tick: Axis.Tick) -> Markup {
        let names = [tick.isMinor ? "minor" : "", tick.place > 0.97 ? "end" : ""]
        return
            "<span\(Markup.classes(names)) style=\"left:\(tick.place * 100)%\">\(tick.label)</span>"
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
        return "<div class=\"head\"><b>\(title)</b>\(ChartFrame.list(legend))</div>\n"
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

extension Page {
    /// The part of the style that is about charts, small screens and paper.
    static let chartStyle: StaticString = """

        .chart{margin:24px 0 32px}
        figcaption{font-weight:600;margin-bottom:4px}
        .pair{display:grid;grid-template-columns:1fr 1fr;gap:0 32px}
        .legend{display:flex;flex-wrap:wrap;gap:2px 16px;margin:0 0 6px;padding:0;list-style:none;
        font-size:13px;color:var(--soft)}
        .key{width:24px;height:8px;margin-right:6px;vertical-align:1px}
        .plot{position:relative;padding:10px 12px 0 64px;font-size:12px;color:var(--soft);
        line-height:1.2}
        .panels{position:relative}
        .panel{position:relative}
        .panel svg{display:block;width:100%;height:100%;overflow:visible}
        .head{display:flex;flex-wrap:wrap;gap:0 20px;align-items:baseline;margin:14px 0 6px}
        .head:first-child{margin-top:0}.head b{color:var(--ink);font-weight:500}
        .head .legend{margin:0;font-size:12px}
        .rows{padding-left:min(230px,38%)}.rows .y span{max-width:none;width:min(218px,34vw)}
        .rows .y span{text-align:right}
        .wait{fill:var(--c0)}.read{fill:var(--c4)}.join{fill:var(--c1)}.held{fill:var(--c5)}
        .lost{fill:var(--c3)}.think{fill:var(--c2)}
        path.wait{stroke:var(--c0)}path.read{stroke:var(--c4)}path.join{stroke:var(--c1)}
        path.held{stroke:var(--c5)}path.lost{stroke:var(--c3)}path.think{stroke:var(--c2)}
        .block{stroke-width:8}.thin{stroke-width:3}
        .row{fill:transparent}
        details{margin:8px 0;border-bottom:1px solid var(--rule)}
        summary{cursor:pointer;padding:6px 0;overflow-wrap:anywhere}
        .y span{position:absolute;right:100%;margin-right:8px;transform:translateY(50%);
        white-space:nowrap;max-width:56px;overflow:hidden;text-overflow:ellipsis}
        .x{position:relative;height:16px;margin-top:6px}
        .x span{position:absolute;transform:translateX(-50%);white-space:nowrap}
        .x .end{transform:translateX(calc(8px - 100%))}
        .title{text-align:center;margin-top:2px}
        .marks{position:absolute;inset:0;width:100%;height:100%}
        .grid{stroke:var(--rule);stroke-width:1;fill:none;vector-effect:non-scaling-stroke}
        .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round;
        vector-effect:non-scaling-stroke}
        .whisker{fill:none;stroke-width:1;opacity:.7;vector-effect:non-scaling-stroke}
        .dot{fill:none;stroke-width:6;stroke-linecap:round;vector-effect:non-scaling-stroke}
        path.dot{stroke-dasharray:none}
        .s0{stroke:var(--c0)}.s1{stroke:var(--c1);stroke-dasharray:7 4}
        .s2{stroke:var(--c2);stroke-dasharray:2 4}.s3{stroke:var(--c3);stroke-dasharray:12 4}
        .s6{stroke:var(--soft);stroke-dasharray:2 3}
        .shade{fill:var(--soft);opacity:.12}
        .s4{stroke:var(--c4);stroke-dasharray:12 4 2 4}.s5{stroke:var(--c5);stroke-dasharray:4 4}
        .bar{fill:var(--c0);stroke:var(--ground);stroke-width:1;vector-effect:non-scaling-stroke}
        .h0{--c:var(--h0)}.h1{--c:var(--h1)}.h2{--c:var(--h2)}.h3{--c:var(--h3)}.h4{--c:var(--h4)}
        .h5{--c:var(--h5)}.h6{--c:var(--h6)}
        rect[class*=" h"]{fill:var(--c)}
        .swatch{stroke:var(--c);stroke-width:8}
        .marks .m{fill:transparent}
        .m.on,.marks .m:hover{stroke:var(--ink);stroke-width:1;vector-effect:non-scaling-stroke}
        #tip{position:fixed;z-index:9;pointer-events:none;padding:6px 10px;border-radius:4px;
        background:var(--ink);color:var(--ground);font-size:13px;line-height:1.4;white-space:pre;
        max-width:min(92vw,420px);overflow:hidden;text-overflow:ellipsis}
        @media (max-width:760px){main{padding:16px 12px 48px}.pair{grid-template-columns:1fr}
        .minor{display:none}.plot{padding-left:56px;padding-right:8px}.tiles dd{font-size:18px}
        .tiles{grid-template-columns:repeat(auto-fill,minmax(140px,1fr));gap:8px}}
        @media not screen{body{font-size:11px}main{max-width:none;padding:0}nav,#tip{display:none}
        h2{break-after:avoid;margin-top:24px}.chart,.tiles,.verdict,tr{break-inside:avoid}
        .scroll{overflow:visible}table{font-size:8.5px}th,td{padding:2px 3px}
        thead th{font-size:8.5px;white-space:normal}td code{font-size:8px;min-width:0}
        tbody th{min-width:0}th button::after{content:none}}
        @media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}

        """
}

/// Where values lie along one side of a chart, and the marks that tell it.
struct Axis: Sendable, Equatable {
    struct Tick: Sendable, Equatable {
        /// From 0 to 1.
        var place: Double
        var label: String
        /// Left out where the page is narrow.
        var isMinor = false
    }

    enum Scale: Sendable, Equatable {
        case linear, logarithmic
    }

    let scale: Scale
    /// The values at both ends; the lower one is above 0 on a logarithmic scale.
    let low: Double
    let high: Double
    var ticks: [Tick] = []

    /// An axis from `low` to `high`, in which `labelled` values have marks.
    init(
        _ scale: Scale, from low: Double, to high: Double,
        labelled values: [(value: Double, label: String, isMinor: Bool)] = []
    ) {
        self.scale = scale
        self.low = low
        self.high = high
        ticks = values.filter { $0.value >= low && $0.value <= high }.map { value, label, isMinor in
            Tick(place: place(of: value), label: label, isMinor: isMinor)
        }
    }

    /// The place of a value, from 0 to 1; beyond the ends the end.
    func place(of value: Double) -> Double {
        let place =
            switch scale {
            case .linear: (value - low) / (high - low)
            case .logarithmic: log(max(value, low) / low) / log(high / low)
            }
        return place.isFinite ? min(max(place, 0), 1) : 0
    }
}

extension Axis {
    /// From 0 to a round number at or above `value`, with four to six marks, fewer where
    /// they would be closer than `step`.
    static func linear(
        upTo value: Double, step least: Double = 0, isRounded: Bool = true,
        label: (Double) -> String
    ) -> Axis {
        let value = value.isFinite ? value : 0
        let step = max(least, roundStep(max(value, 1e-9) / 5))
        let count = max(1, (value / step).rounded(.up))
        let values = (0...Int(count)).map { number in
            let value = Double(number) * step
            return (value: value, label: label(value), isMinor: false)
        }
        let end = isRounded ? count * step : max(value, step)
        return Axis(.linear, from: 0, to: end, labelled: values)
    }

    /// From 0 in milliseconds.
    static func duration(upTo milliseconds: Double) -> Axis {
        linear(upTo: milliseconds) { Figures.roundDuration($0) }
    }

    /// From 0 in milliseconds to `milliseconds` and no further.
    static func elapsed(upTo milliseconds: Double) -> Axis {
        linear(upTo: milliseconds, isRounded: false) { Figures.roundDuration($0) }
    }

    /// From 0 in numbers a second, or another mean of counts.
    static func rate(upTo value: Double) -> Axis {
        linear(upTo: value) { Figures.round($0) }
    }

    /// From 0 in counts, which have no fractions.
    static func count(upTo value: Double) -> Axis {
        linear(upTo: value, step: 1) { Figures.round($0) }
    }

    /// 1, 2 or 5 times a power of ten, at or above `value`.
    private static func roundStep(_ value: Double) -> Double {
        let power = pow(10, log10(value).rounded(.down))
        let step = [1, 2, 5].first { $0 * power >= value * 0.999_999 } ?? 10
        return step * power
    }

    /// Milliseconds on a logarithmic scale, with marks at 1, 2 and 5 times the powers of ten, or
    /// those of the powers alone where there are more than `decades`.
    static func logarithmicDuration(
        from low: Double, to high: Double, upTo decades: Double = 3
    ) -> Axis {
        let low = max(low, 1e-6)
        let high = max(high, low * 1.000_1)
        var values: [(value: Double, label: String, isMinor: Bool)] = []
        for exponent in -6...9 {
            for step in [1, 2, 5] {
                let value = Double(step) * pow(10, Double(exponent))
                values.append((value, Figures.roundDuration(value), step != 1))
            }
        }
        let isWide = log10(high / low) > decades
        return Axis(
            .logarithmic, from: low, to: high, labelled: values.filter { !isWide || !$0.isMinor })
    }

    /// Milliseconds from 0; where a linear axis would lay the lower values on its floor a
    /// logarithmic one between powers of ten.
    static func duration(spanning values: [Double]) -> Axis {
        let positive = values.filter { $0 > 0 }
        guard let low = positive.min(), let high = positive.max(), high > low * 50 else {
            return duration(upTo: values.max() ?? 0)
        }
        return logarithmicDuration(
            from: pow(10, log10(low).rounded(.down)), to: pow(10, log10(high).rounded(.up)),
            upTo: 0)
    }

    /// Seconds since the run's start.
    static func time(upTo seconds: Double) -> Axis {
        let end = max(seconds, 1)
        let step = timeSteps.first { $0 * 8 >= end } ?? end / 8
        let values = (0...8).map { number in
            let value = Double(number) * step
            return (
                value: value, label: Figures.moment(value, outOf: end),
                isMinor: !number.isMultiple(of: 2)
            )
        }
        return Axis(.linear, from: 0, to: end, labelled: values)
    }

    private static let timeSteps: [Double] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200,
        86_400, 172_800, 604_800,
    ]

    /// Shares below 1 by 1 / (1 − share), logarithmically, as HdrHistogram's plots have them: every
    /// further nine takes as much room.
    static func percentile(upTo share: Double) -> Axis {
        let marks: [(Double, String, Bool)] = [
            (0, "0 %", false), (0.5, "50 %", false), (0.75, "75 %", true), (0.9, "90 %", false),
            (0.95, "95 %", true), (0.99, "99 %", false), (0.999, "99.9 %", false),
            (0.999_9, "99.99 %", false), (0.999_99, "99.999 %", false),
            (0.999_999, "99.9999 %", false),
        ]
        let values = marks.map { share, label, isMinor in
            (value: 1 / (1 - share), label: label, isMinor: isMinor)
        }
        let end = share < 1 ? 1 / (1 - share) : 1
        return Axis(.logarithmic, from: 1, to: max(end, 2), labelled: values)
    }
}
