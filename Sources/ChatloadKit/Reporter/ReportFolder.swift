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
    ) throws(LogComplaint) -> [String] {
        try RunFiles.makeFolder(folder)
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
            try RunFiles.replace("\(folder)/\(name)", with: bytes)
        }
        return paths
    }

    /// Writes `run.json` alone, as is done when the run starts: a killed run can be reported.
    package static func write(_ run: RunDescription, to folder: String) throws(LogComplaint) {
        try RunFiles.makeFolder(folder)
        try RunFiles.replace("\(folder)/\(RunFolder.description)", with: try RunJSON.bytes(run))
    }

    /// Writes `generator.json`, which only the run itself knows, when the run ends.
    package static func write(
        _ generator: GeneratorFigures, to folder: String
    ) throws(LogComplaint) {
        try RunFiles.replace(
            "\(folder)/\(RunFolder.generator)", with: try JSONReport.bytes(generator))
    }

    /// Writes the files of the replies that a run has kept into `folder`: the transcript, the batch
    /// output and the list of what was in flight, as far as there is anything for them.
    ///
    /// - Returns: the paths written, and how the replies differ from the recorded ones.
    package static func write(
        _ replies: KeptReplies, of run: RunDescription, to folder: String
    ) throws(LogComplaint) -> (paths: [String], drift: DriftFigures) {
        if replies.hasJournal { try RunFiles.makeFolder(folder) }
        var (paths, drift) = try replies.writeTranscript(to: folder, of: run)
        let inFlight = try replies.inFlight()
        if replies.hasJournal, !inFlight.isEmpty {
            let path = "\(folder)/\(RunFolder.inFlight)"
            try RunFiles.replace(
                path, with: try JSONReport.bytes(InFlightList(conversations: inFlight)))
            paths.append(path)
        }
        return (paths, drift.figures)
    }

    /// Whether a summary has been written into `folder`.
    package static func hasSummary(_ folder: String) -> Bool {
        RunFiles.exists("\(folder)/\(RunFolder.summary)")
    }

    /// The summary as it stands in `summary.json`, for those who want it on stdout.
    package static func json(of summary: Summary) throws(LogComplaint) -> String {
        String(decoding: try SummaryJSON.bytes(summary), as: UTF8.self)
    }
}
