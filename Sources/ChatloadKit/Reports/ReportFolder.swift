package import Base
import FoundationEssentials

/// Writes the files that are made from a summary and its latencies.
package enum ReportFolder {
    /// Writes all of them into `folder`, each replaced as a whole, and says which.
    ///
    /// - Parameter logs: the folders of the runs whose logs the summary is of, in their order; the
    ///   run's own where nil.
    /// - Returns: the paths written.
    /// - Throws: when the folder or a file cannot be written.
    package static func write(
        _ summary: Summary, _ latencies: LatencyLog, to folder: String, logs: [String]? = nil
    ) throws(Fault) -> [String] {
        try Files.makeFolder(folder)
        let waterfalls = WaterfallReader.waterfalls(of: summary.slowest, in: logs ?? [folder])
        let page = ReportPage(summary: summary, waterfalls: waterfalls)
        let files = [
            (RunFolder.description, try RunJSON.bytes(summary.run)),
            (RunFolder.summary, try SummaryJSON.bytes(summary)),
            (RunFolder.summaryTable, Array(SummaryCSV.text(summary).utf8)),
            (RunFolder.timeline, Array(TimelineCSV.text(summary).utf8)),
            (RunFolder.errors, Array(ErrorsCSV.text(summary).utf8)),
            (RunFolder.page, Array(page.html.utf8)),
            (RunFolder.junit, Array(JUnitXML.text(summary).utf8)),
            (
                RunFolder.responseHistogram,
                HdrHistogramText.bytes(latencies.response, partialNote: summary.partialNote)
            ),
            (
                RunFolder.serviceHistogram,
                HdrHistogramText.bytes(latencies.service, partialNote: summary.partialNote)
            ),
            (
                RunFolder.replyHistogram,
                HdrHistogramText.bytes(latencies.reply, partialNote: summary.partialNote)
            ),
            (RunFolder.latencyLog, Array(HdrHistogramLog.text(latencies, of: summary).utf8)),
        ]
        var paths: [String] = []
        for (name, bytes) in files {
            paths.append("\(folder)/\(name)")
            try Files.replace("\(folder)/\(name)", with: bytes)
        }
        return paths
    }

    /// Writes `run.json` alone, as is done when the run starts: a killed run can be reported.
    package static func write(_ run: RunDescription, to folder: String) throws(Fault) {
        try Files.makeFolder(folder)
        try Files.replace("\(folder)/\(RunFolder.description)", with: try RunJSON.bytes(run))
    }

    /// Writes `generator.json`, which only the run itself knows, when the run ends.
    package static func write(
        _ generator: GeneratorFigures, to folder: String
    ) throws(Fault) {
        try Files.replace(
            "\(folder)/\(RunFolder.generator)", with: try JSONReport.bytes(generator))
    }

    /// Writes the files of the replies that a run has kept into `folder`: the transcript, the batch
    /// output and the list of what was in flight, as far as there is anything for them.
    ///
    /// - Returns: the paths written, and how the replies differ from the recorded ones.
    package static func write(
        _ replies: KeptReplies, of run: RunDescription, to folder: String
    ) throws(Fault) -> (paths: [String], drift: ReplyDiffFigures) {
        if replies.hasJournal { try Files.makeFolder(folder) }
        var (paths, drift) = try replies.writeTranscript(to: folder, of: run)
        let inFlight = try replies.inFlight()
        if replies.hasJournal, !inFlight.isEmpty {
            let path = "\(folder)/\(RunFolder.inFlight)"
            try Files.replace(
                path, with: try JSONReport.bytes(InFlightList(conversations: inFlight)))
            paths.append(path)
        }
        return (paths, drift.figures)
    }

    /// Whether a summary has been written into `folder`.
    package static func hasSummary(_ folder: String) -> Bool {
        Files.exists("\(folder)/\(RunFolder.summary)")
    }

    /// The summary as it stands in `summary.json`, for those who want it on stdout.
    package static func json(of summary: Summary) throws(Fault) -> String {
        String(decoding: try SummaryJSON.bytes(summary), as: UTF8.self)
    }
}

/// `summary.json`: the summary as it is.
enum SummaryJSON {
    static func bytes(_ summary: Summary) throws(Fault) -> [UInt8] {
        try JSONReport.bytes(summary)
    }
}

/// `run.json`: the description of the run.
enum RunJSON {
    static func bytes(_ run: RunDescription) throws(Fault) -> [UInt8] {
        try JSONReport.bytes(run)
    }
}

/// JSON with sorted keys and indents, so that files of two runs can be compared by line.
enum JSONReport {
    static func bytes(_ value: some Encodable) throws(Fault) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return ShownJSON.bytes(try Array(encoder.encode(value))) + Array("\n".utf8)
        } catch {
            throw Fault("cannot be written as JSON: \(error)")
        }
    }
}

/// Files in the forms of other tools, where the user wants them.
package enum ExportFiles {
    /// Writes the exchanges of the runs in `folders`, one run after the other, as JMeter's results.
    ///
    /// - Throws: when a log cannot be read or the file not be written.
    package static func writeJTL(
        of folders: [String], to place: ExportPlace
    ) throws(Fault) {
        var file = try place.replacement()
        do throws(Fault) {
            try file.append(Array((JTLRows.columns.joined(separator: ",") + "\n").utf8).span)
            for folder in folders {
                let run = try RunReader.description(of: folder)
                let log = try RunReader.existing(RunFolder.log, in: folder)
                try LogReader.read(log, by: JTLRows(of: run)) { rows throws(Fault) in
                    try file.append(rows.taken().span)
                }
            }
            try file.finish()
        } catch {
            file.abandon()
            throw error
        }
    }

    /// Writes the summary in the form of k6's `handleSummary`.
    ///
    /// - Throws: when the file cannot be written.
    package static func writeK6(
        _ summary: Summary, to place: ExportPlace
    ) throws(Fault) {
        let bytes = try JSONReport.bytes(K6Summary(summary))
        try Files.write(bytes, in: place.replacement())
    }

    /// Writes bytes into an open descriptor and closes it.
    ///
    /// - Throws: when they cannot be written.
    package static func write(
        _ bytes: [UInt8], into descriptor: Int32, path: String
    ) throws(Fault) {
        try Files.write(bytes, in: Replacement(into: descriptor, path: path))
    }
}
