import Base
import ChatloadKit

/// Rebuilds the reports of the runs in `paths` from their logs.
///
/// One run's files are rebuilt in its own folder, or written into `output`. By other `objectives`
/// than the run's own they are another judgement, which must not take the place of the run's: then
/// nothing is written without `output`. Several runs become one
/// (see `RunReader.summary`), and their files are written only into `output`: none of their folders
/// is the merged run's. A partial log does not replace the complete files of its own run either. The
/// report, or `summary.json` when `isJSON`, goes to `print`.
///
/// - Returns: what the figures say of the objectives, and `ok` where there are none.
/// - Throws: what is missing or cannot be read or written, in one line.
@discardableResult
func reportCommand(
    paths: [String], by objectives: Objectives = Objectives(), output: String? = nil,
    exports: [Export] = [], isJSON: Bool = false, isColoured: Bool = false,
    columns: Int = TextLayout.width, showsProgress: Bool = false, print: (String) -> Void
) throws(Fault) -> ExitCode {
    let folders = paths.map(RunReader.folder)
    if let output { try RunReader.requireOwn(output, of: folders) }
    let bytes = showsProgress ? RunReader.logSize(of: paths) : 0
    var line = CheckingLine(isShown: showsProgress, doing: "reading the log")
    defer { line.finish() }
    let (summary, latencies) = try RunReader.figures(of: paths, by: objectives) {
        line.advance($0, of: bytes)
    }
    line.finish()
    var files: [String] = []
    if let output {
        files = try ReportFolder.write(summary, latencies, to: output, logs: folders)
    } else if let folder = folders.first, folders.count == 1, objectives == Objectives(),
        !summary.isPartial || !ReportFolder.hasSummary(folder)
    {
        files = try ReportFolder.write(summary, latencies, to: folder)
    }
    if folders.count == 1, !files.isEmpty, let folder = folders.first {
        let replies = try KeptReplies(in: folder)
        files += try ReportFolder.write(replies, of: summary.run, to: output ?? folder).paths
    }
    files += try Export.write(exports, of: ExportedRun(summary, latencies, logs: folders))
    if isJSON {
        print(try JSONReport.text(summary))
    } else {
        print(
            TerminalReport(summary, files: files, isColoured: isColoured, columns: columns).text)
    }
    return summary.slo.isEmpty && summary.precision.isEmpty ? .ok : ExitCode(of: summary)
}
