import Base
import ChatloadKit
import Networking

/// What the live view looks like at one moment: a pure function of the figures and the window.
struct LiveFrame: Sendable {
    /// The widest that lines get; bars and sparklines are no better for being wider.
    static let mostColumns = 120
    /// Columns in front of every line's figures.
    private static let label = 13

    private let figures: ProgressFigures
    private let columns: Int
    private let isColoured: Bool
    private let isUnicode: Bool

    init(_ figures: ProgressFigures, columns: Int, isColoured: Bool, isUnicode: Bool) {
        self.figures = figures
        self.columns = min(max(columns, 1), Self.mostColumns)
        self.isUnicode = isUnicode
        self.isColoured = isColoured
    }

    /// The lines from top to bottom, none wider than the window.
    var lines: [String] {
        var lines = [progress, users, exchanges, response]
        if figures.streamed > 0 { lines.append(streams) }
        if let outage = figures.outage { lines.append(paint(.alarm, line("outage", outage))) }
        if figures.errors > 0 { lines.append(errors) }
        if figures.dropped > 0 { lines.append(dropped) }
        lines += figures.quotas.prefix(3).map(quota)
        if figures.credentials.all > 1 || figures.credentials.waiting > 0 {
            lines.append(credentials)
        }
        return lines + [generator]
    }

    /// `12s of 1m 00s  [#####-----]  48s left`
    private var progress: String {
        let head =
            ProgressLine.clock(figures.elapsed)
            + (figures.planned.map { " of " + ProgressLine.clock($0) } ?? "")
        var tail = figures.left.map { ProgressLine.clock($0) + " left" } ?? ""
        switch figures.phase {
        case .warmup, .ramp: tail = "\(figures.phase.inWords)  \(tail)"
        case .main: break
        case .drain: tail = "ending: turns under way may finish"
        }
        let room = columns - head.count - tail.count - 4
        guard let share = figures.share, room >= 10 else { return cut("\(head)  \(tail)") }
        return head + "  " + bar(share, width: room) + "  " + tail
    }

    private func bar(_ share: Double, width: Int) -> String {
        let inner = width - 2
        let full = Int((share * Double(inner)).rounded(.down))
        let (done, rest): (Character, Character) = isUnicode ? ("█", "░") : ("#", "-")
        return "[" + paint(.accent, String(repeating: done, count: full))
            + String(repeating: rest, count: inner - full) + "]"
    }

    private var users: String {
        var text = Figures.count(figures.users)
        if !figures.wanted.isEmpty { text += " " + figures.wanted }
        text += "   conversations " + Figures.count(figures.conversationsDone)
        if let all = figures.conversations?.all { text += " of " + Figures.count(all) }
        return line("users", text)
    }

    private var exchanges: String {
        var text = Figures.count(figures.exchanges)
        if let all = figures.exchangeLimit?.all { text += " of " + Figures.count(all) }
        text += "   turns " + Figures.rate(figures.turnsPerSecond)
        return line("exchanges", text, spark: figures.seconds.map(\.turnsPerSecond))
    }

    private var response: String {
        let percentiles = [("p50", figures.p50), ("p90", figures.p90), ("p99", figures.p99)]
        let text = percentiles.map { name, value in
            "\(name) " + (value.map { Units.format($0) } ?? "\u{2013}")
        }
        return line(
            "response", text.joined(separator: "  "),
            spark: figures.seconds.map { $0.p99?.seconds }, name: "p99 ")
    }

    private var streams: String {
        let times = [("p50", figures.firstTokenP50), ("p99", figures.firstTokenP99)]
        let text = times.map { name, value in
            "\(name) " + (value.map { Units.format($0) } ?? "\u{2013}")
        }
        return line(
            "first token",
            text.joined(separator: "  ") + "   tokens " + Figures.rate(figures.tokensPerSecond))
    }

    private var errors: String {
        let share = Double(figures.errors) / Double(max(figures.exchanges, 1))
        var text = Figures.count(figures.errors) + " (\(Self.percent(share)))"
        for failure in figures.failures.prefix(4) {
            text += "   \(failure.name) \(Figures.count(failure.count))"
        }
        return paint(.alarm, line("errors", text))
    }

    private func quota(_ quota: QuotaResult) -> String {
        var text = "\(quota.expression): \(Figures.count(quota.used)) used"
        if quota.throttledSeconds > 0 {
            text += ", held back " + Units.format(Nanoseconds(seconds: quota.throttledSeconds))
        }
        if quota.spent > 0 { text += ", spent" }
        return line("quota", text)
    }

    private var credentials: String {
        let use = figures.credentials
        var text = "\(use.all - use.out - use.waiting) of \(use.all) in use"
        if use.waiting > 0 {
            let wait = Units.format(Nanoseconds.seconds(use.longestWait.count / 1_000_000_000 + 1))
            text += ", \(use.waiting) waiting after a rejection, for up to \(wait)"
        }
        if use.out > 0 { text += ", \(use.out) out" }
        return line("credentials", text)
    }

