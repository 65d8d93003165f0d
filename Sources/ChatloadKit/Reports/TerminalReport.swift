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
            outcome, verdict, slos, heading, totals, schedule, latencies, steady, histogram, steps,
            errors,
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

extension TerminalReport {
    /// A row for each credential, with what the service says of its limits.
    var credentials: [Line] {
        if summary.credentials.isEmpty { return [] }
        let shown = summary.credentials.prefix(Self.credentialLimit)
        let width = width(16, for: shown.map(label))
        let names = ["failed", "rejected", "retries", "waited", "p50", "p99"]
        let head =
            TextLayout.left("", width) + TextLayout.right("count", 10)
            + names.map { TextLayout.right($0, 9) }.joined()
        var lines = [Line("Credentials, response time", .title), Line(head)]
        for credential in shown {
            lines.append(row(credential, width))
            let limits = credential.serviceLimits.sorted { $0.key < $1.key }
            let words = limits.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            if !words.isEmpty { lines += wrapped(words, label: "", indent: 4) }
        }
        let rest = summary.credentials.count - Self.credentialLimit
        if rest > 0 { lines.append(Line("  and \(Figures.count(rest)) more, in summary.json")) }
        return lines
    }

    /// A row for each of our quotas.
    var quotas: [Line] {
        if summary.quotas.isEmpty { return [] }
        let names = summary.quotas.map { "  \(TextLayout.visible($0.expression))" }
        let width = width(38, for: names)
        let head =
            TextLayout.left("", width) + TextLayout.right("used", 14)
            + TextLayout.right("limit", 12)
            + TextLayout.right("waited", 9) + TextLayout.right("spent", 7)
        let rows = zip(summary.quotas, names).map { quota, name in
            Line(
                TextLayout.left(name, width)
                    + TextLayout.right(Figures.shortCount(quota.used), 14)
                    + TextLayout.right(Figures.shortCount(quota.limit), 12)
                    + TextLayout.right(Figures.duration(quota.throttledSeconds * 1_000), 9)
                    + TextLayout.right(Figures.shortCount(quota.spent), 7))
        }
        return [Line("Quotas", .title), Line(head)] + rows
    }

    /// The credentials shown; all of them are in `summary.json`.
    private static let credentialLimit = 20

    private func label(_ credential: CredentialResult) -> String {
        let label = credential.label.isEmpty ? Figures.missing : credential.label
        return "  \(TextLayout.visible(label))" + (credential.isOut ? " (out)" : "")
    }

    private func row(_ credential: CredentialResult, _ width: Int) -> Line {
        let waited = credential.seconds(.throttledTime) * 1_000
        let cells = [
            Figures.shortCount(credential[.failed]),
            Figures.shortCount(credential[.rejected]), Figures.shortCount(credential[.retries]),
            Figures.duration(waited), Figures.duration(credential.p50),
            Figures.duration(credential.p99),
        ]
        return Line(
            TextLayout.left(label(credential), width)
                + TextLayout.right(Figures.shortCount(credential[.exchanges]), 10)
                + cells.map { TextLayout.right($0, 9) }.joined())
    }
}

extension TerminalReport {
    /// A row for each SLO, after the verdict the first thing to know.
    var slos: [Line] {
        if summary.slo.isEmpty { return [] }
        let isKept = summary.slo.allSatisfy(\.passed)
        let width = width(44, for: summary.slo.map { TextLayout.visible($0.expression) })
        let head =
            TextLayout.left("", 10 + width) + TextLayout.right("value", 12)
            + TextLayout.right("samples", 14)
        return [Line(summary.slo.title, isKept ? .title : .alarm), Line(head)]
            + summary.slo.flatMap { rows($0, width) }
    }

    private func rows(_ result: SLOResult, _ width: Int) -> [Line] {
        let expression = TextLayout.visible(result.expression)
        let state = TextLayout.left("  \(result.word)", 10)
        let figures =
            TextLayout.right(result.valueText, 12)
            + TextLayout.right(Figures.shortCount(result.samples), 14)
        let isLong = TextLayout.columns(of: expression) > width
        var lines = isLong ? wrapped(expression, label: "", indent: 10).map(\.text) : []
        if let first = lines.first { lines[0] = state + first.drop { $0 == " " } }
        lines.append(
            isLong
                ? TextLayout.left("", 10 + width) + figures
                : state + TextLayout.left(expression, width) + figures)
        let details = [Self.windows(of: result), result.remark].filter { !$0.isEmpty }
        lines += details.flatMap { wrapped($0, label: "", indent: 10).map(\.text) }
        return lines.map { Line($0, result.passed ? .plain : .alarm) }
    }

