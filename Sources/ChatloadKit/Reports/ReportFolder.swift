package import Base
import FoundationEssentials

/// Writes the files that are made from a summary and its latencies.
package enum ReportFolder {
    /// Writes the file of every exporter that needs no asking into `folder`, each replaced as a
    /// whole, and says which.
    ///
    /// - Parameter logs: the folders of the runs whose logs the summary is of, in their order; the
    ///   run's own where nil.
    /// - Returns: the paths written.
    /// - Throws: when the folder or a file cannot be written.
    package static func write(
        _ summary: Summary, _ latencies: LatencyLog, to folder: String, logs: [String]? = nil
    ) throws(Fault) -> [String] {
        try Files.makeFolder(folder)
        let run = ExportedRun(summary, latencies, logs: logs ?? [folder])
        var paths: [String] = []
        for exporter in Exporter.all where !exporter.isOnDemand {
            let path = "\(folder)/\(exporter.name)"
            try exporter.write(run, in: Replacement(of: path))
            paths.append(path)
        }
        return paths
    }

    /// Writes `run.json` alone, as is done when the run starts: a killed run can be reported.
    package static func write(_ run: RunDescription, to folder: String) throws(Fault) {
        try Files.makeFolder(folder)
        try Files.replace("\(folder)/\(RunFolder.description)", with: try JSONReport.bytes(run))
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
        var (paths, drift) = try replies.writeTranscript(to: folder, started: run.started)
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
}

/// JSON with sorted keys and indents, so that files of two runs can be compared by line.
package enum JSONReport {
    /// A record as its file has it, for those who want it on stdout.
    package static func text(_ value: some Encodable) throws(Fault) -> String {
        String(decoding: try bytes(value), as: UTF8.self)
    }

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