    private var generator: String {
        var text = "CPU \(Self.percent(figures.cpuShare))"
        let verdict = figures.verdict
        if verdict.generator == .notJudged { return line("generator", text) }
        var judgement = "\(verdict.generator.rawValue) so far"
        if let (name, value) = verdict.scheduleLag.highest {
            judgement += ": sent late \(name) \(Units.format(value))"
        }
        text = judgement + ", " + text
        let whole = line("generator", text)
        return verdict.generator == .valid ? whole : paint(.alarm, whole)
    }

    /// The starts that were not made, and whether so the load is another than the one asked for.
    private var dropped: String {
        var text = Figures.count(figures.dropped) + " starts found all users busy"
        if figures.verdict.load == .notReached { text += ": load not reached so far (raise -c)" }
        return paint(.alarm, line("dropped", text))
    }

    /// A label, a text, and what fits of a sparkline at the line's end.
    private func line(
        _ label: String, _ text: String, spark values: [Double?] = [], name: String = ""
    ) -> String {
        let padding = String(repeating: " ", count: max(Self.label - label.count, 1))
        let head = label + padding + text
        let room = min(columns - head.count - 3 - name.count, 60)
        guard values.count > 1, room >= 8 else { return cut(head) }
        return head + "   " + name
            + paint(.accent, Self.sparkline(values, width: room, isUnicode: isUnicode))
    }

    private func paint(_ style: TextLine.Style, _ text: String) -> String {
        style.painted(text, isColoured: isColoured)
    }

    private func cut(_ text: String) -> String {
        Printable.line(text, limit: columns - (text.count > columns ? 1 : 0))
    }

    private static func percent(_ share: Double) -> String {
        let tenths = (min(max(share.isFinite ? share : 0, 0), 10) * 1_000).rounded()
        return tenths < 100 ? "\(tenths / 10) %" : "\(Int(tenths / 10)) %"
    }
}

extension LiveFrame {
    /// A row of small bars, one for each of the last `width` values, the tallest being the greatest
    /// value shown and zero the lowest; a space where there is none.
    static func sparkline(_ values: [Double?], width: Int, isUnicode: Bool) -> String {
        let bars: [Character] = Array(isUnicode ? "▁▂▃▄▅▆▇█" : "_.-=+*%#")
        let shown = values.suffix(max(width, 0))
        let greatest = shown.compactMap(\.self).filter(\.isFinite).max() ?? 0
        return String(
            shown.map { value in
                guard let value, value.isFinite else { return " " }
                let share = greatest > 0 ? min(max(value / greatest, 0), 1) : 0
                return bars[Int((share * Double(bars.count - 1)).rounded())]
            })
    }
}

/// The place on a terminal where the live view is redrawn, below whatever else is printed.
///
/// A frame is one write that overwrites the one before, line by line, so nothing flickers. No mode
/// of the terminal is ever changed, so there is nothing to restore however the process ends.
final class LiveScreen: Sendable {
    /// The columns that each line on the screen takes; nil once the view is over.
    private let widths = Locked<[Int]?>([])
    private let size: @Sendable () -> (columns: Int, rows: Int)
    private let write: @Sendable (String) -> Void

    /// A screen that asks for the window's size before every frame.
    init(
        size: @escaping @Sendable () -> (columns: Int, rows: Int),
        write: @escaping @Sendable (String) -> Void
    ) {
        self.size = size
        self.write = write
    }

    /// Shows the lines that `frame` makes for the window as it is now, or as many as it has room for.
    func draw(_ frame: (_ columns: Int) -> [String]) {
        let (columns, rows) = size()
        let lines = frame(columns).prefix(max(rows - 1, 1))
        widths.withLock { widths in
            guard let before = widths else { return }
            let text = lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n")
            write(Self.back(over: before, columns: columns) + text + "\u{1B}[J")
            widths = lines.map(Self.visibleColumns)
        }
    }

    /// Prints a message above the view, which comes back below it with the next frame.
    func say(_ text: String) {
        widths.withLock { widths in
            write(clear(widths) + text)
            if widths != nil { widths = [] }
        }
    }

    /// Takes the view away, for good.
    func finish() {
        widths.withLock { widths in
            let clear = clear(widths)
            if !clear.isEmpty { write(clear) }
            widths = nil
        }
    }

    /// What clears the view.
    private func clear(_ widths: [Int]?) -> String {
        guard let widths, !widths.isEmpty else { return "" }
        return Self.back(over: widths, columns: size().columns) + "\u{1B}[J"
    }

    /// To the start of what was drawn. A window that has become narrower has broken long lines.
    private static func back(over widths: [Int], columns: Int) -> String {
        if widths.isEmpty { return "" }
        let columns = max(columns, 1)
        let rows = widths.reduce(0) { $0 + max((($1 + columns - 1) / columns), 1) }
        return rows > 1 ? "\r\u{1B}[\(rows - 1)A" : "\r"
    }

    /// The columns of a line without its colours; every character of ours takes one.
    private static func visibleColumns(_ line: String) -> Int {
        var columns = 0
        var isEscape = false
        for scalar in line.unicodeScalars {
            if scalar == "\u{1B}" {
                isEscape = true
            } else if isEscape {
                isEscape = scalar != "m"
            } else {
                columns += 1
            }
        }
        return columns
    }
}