    /// How the windows of a threshold did, in words; empty where it has none.
    static func windows(of result: SLOResult) -> String {
        guard let windows = result.windows, windows.judged > 0 else { return "" }
        let length = Figures.duration(windows.seconds * 1_000)
        let start = Figures.decimal(windows.worstStart, places: 0)
        return "kept in \(Figures.count(windows.judged - windows.failed)) of "
            + "\(Figures.count(windows.judged)) windows of \(length); the worst began at \(start) s"
    }
}

/// Where the times of what was received come from, and how late it was read.
extension TerminalReport {
    var arrivals: [Line] {
        let verdict = summary.verdict
        guard let source = verdict.arrivalTimes else { return [] }
        var lines = wrapped(source.meaning, label: "arrivals")
        if verdict.readLate.count > 0 {
            lines += wrapped(lateness(verdict.readLate), label: "read late")
        }
        for remark in verdict.remarksOnArrivals { lines += wrapped(remark, label: "") }
        return lines
    }
}

extension ArrivalSource {
    /// What it means for the figures, in a clause.
    var meaning: String {
        switch self {
        case .kernel: "times of what was received are the kernel's"
        case .reading:
            "times of what was received are those of its reading: the kernel gave no others"
        }
    }
}

extension Verdict {
    /// Which received times are not exact.
    var remarksOnArrivals: [String] {
        var remarks: [String] = []
        if arrivalTimes == .kernel, unstampedResponses > 0 {
            remarks.append(
                "\(Figures.count(unstampedResponses)) responses without one have that of their reading"
            )
        }
        if mergedReads > 0 {
            remarks.append(
                "\(Figures.count(mergedReads)) first bytes waited with others: ttfb at most what is shown"
            )
        }
        return remarks
    }
}

extension TerminalReport {
    /// How the replies differ from the recorded ones, and those that differ most.
    var drift: [Line] {
        let drift = summary.drift
        if drift.compared + drift.missing == 0 { return [] }
        var lines = [Line("Replies beside the recorded ones", .title)]
        lines += wrapped(text(of: drift), label: "compared")
        if drift.missing > 0 {
            lines += wrapped(
                "\(Figures.count(drift.missing)) recorded replies have none beside them",
                label: "missing")
        }
        guard let mean = drift.meanDistance, let median = drift.medianDistance else { return lines }
        lines += wrapped(
            "mean \(Self.distance(mean)), median \(Self.distance(median)): 0 is the same text, 1"
                + " a wholly different one" + (drift.cut > 0 ? Self.words(onCut: drift.cut) : ""),
            label: "distance")
        if !drift.mostChanged.isEmpty { lines.append(Line("  most changed")) }
        return lines + drift.mostChanged.flatMap(self.lines)
    }

    private func text(of drift: ReplyDiffFigures) -> String {
        let all = drift.compared
        return "\(Figures.count(all)): \(Figures.count(drift.exact)) exactly the same"
            + " (\(Figures.share(drift.exact, of: all))),"
            + " \(Figures.count(drift.equalAfterFolding)) but for case and space,"
            + " \(Figures.count(drift.changed)) changed (\(Figures.share(drift.changed, of: all)))"
    }

    private func lines(of example: DriftExample) -> [Line] {
        let place = "\(example.conversation), turn \(example.turn)"
        return [
            Line(
                TextLayout.right(Self.distance(example.distance), 8) + "  "
                    + TextLayout.cut(TextLayout.visible(place), columns - 10))
        ]
            + [("recorded", example.recorded), ("live", example.live)].map { label, text in
                let shown = TextLayout.cut(TextLayout.visible(text), columns - 20)
                return Line("          " + TextLayout.left(label, 10) + shown)
            }
    }

    private static func distance(_ value: Double) -> String { Figures.decimal(value, places: 3) }

    private static func words(onCut count: Int) -> String {
        "; of \(Figures.count(count)) long replies the beginning of what differs stands for the rest"
    }
}

extension TerminalReport {
    /// The conversations that took longest: where to look first in the log.
    var slowest: [Line] {
        if summary.slowest.isEmpty { return [] }
        let names = ["took", "began at", "turns", "exchanges", "failed"]
        let head = names.map { TextLayout.right($0, 11) }.joined() + "  conversation"
        return [Line("Slowest conversations, think time included", .title), Line(head)]
            + summary.slowest.prefix(Self.slowestLimit).map { row($0) }
    }

    /// The conversations shown; more are in `summary.json`.
    private static let slowestLimit = 5

    private func row(_ conversation: SlowConversation) -> Line {
        let figures = [
            Figures.duration(conversation.duration), Figures.duration(conversation.start * 1_000),
            Figures.count(conversation.turns), Figures.count(conversation.exchanges),
            Figures.count(conversation.failures),
        ]
        let run = summary.run.mergedRuns.isEmpty ? "" : " of run \(conversation.run)"
        let name = TextLayout.visible("\(conversation.script)#\(conversation.ticket)") + run
        return Line(
            figures.map { TextLayout.right($0, 11) }.joined() + "  "
                + TextLayout.cut(name, columns - 57))
    }
}
