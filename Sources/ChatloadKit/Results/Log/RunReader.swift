package import Base
import FoundationEssentials
import Networking

/// Puts a run together again from its folder.
package enum RunReader {
    /// The summary of one run, or of several put together; see `figures`.
    package static func summary(
        of paths: [String], by objectives: Objectives = Objectives()
    ) throws(Fault) -> Summary {
        try figures(of: paths, by: objectives).summary
    }

    /// The figures of one run, or of several put together, from their folders (or the paths of
    /// their `exchanges.csv`).
    ///
    /// Several runs are taken for shards that ran side by side: counts add up, every time axis
    /// begins at its own run's start, and the duration, by which the throughput divides, is the
    /// longest one.
    ///
    /// It is judged by `objectives`, and where they say nothing by the first run's own.
    ///
    /// `progress` hears of every some hundred kilobytes that have been read of `logSize`.
    ///
    /// - Throws: when a file is missing or unreadable, when a run has no log, or is given twice.
    package static func figures(
        of paths: [String], by objectives: Objectives = Objectives(),
        progress: (Int) -> Void = { _ in }
    ) throws(Fault) -> (summary: Summary, latencies: LatencyLog) {
        let folders = try distinctFolders(paths)
        var run = try description(of: folders[0])
        var notes: [String] = []
        var names: [String] = []
        var partial: [String] = []
        let objectives = try self.objectives(of: run, unless: objectives)
        var whole = Aggregator(steps: StepTable(), objectives: objectives)
        var drift = ReplyDiffTally()
        for folder in folders {
            let part = try description(of: folder)
            let replies = try KeptReplies(in: folder)
            notes += try replies.notes(on: part)
            drift.merge(try replies.drift())
            let (shard, logNotes) = try aggregator(
                of: folder, part, by: objectives, progress: progress)
            whole.merge(shard: shard)
            if part.logMode == .errors, !partial.contains(partialNote) {
                partial.append(partialNote)
            }
            notes += logNotes
            run.brokenSLO = run.brokenSLO ?? part.brokenSLO
            run.changedInput = run.changedInput ?? part.changedInput
            names.append(part.name)
        }
        if names.count > 1 {
            run.mergedRuns = names
            notes.insert(mergeNote(names.count), at: 0)
        }
        var summary = whole.summary(of: run)
        summary.drift = drift.figures
        summary.isPartial = !partial.isEmpty
        summary.notes = partial + notes
        whole.judge(&summary)
        return (summary, whole.latencyLog)
    }

    /// At least one folder, and none twice.
    private static func distinctFolders(_ paths: [String]) throws(Fault) -> [String] {
        let folders = paths.map(folder)
        if folders.isEmpty { throw Fault("no run is given") }
        for (index, folder) in folders.enumerated() where folders[..<index].contains(folder) {
            throw Fault("\(folder): given twice; every run counts once")
        }
        return folders
    }

    /// The bytes of the logs in some folders; what is not there counts nothing.
    package static func logSize(of paths: [String]) -> Int {
        paths.map(folder).reduce(0) { size, folder in
            [RunFolder.log, RunFolder.conversations].reduce(size) {
                $0 + Files.size(of: "\(folder)/\($1)")
            }
        }
    }

    /// The folder that a path given by a user means.
    package static func folder(of path: String) -> String {
        var folder = path
        if !Files.isFolder(path), path.hasSuffix(".csv") {
            let slash = path.lastIndex(of: "/")
            folder = slash.map { String(path[..<$0]) } ?? "."
        }
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        return folder
    }

    /// Refuses to write the reports of `runs` into a folder that holds another run's log, or into
    /// one of several runs put together, or where nothing can be written.
    package static func requireOwn(
        _ folder: String, of runs: [String]
    ) throws(Fault) {
        let isOwn = runs.count == 1 && runs.contains(self.folder(of: folder))
        if !isOwn, Files.exists("\(folder)/\(RunFolder.log)") {
            throw Fault("\(folder): holds another run; choose another folder")
        }
        try Files.requireRoom(forFolder: folder)
    }

    /// What `run.json` in a folder says.
    package static func description(of folder: String) throws(Fault) -> RunDescription {
        let path = try existing(RunFolder.description, in: folder)
        let bytes = try Files.contents(of: path)
        let run = try? JSONDecoder().decode(RunDescription.self, from: Data(bytes))
        guard let run else { throw Fault("\(path): is not the description of a run") }
        if run.schema == RunDescription(name: "").schema { return run }
        throw Fault("\(path): is in a format this version does not know, \(run.schema)")
    }

    static let partialNote =
        "partial: only failures were logged (--log errors), so successes are missing from every "
        + "figure"

    private static func mergeNote(_ count: Int) -> String {
        "\(count) runs put together as shards that ran side by side: the duration is that of the "
            + "longest, and rates are what ended in all spans of load, divided by the longest"
    }

    private static func objectives(
        of run: RunDescription, unless given: Objectives
    ) throws(Fault) -> Objectives {
        do throws(Fault) {
            let objectives = given.or(try run.decided().objectives)
            try objectives.requireGoodput()
            return objectives
        } catch {
            throw Fault("\(run.name): \(error)")
        }
    }

    private static func aggregator(
        of folder: String, _ run: RunDescription, by objectives: Objectives,
        progress: (Int) -> Void
    ) throws(Fault) -> (Aggregator, notes: [String]) {
        let generator = try generator(of: folder)
        var aggregator = Aggregator(
            steps: StepTable(), objectives: objectives, phases: run.phases,
            until: generator.loadEnd.map { Nanoseconds($0) } ?? .never)
        let notes = try read(folder, run, into: &aggregator, progress: progress)
        aggregator.generator = generator
        return (aggregator, notes)
    }

    /// What the generator said of itself at its end; nothing where it was killed.
    package static func generator(
        of folder: String
    ) throws(Fault) -> GeneratorFigures {
        let path = "\(folder)/\(RunFolder.generator)"
        if !Files.exists(path) { return GeneratorFigures() }
        let bytes = try Files.contents(of: path)
        let figures = try? JSONDecoder().decode(GeneratorFigures.self, from: Data(bytes))
        guard let figures else {
            throw Fault("\(path): is damaged; without it the log alone is judged")
        }
        if figures.schema == GeneratorFigures().schema { return figures }
        throw Fault("\(path): is in a format this version does not know, \(figures.schema)")
    }

    static func existing(
        _ name: String, in folder: String
    ) throws(Fault) -> String {
        if !Files.isFolder(folder) { throw Fault("\(folder): there is no such folder") }
        let path = "\(folder)/\(name)"
        if Files.exists(path) { return path }
        throw Fault("\(folder): is not a run's folder; \(name) is missing")
    }
}

