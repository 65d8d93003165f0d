import Base

/// A run's figures as text for a terminal. 80 columns hold everything that matters; what there is
/// more of shows longer names, longer bars and further percentiles.
package struct TerminalReport: Sendable {
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
            outcome, verdict, slos, precision, heading, totals, schedule, latencies, streaming,
            steady,
            histogram,
            steps,
            errors, rejections, credentials, quotas, slowest, drift, fileList,
        ]
        return TextLine.text(of: sections, isColoured: isColoured)
    }

    /// What a window has beyond the columns that every report has.
    var extra: Int { columns - TextLayout.width }

    /// The width of a column of names: `least` where they fit, more where they do not and there is room.
    func width(_ least: Int, for names: [String]) -> Int {
        let longest = names.map { TextLayout.columns(of: $0) }.max() ?? 0
        return min(max(least, longest + 1), least + extra)
    }

    private var heading: [TextLine] {
        let run = summary.run
        var lines = [
            TextLine(TextLayout.cut("Run \(TextLayout.visible(run.name))", columns), .title)
        ]
        for note in summary.notes {
            lines += wrapped(note, label: "!", indent: 2, .alarm)
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

    private var fileList: [TextLine] {
        guard let first = files.first else { return [] }
        let folder = first.prefix(through: first.lastIndex(of: "/") ?? first.startIndex)
        let isShared = folder.count > 1 && files.allSatisfy { $0.hasPrefix(folder) }
        let title = isShared ? "Files in \(TextLayout.visible(String(folder)))" : "Files"
        let names = files.map { isShared ? String($0.dropFirst(folder.count)) : $0 }
        return wrapped(title, indent: 0, .title)
            + wrapped(names.joined(separator: "  "), label: "", indent: 2)
    }

    /// A label and a text beside it, on as many lines as it takes.
    func wrapped(
        _ text: String, label: String = "", indent: Int = 16, _ style: TextLine.Style = .plain
    ) -> [TextLine] {
        TextLine.wrapped(text, label: label, indent: indent, columns: columns, style)
    }
}

extension TerminalReport {
    /// A row for each credential, with what the service says of its limits.
    var credentials: [TextLine] {
        if summary.credentials.isEmpty { return [] }
        let shown = summary.credentials.prefix(Self.credentialLimit)
        let names = ["failed", "rejected", "retries", "waited", "p50", "p99"]
        let table = TextTable(
            [.left("", width(16, for: shown.map(label))), .right("count", 10)]
                + names.map { .right($0, 9) })
        var lines = [TextLine("Credentials, response time", .title), table.head]
        for credential in shown {
            lines.append(table.row(cells(of: credential)))
            let limits = credential.serviceLimits.sorted { $0.key < $1.key }
            let words = limits.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            if !words.isEmpty { lines += wrapped(words, indent: 4) }
        }
        let rest = summary.credentials.count - Self.credentialLimit
        if rest > 0 { lines.append(TextLine("  and \(Figures.count(rest)) more, in summary.json")) }
        return lines
    }

    /// A row for each of our quotas.
    var quotas: [TextLine] {
        if summary.quotas.isEmpty { return [] }
        let names = summary.quotas.map { "  \(TextLayout.visible($0.expression))" }
        let table = TextTable([
            .left("", width(38, for: names)), .right("used", 14), .right("limit", 12),
            .right("waited", 9), .right("spent", 7),
        ])
        let rows = zip(summary.quotas, names).map { quota, name in
            table.row([
                name, Figures.shortCount(quota.used), Figures.shortCount(quota.limit),
                Figures.duration(quota.throttledSeconds * 1_000), Figures.shortCount(quota.spent),
            ])
        }
        return [TextLine("Quotas", .title), table.head] + rows
    }

    /// The credentials shown; all of them are in `summary.json`.
    private static let credentialLimit = 20

    private func label(_ credential: CredentialResult) -> String {
        let label = credential.label.isEmpty ? Figures.missing : credential.label
        return "  \(TextLayout.visible(label))" + (credential.isOut ? " (out)" : "")
    }

    private func cells(of credential: CredentialResult) -> [String] {
        [
            label(credential), Figures.shortCount(credential[.exchanges]),
            Figures.shortCount(credential[.failed]), Figures.shortCount(credential[.rejected]),
            Figures.shortCount(credential[.retries]),
            Figures.duration(credential.seconds(.throttledTime) * 1_000),
            Figures.duration(credential.p50), Figures.duration(credential.p99),
        ]
    }
}

extension TerminalReport {
    /// A row for each SLO, after the verdict the first thing to know.
    var slos: [TextLine] {
        if summary.slo.isEmpty { return [] }
        let isKept = summary.slo.allSatisfy(\.passed)
        let width = width(44, for: summary.slo.map { TextLayout.visible($0.expression) })
        let table = TextTable([
            .left("", 10), .left("", width), .right("value", 12), .right("samples", 14),
        ])
        return [TextLine(summary.slo.title, isKept ? .title : .alarm), table.head]
            + summary.slo.flatMap { rows($0, width, table) }
    }

    private func rows(_ result: SLOResult, _ width: Int, _ table: TextTable) -> [TextLine] {
        let style = result.passed ? TextLine.Style.plain : .alarm
        let expression = TextLayout.visible(result.expression)
        let figures = [result.valueText, Figures.shortCount(result.samples)]
        var lines: [TextLine] = []
        if TextLayout.columns(of: expression) > width {
            lines = wrapped(expression, label: result.word, indent: 10, style)
            lines.append(table.row(["", ""] + figures, style))
        } else {
            lines = [table.row(["  \(result.word)", expression] + figures, style)]
        }
        let details = [Self.windows(of: result), result.remark].filter { !$0.isEmpty }
        return lines + details.flatMap { wrapped($0, indent: 10, style) }
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

extension TerminalReport {
    /// A line for each figure that the run was to know.
    var precision: [TextLine] {
        if summary.precision.isEmpty { return [] }
        let isFine = summary.precision.allSatisfy { $0.isKnown || !$0.isRequired }
        let title = TextLine("Known with 95 % confidence", isFine ? .title : .alarm)
        return [title]
            + summary.precision.flatMap { result in
                wrapped(
                    result.sentence, label: result.isKnown ? "-" : "!", indent: 2,
                    result.isKnown || !result.isRequired ? .plain : .alarm)
            }
    }
}

/// Where the times of what was received come from, and how late it was read.
extension TerminalReport {
    var arrivals: [TextLine] {
        let verdict = summary.verdict
        guard let source = verdict.arrivalTimes else { return [] }
        return labelled([
            ("arrivals", source.meaning), ("read late", lateness(verdict.readLate)),
        ]) + verdict.remarksOnArrivals.flatMap { wrapped($0) }
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
    var drift: [TextLine] {
        let drift = summary.drift
        if drift.compared + drift.missing == 0 { return [] }
        var lines = [TextLine("Replies beside the recorded ones", .title)]
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
        if !drift.mostChanged.isEmpty { lines.append(TextLine("  most changed")) }
        return lines + drift.mostChanged.flatMap(self.lines)
    }

    private func text(of drift: ReplyDiffFigures) -> String {
        let all = drift.compared
        return "\(Figures.count(all)): \(Figures.count(drift.exact)) exactly the same"
            + " (\(Figures.share(drift.exact, of: all))),"
            + " \(Figures.count(drift.equalAfterFolding)) but for case and space,"
            + " \(Figures.count(drift.changed)) changed (\(Figures.share(drift.changed, of: all)))"
    }

    private func lines(of example: DriftExample) -> [TextLine] {
        let head = TextTable([.right("", 8), .left("", columns - 10, gap: 2)])
        let reply = TextTable([.left("", 10, gap: 10), .left("", columns - 20)])
        let place = "\(example.conversation), turn \(example.turn)"
        return [head.row([Self.distance(example.distance), TextLayout.visible(place)])]
            + [("recorded", example.recorded), ("live", example.live)].map { label, text in
                reply.row([label, TextLayout.visible(text)])
            }
    }

    private static func distance(_ value: Double) -> String { Figures.decimal(value, places: 3) }

    private static func words(onCut count: Int) -> String {
        "; of \(Figures.count(count)) long replies the beginning of what differs stands for the rest"
    }
}

extension TerminalReport {
    /// The conversations that took longest: where to look first in the log.
    var slowest: [TextLine] {
        if summary.slowest.isEmpty { return [] }
        let names = ["took", "began at", "turns", "exchanges", "failed"]
        let table = TextTable(
            names.map { .right($0, 11) } + [.left("conversation", columns - 57, gap: 2)])
        return [TextLine("Slowest conversations, think time included", .title), table.head]
            + summary.slowest.prefix(Self.slowestLimit).map { table.row(cells(of: $0)) }
    }

    /// The conversations shown; more are in `summary.json`.
    private static let slowestLimit = 5

    private func cells(of conversation: SlowConversation) -> [String] {
        let run = summary.run.mergedRuns.isEmpty ? "" : " of run \(conversation.run)"
        return [
            Figures.duration(conversation.duration), Figures.duration(conversation.start * 1_000),
            Figures.count(conversation.turns), Figures.count(conversation.exchanges),
            Figures.count(conversation.failures),
            TextLayout.visible("\(conversation.script)#\(conversation.iteration)") + run,
        ]
    }
}

extension Verdict.Grade {
    /// What the grade means for whoever reads the figures, in a clause.
    var meaning: String {
        switch self {
        case .notJudged: "too little was sent to judge by"
        case .valid: "it kept its own schedule"
        case .suspect: "the figures hold some of its own time"
        case .invalid: "the figures below are not the service's"
        }
    }
}

extension Verdict.Load {
    /// What it means, as a sentence without its full stop.
    var sentence: String {
        switch self {
        case .reached: "Offered load reached"
        case .notReached:
            "Offered load not reached: the figures below are those of less than was asked for"
        }
    }
}

extension SLOResult {
    /// How it did, in a word.
    var word: String { isVoid ? "void" : passed ? "kept" : "FAILED" }
}

extension LoopStalls {
    /// All of them in words, the longest of each moment: `3, up to 150 ms: 150 ms at 8.02 s …`.
    var inWords: String {
        guard let worst else { return "none" }
        let count = Figures.count(longest.count &+ others)
        let times = longest.map(\.description).joined(separator: ", ")
        let more = others > 0 ? " and \(Figures.count(others)) shorter ones" : ""
        return "\(count), the longest \(Figures.duration(worst.length)): \(times)\(more)"
    }
}

extension [LateFigure] {
    /// Footnotes to a table, one for each line of it that has such figures.
    func notes(_ isOfTable: (LateFigure) -> Bool) -> [String] {
        var notes: [String] = []
        var rest = filter(isOfTable)[...]
        while let first = rest.first {
            let line = rest.prefix { ($0.scope, $0.step) == (first.scope, first.step) }
            rest = rest.dropFirst(line.count)
            let figures = line.map { figure in
                let without = Figures.duration(figure.without)
                let name = figure.statistic.replacing("_", with: ".")
                return "\(name) \(Figures.duration(figure.value)) (\(without))"
            }
            notes.append(
                "\(first.subject): \(Figures.count(first.samples)) were sent late by this machine; "
                    + "in brackets what it is without that: \(figures.joined(separator: ", "))")
        }
        let most = 10
        if notes.count <= most { return notes }
        return notes.prefix(most) + ["and \(notes.count - most) more lines, in summary.json"]
    }
}

extension [SLOResult] {
    /// How many were kept, as a title.
    var title: String {
        let voided = count(where: \.isVoid)
        if voided > 0 { return "SLOs: void (\(self[0].remark.dropFirst("void: ".count)))" }
        let failed = count { !$0.passed }
        return failed == 0 ? "SLOs: all \(count) kept" : "SLOs: \(failed) of \(count) not kept"
    }
}

extension Summary {
    /// That a run has failed, with the commonest cause; nil where something succeeded.
    var failureInWords: String? {
        if totals[.succeeded] > 0 { return nil }
        guard totals[.exchanges] > 0, let cause = errors.max(by: { $0.count < $1.count }) else {
            return "FAILED: not one exchange was made"
        }
        let count = totals[.exchanges]
        let all = count == 1 ? "the one exchange" : "all \(Figures.count(count)) exchanges"
        let example = cause.example.isEmpty ? "" : ": \(cause.example)"
        let share = cause.count < count ? "most often " : ""
        return "FAILED: \(all) failed, \(share)\(cause.errorClass) at \(run.target)\(example)"
    }
}
