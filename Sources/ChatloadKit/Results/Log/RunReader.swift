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
        var isPartial = false
        let objectives = try self.objectives(of: run, unless: objectives)
        var whole = Aggregator(steps: StepTable(), objectives: objectives)
        var drift = ReplyDiffTally()
        for folder in folders {
            let part = try description(of: folder)
            let (shard, partNotes, replies) = try rebuilt(folder, part, progress) { generator in
                var shard = Aggregator(
                    steps: StepTable(), objectives: objectives, phases: part.phases,
                    until: generator.end)
                shard.generator = generator
                return shard
            }
            whole.merge(shard: shard)
            drift.merge(replies)
            notes += partNotes
            isPartial = isPartial || part.logMode == .errors
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
        if isPartial { summary.becomePartial() }
        summary.note((isPartial ? [partialNote] : []) + notes)
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
        try record(
            existing(RunFolder.description, in: folder), \.schema, as: RunDescription(name: ""),
            otherwise: "is not the description of a run")
    }

    /// What a JSON file of ours holds, if its `schema` is the one that this version writes.
    ///
    /// - Throws: what is wrong with it; `otherwise` where it is something else.
    static func record<Record: Decodable>(
        _ path: String, _ schema: KeyPath<Record, String>, as ours: Record, otherwise: String
    ) throws(Fault) -> Record {
        let bytes = try Files.contents(of: path)
        guard let record = try? JSONDecoder().decode(Record.self, from: Data(bytes)) else {
            throw Fault("\(path): \(otherwise)")
        }
        let theirs = record[keyPath: schema]
        if theirs == ours[keyPath: schema] { return record }
        throw Fault("\(path): is in a format this version does not know, \(theirs)")
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

    /// What the generator said of itself at its end; nothing where it was killed.
    package static func generator(
        of folder: String
    ) throws(Fault) -> GeneratorFigures {
        let path = "\(folder)/\(RunFolder.generator)"
        if !Files.exists(path) { return GeneratorFigures() }
        return try record(
            path, \.schema, as: GeneratorFigures(),
            otherwise: "is damaged; without it the log alone is judged")
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

    /// What `counter` makes of what the generator said of itself, a run's exchanges and conversations
    /// counted into it; with what a reader of the figures must know, a sentence each, and how the
    /// replies differ from the recorded ones.
    ///
    /// - Throws: when the run has no log or it cannot be read.
    static func rebuilt<Counter: LogCounter>(
        _ folder: String, _ run: RunDescription, _ progress: (Int) -> Void,
        by counter: (GeneratorFigures) -> Counter
    ) throws(Fault) -> (counter: Counter, notes: [String], drift: ReplyDiffTally) {
        let replies = try KeptReplies(in: folder)
        let notes = try replies.notes(on: run)
        let drift = try replies.drift()
        var counter = counter(try generator(of: folder))
        let logNotes = try read(folder, run, replies, into: &counter, progress)
        return (counter, notes + logNotes, drift)
    }

    /// Counts a run's exchanges and conversations.
    ///
    /// - Returns: what a reader of the figures must know of the logs, a sentence each.
    private static func read<Counter: LogCounter>(
        _ folder: String, _ run: RunDescription, _ replies: KeptReplies,
        into counter: inout Counter, _ progress: (Int) -> Void
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
        if let reading = try replies.count(into: &counter) {
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