extension RunReader {
    /// Whether a folder holds a run, or what is left of one.
    package static func holdsRun(_ folder: String) -> Bool {
        [RunFolder.description, RunFolder.log, RunFolder.conversations].contains {
            Files.exists("\(folder)/\($0)")
        }
    }

    /// Counts a run's exchanges and conversations.
    ///
    /// - Returns: what a reader of the figures must know of the logs, a sentence each.
    /// - Throws: when the run has no log or it cannot be read.
    static func read<Counter: LogCounter>(
        _ folder: String, _ run: RunDescription, into counter: inout Counter,
        progress: (Int) -> Void = { _ in }
    ) throws(Fault) -> [String] {
        if run.logMode == .none {
            throw Fault("\(folder): has no log to rebuild from (it ran with --log none)")
        }
        // Folders may hold a log in pieces; this file alone would be the last of them.
        if Files.exists("\(folder)/exchanges.1.csv") {
            throw Fault(
                "\(folder): its log is in pieces (exchanges.1.csv), which are not read; put their"
                    + " rows into one exchanges.csv, behind one header")
        }
        let exchanges = try existing(RunFolder.log, in: folder)
        var notes = try LogReader.read(exchanges: exchanges, into: &counter, progress: progress)
            .notes(on: exchanges)
        if let reading = try KeptReplies(in: folder).count(into: &counter) {
            return notes + reading.notes(on: "\(folder)/\(RunFolder.journal)")
        }
        let conversations = try existing(RunFolder.conversations, in: folder)
        notes += try LogReader.read(
            conversations: conversations, into: &counter, progress: progress
        ).notes(on: conversations)
        return notes
    }
}

extension LogReading {
    /// What is wrong with the file at a path.
    fileprivate func notes(on path: String) -> [String] {
        var notes: [String] = []
        if let line = firstMalformedLine {
            notes.append(
                "\(path): \(malformed) malformed rows are left out, the first on line \(line)")
        }
        if tornBytes > 0 {
            notes.append(
                "\(path): the last line was cut off and is left out (\(tornBytes) bytes)")
        }
        return notes
    }
}
