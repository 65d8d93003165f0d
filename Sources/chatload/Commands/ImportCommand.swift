import Base
import ChatloadKit
import Networking

/// `import`: turns transcripts and traces of other formats into a workload of chatload's own.
///
/// - Throws: what is wrong with the files or the output; then no file has been made.
func importCommand(
    _ settings: ImportSettings, in surroundings: ProcessEnvironment
) throws(Fault) -> ExitCode {
    if settings.files.isEmpty {
        throw Fault("no file to import", hint: "name a transcript, such as chats.json")
    }
    var output = try ImportOutput(settings.output, replaces: settings.replaces)
    let report: ImportReport
    do throws(Fault) {
        report = try imported(settings, to: &output, in: surroundings)
        try output.finish()
    } catch {
        output.abandon()
        throw error
    }
    if !settings.process.isQuiet { Terminal.messages.write(report.text) }
    return .ok
}

/// Writes the conversations.
private func imported(
    _ settings: ImportSettings, to output: inout ImportOutput, in surroundings: ProcessEnvironment
) throws(Fault) -> ImportReport {
    let isShown =
        settings.process.showsProgress(in: surroundings)
    let workload: Workload
    var reading = CheckingLine(isShown: isShown, doing: "reading")
    do throws(Fault) {
        workload = try Workload.open(
            settings.files, as: settings.format,
            prompts: settings.prompts
        ) { reading.update(bytes: $0) }
    } catch {
        reading.finish()
        throw error
    }
    reading.finish()
    var importer = Importer(limit: settings.limit, skipsErrors: settings.skipsBadLines)
    var line = CheckingLine(isShown: isShown, doing: "importing")
    defer { line.finish() }
    try importer.convert(workload) {
        line.update(share: $0, bytes: workload.byteCount)
    } write: { (lines) throws(Fault) in
        if let change = workload.change { throw change }
        try output.append(lines)
    }
    if let change = workload.change { throw change }
    let report = ImportReport(
        tally: importer.tally, formats: workload.formats, output: output.name)
    if let complaint = report.complaint(skipsErrors: settings.skipsBadLines) { throw complaint }
    return report
}

/// What an import says when it is done: on stderr, since stdout may be its output.
struct ImportReport {
    let tally: ImportTally
    let formats: [WorkloadFormat]
    let output: String

    /// The report for people.
    var text: String {
        var titles: [String] = []
        for format in formats where !titles.contains(format.title) { titles.append(format.title) }
        var text =
            "\(titles.joined(separator: ", ")) to \(Printable.line(output)):"
            + " \(Figures.count(tally.conversations, "conversation")),"
            + " \(Figures.count(tally.turns, "turn")), \(Figures.count(tally.replies, "recorded reply")),"
            + " \(Figures.bytes(tally.bytes))\n"
        for (kind, count) in tally.omissions.found {
            text += "  \(kind.isLeftOut ? "left out" : "included"): \(kind.words(count))\n"
        }
        if tally.renamed > 0 {
            text +=
                "  renamed: \(Figures.count(tally.renamed, "conversation"))"
                + " whose id was another's before\n"
        }
        return text + rejections
    }

    private var rejections: String {
        if tally.rejected == 0 { return "" }
        var text = "  rejected: \(Figures.count(tally.rejected, "conversation"))\n"
        for complaint in tally.complaints { text += "    \(Printable.line("\(complaint)"))\n" }
        let others = tally.rejected - tally.complaints.count
        if others > 0 { text += "    and \(Figures.count(others)) more\n" }
        return text
    }

    /// What ends the import with an error: conversations that have errors, unless they may be left
    /// out and something is left.
    func complaint(skipsErrors: Bool) -> Fault? {
        if tally.rejected == 0 || (skipsErrors && tally.conversations > 0) { return nil }
        let complaints = tally.complaints
        guard var first = complaints.first else { return nil }
        first.others = Array(complaints.dropFirst())
        let others = tally.rejected - complaints.count
        let outcome =
            output == ImportOutput.stdout && tally.conversations > 0
            ? "stdout got only the conversations without errors" : "nothing is imported"
        first.others.append(
            Fault(
                others > 0 ? "and \(Figures.count(others)) more; \(outcome)" : outcome,
                hint: skipsErrors ? nil : "--skip-bad-lines goes on without them"))
        return first
    }
}
