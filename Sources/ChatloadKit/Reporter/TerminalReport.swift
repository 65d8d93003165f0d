/// A run's figures as text for a terminal. 80 columns hold everything that matters; what there is
/// more of shows longer names, longer bars and further percentiles.
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
    /// How wide the report is.
    let columns: Int

    /// The report of `summary` for a window of so many columns; `files` are listed at its end.
    package init(
        _ summary: Summary, files: [String] = [], isColoured: Bool = false,
        columns: Int = TextLayout.width
    ) {
        self.columns = min(max(columns, TextLayout.width), TextLayout.widest)
        self.summary = summary
        self.files = files
        self.isColoured = isColoured
    }

    /// The whole report, ending in a line feed.
    package var text: String {
        let sections = [
            outcome, verdict, slos, heading, totals, schedule, latencies, steady, histogram, steps, errors,
            rejections, credentials, quotas, slowest, drift, fileList,
        ]
        let lines = sections.filter { !$0.isEmpty }.joined(separator: [Line("")])
        return lines.map { $0.rendered(isColoured: isColoured) + "\n" }.joined()
    }

    /// What a window has beyond the columns that every report has.
    var extra: Int { columns - TextLayout.width }

    /// The width of a column of names: `least` where they fit, more where they do not and there is room.
    func width(_ least: Int, for names: [String]) -> Int {
        let longest = names.map { TextLayout.columns(of: $0) }.max() ?? 0
        return min(max(least, longest + 1), least + extra)
    }

    private var heading: [Line] {
        let run = summary.run
        var lines = [Line(TextLayout.cut("Run \(TextLayout.visible(run.name))", columns), .title)]
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
        guard let first = files.first else { return [] }
        let folder = first.prefix(through: first.lastIndex(of: "/") ?? first.startIndex)
        let isShared = folder.count > 1 && files.allSatisfy { $0.hasPrefix(folder) }
        let title = isShared ? "Files in \(TextLayout.visible(String(folder)))" : "Files"
        let names = files.map { isShared ? String($0.dropFirst(folder.count)) : $0 }
        return wrapped(title, label: "", indent: 0).map { Line($0.text, .title) }
            + wrapped(names.joined(separator: "  "), label: "", indent: 2)
    }

    /// A label and a text beside it, on as many lines as it takes.
    func wrapped(_ text: String, label: String, indent: Int = 16) -> [Line] {
        Line.wrapped(text, label: label, indent: indent, columns: columns)
    }
}

extension TerminalReport.Line {
    /// A label and a text beside it, on as many lines as it takes.
    static func wrapped(
        _ text: String, label: String = "", indent: Int, columns: Int = TextLayout.width
    ) -> [Self] {
        let space = String(repeating: " ", count: indent)
        let lines = TextLayout.wrap(TextLayout.visible(text), columns: columns - indent)
        return lines.enumerated().map { index, line in
            let head = label.count == 1 ? "\(label) " : TextLayout.left("  \(label)", indent)
            return Self((index == 0 && !label.isEmpty ? head : space) + line)
        }
    }

    /// The line as a terminal gets it.
    func rendered(isColoured: Bool) -> String {
        let end = text.lastIndex { $0 != " " }
        let text = end.map { String(self.text[...$0]) } ?? ""
        if !isColoured { return text }
        switch style {
        case .plain: return text
        case .title: return "\u{1B}[1m\(text)\u{1B}[0m"
        case .alarm: return "\u{1B}[31m\(text)\u{1B}[0m"
        }
    }
}
