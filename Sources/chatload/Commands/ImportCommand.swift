import ChatloadKit
import Networking

/// `import`: turns transcripts and traces of other formats into a workload of chatload's own.
///
/// - Throws: what is wrong with the files or the output; then no file has been made.
func importCommand(
    _ settings: ImportSettings, in surroundings: Surroundings
) throws(Complaint) -> ExitCode {
    if settings.files.isEmpty {
        throw Complaint("no file to import", hint: "name a transcript, such as chats.json")
    }
    var output = try ImportOutput(settings.output, replaces: settings.replaces)
    let report: ImportReport
    do throws(Complaint) {
        report = try imported(settings, to: &output, in: surroundings)
        try output.finish()
    } catch {
        output.abandon()
        throw error
    }
    if !settings.isQuiet { Terminal.messages.write(report.text) }
    return .ok
}

/// Writes the conversations.
private func imported(
    _ settings: ImportSettings, to output: inout ImportOutput, in surroundings: Surroundings
) throws(Complaint) -> ImportReport {
    let isShown =
        !settings.isQuiet && !settings.hidesProgress
        && Terminal.messages.isInteractive(surroundings.environment)
    let workload: Workload
    var reading = CheckingLine(isShown: isShown, doing: "reading")
    do throws(ScriptComplaint) {
        workload = try Workload.open(
            settings.files, as: settings.format,
            prompts: PromptSettings(seed: settings.seed, tokens: settings.tokens)
        ) { reading.update(bytes: $0) }
    } catch {
        reading.finish()
        throw Complaint(error)
    }
    reading.finish()
    var importer = Importer(limit: settings.limit, skipsErrors: settings.skipsBadLines)
    var line = CheckingLine(isShown: isShown, doing: "importing")
    defer { line.finish() }
    try importer.convert(workload) {
        line.update(share: $0, bytes: workload.byteCount)
    } write: { (lines) throws(Complaint) in
        if let change = workload.change { throw Complaint(change) }
        try output.append(lines)
    }
    if let change = workload.change { throw Complaint(change) }
    let report = ImportReport(
        tally: importer.tally, formats: workload.formats, output: output.name)
    if let complaint = report.complaint(skipsErrors: settings.skipsBadLines) { throw complaint }
    return report
}
