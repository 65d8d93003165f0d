/// A run's figures as text for a terminal, 80 columns wide.
package struct TerminalReport: Sendable {
    /// A line and how it looks where colour is wanted.
    struct Line {
        enum Style { case plain, title, alarm }
        var text: String
        var style = Style.plain

        init(_ text: String, _ style: Style = .plain) {
            self.text = text
            self.style = style
        }
    }

    let summary: Summary
    private let files: [String]
    private let isColoured: Bool

    /// The report of `summary`; `files` are listed at its end.
    package init(_ summary: Summary, files: [String] = [], isColoured: Bool = false) {
        self.summary = summary
        self.files = files
        self.isColoured = isColoured
    }

    /// The whole report, ending in a line feed.
    package var text: String {
        let sections = [
            verdict, slos, heading, totals, schedule, latencies, steady, histogram, steps,
            credentials,
            quotas, errors, rejections, drift, fileList,
        ]
        let lines = sections.filter { !$0.isEmpty }.joined(separator: [Line("")])
        return lines.map { render($0) + "\n" }.joined()
    }

    private func render(_ line: Line) -> String {
        let end = line.text.lastIndex { $0 != " " }
        let text = end.map { String(line.text[...$0]) } ?? ""
        if !isColoured { return text }
        switch line.style {
        case .plain: return text
        case .title: return "\u{1B}[1m\(text)\u{1B}[0m"
        case .alarm: return "\u{1B}[31m\(text)\u{1B}[0m"
        }
    }

    private var heading: [Line] {
        let run = summary.run
        var lines = [Line(TextLayout.cut("Run \(TextLayout.visible(run.name))", 80), .title)]
        for note in summary.notes {
            lines += wrapped(note, label: "!", indent: 2).map { Line($0.text, .alarm) }
        }
        lines += wrapped("\(run.service) at \(run.target)", label: "service")
        lines += wrapped(run.workloads.joined(separator: " "), label: "workload")
        let users = run.users == 1 ? "1 user" : "\(Figures.count(run.users)) users"
        lines += wrapped("\(run.started), \(users), seed \(run.seed)", label: "started")
        if !run.mergedRuns.isEmpty {
            lines += wrapped(run.mergedRuns.joined(separator: ", "), label: "merged")
        }
        return lines
    }

    private var fileList: [Line] {
        if files.isEmpty { return [] }
        return [Line("Files", .title)] + files.flatMap { wrapped($0, label: "", indent: 2) }
    }

    /// A label and a text beside it, on as many lines as it takes.
    func wrapped(_ text: String, label: String, indent: Int = 16) -> [Line] {
        let space = String(repeating: " ", count: indent)
        let columns = TextLayout.width - indent
        let lines = TextLayout.wrap(TextLayout.visible(text), columns: columns)
        return lines.enumerated().map { index, line in
            let head = label.count == 1 ? "\(label) " : TextLayout.left("  \(label)", indent)
            return Line((index == 0 && !label.isEmpty ? head : space) + line)
        }
    }
}
