extension RunReader {
    /// Whether a folder holds a run, or what is left of one.
    package static func holdsRun(_ folder: String) -> Bool {
        [RunFolder.description, RunFolder.log, RunFolder.conversations].contains {
            RunFiles.exists("\(folder)/\($0)")
        }
    }

    /// Counts a run's exchanges and conversations.
    ///
    /// - Returns: what a reader of the figures must know of the logs, a sentence each.
    /// - Throws: when the run has no log or it cannot be read.
    static func read<Counter: LogCounter>(
        _ folder: String, _ run: RunDescription, into counter: inout Counter,
        progress: (Int) -> Void = { _ in }
    ) throws(LogComplaint) -> [String] {
        if run.logMode == .none {
            throw LogComplaint("\(folder): has no log to rebuild from (it ran with --log none)")
        }
        // Folders may hold a log in pieces; this file alone would be the last of them.
        if RunFiles.exists("\(folder)/exchanges.1.csv") {
            throw LogComplaint(
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
