import FoundationEssentials
import Networking

/// One run as a comparison sees it.
package struct RunSample: Sendable {
    /// Where it was read from: what tells runs of the same name apart.
    let folder: String
    let summary: Summary
    /// What its log gives; nil where there is no log of every exchange, and the summary is all.
    let tally: RunTally?

    /// What its `run.json` or its summary says of how it was made.
    var run: RunDescription { summary.run }

    /// What a log says that has been read already.
    init(
        folder: String, run: RunDescription, tally: RunTally, drift: DriftFigures = DriftFigures(),
        notes: [String] = []
    ) {
        self.folder = folder
        var summary = tally.aggregator.summary(of: run)
        summary.drift = drift
        summary.notes = notes
        self.summary = summary
        self.tally = tally
    }

    /// What a summary says whose log is missing.
    init(folder: String, summary: Summary) {
        self.folder = folder
        self.summary = summary
        tally = nil
    }

    /// The run in a folder (or that of the log at this path): its log, or where it has none of all
    /// exchanges, its `summary.json`. `progress` hears how many bytes more of a log have been read.
    ///
    /// - Throws: when neither can be read.
    package static func read(
        _ path: String, progress: (Int) -> Void = { _ in }
    ) throws(LogComplaint) -> RunSample {
        let folder = RunReader.folder(of: path)
        let hasSummary = RunFiles.exists("\(folder)/\(RunFolder.summary)")
        let hasLog = RunFiles.exists("\(folder)/\(RunFolder.log)")
        if hasSummary, !hasLog { return try summarised(folder) }
        let run = try RunReader.description(of: folder)
        if run.logMode == .all, hasLog { return try logged(folder, run, progress) }
        if hasSummary { return try summarised(folder) }
        let missing = hasLog ? "has a log of failures only" : "has no \(RunFolder.log)"
        throw LogComplaint(
            "\(folder): \(missing) and no \(RunFolder.summary): nothing to compare")
    }

    private static func logged(
        _ folder: String, _ run: RunDescription, _ progress: (Int) -> Void
    ) throws(LogComplaint) -> RunSample {
        let generator = try RunReader.generator(of: folder)
        var tally = RunTally(
            phases: run.phases, until: generator.loadEnd.map { Nanoseconds($0) } ?? .never)
        let replies = try KeptReplies(in: folder)
        let notes = try replies.notes(on: run)
        let logNotes = try RunReader.read(folder, run, into: &tally, progress: progress)
        tally.generator = generator
        return RunSample(
            folder: folder, run: run, tally: tally, drift: try replies.drift().figures,
            notes: notes + logNotes)
    }

    private static func summarised(_ folder: String) throws(LogComplaint) -> RunSample {
        let path = "\(folder)/\(RunFolder.summary)"
        let bytes = try RunFiles.contents(of: path)
        let summary = try? JSONDecoder().decode(Summary.self, from: Data(bytes))
        guard let summary else {
            throw LogComplaint("\(path): is not a summary that this version knows")
        }
        let known = Summary(run: RunDescription(name: "")).schema
        guard summary.schema == known else {
            throw LogComplaint(
                "\(path): is in a format this version does not know, \(summary.schema)")
        }
        if summary.isWithinBounds { return RunSample(folder: folder, summary: summary) }
        throw LogComplaint("\(path): is damaged: it has counts that no run has")
    }
}
