/// What a reader of a run's figures must know of the logs they come from, a sentence each.
struct LogFindings: Sendable, Equatable {
    /// Why exchanges or conversations are missing.
    var missing: [String] = []
    var notes: [String] = []
}

extension RunReader {
    /// The pieces of damaged logs that are named, and the gaps.
    private static let mostNamed = 3

    /// Whether a folder holds a run, or what is left of one.
    package static func holdsRun(_ folder: String) -> Bool {
        RunFiles.exists("\(folder)/\(RunFolder.description)")
            || [RunFolder.log, RunFolder.conversations].contains {
                !LogPieces(of: $0, in: folder).isEmpty
            }
    }

    /// A run's log by its name.
    ///
    /// - Throws: when the run has none.
    static func log(
        _ name: String, of run: RunDescription, in folder: String
    ) throws(LogComplaint) -> LogPieces {
        let counts = run.logPieces ?? LogPieceCounts()
        let highest = name == RunFolder.log ? counts.exchanges : counts.conversations
        let log = LogPieces(of: name, in: folder, highest: highest)
        if !log.isEmpty { return log }
        if !RunFiles.isFolder(folder) { throw LogComplaint("\(folder): there is no such folder") }
        throw LogComplaint("\(folder): is not a run's folder; \(name) is missing")
    }

    /// Whether every piece of a run's exchanges is there.
    static func hasWholeLog(_ run: RunDescription, in folder: String) throws(LogComplaint) -> Bool {
        note(onMissing: try log(RunFolder.log, of: run, in: folder), run) == nil
    }

    /// Counts a run's exchanges and conversations.
    ///
    /// - Throws: when the run has no log or it cannot be read.
    static func read<Counter: LogCounter>(
        _ folder: String, _ run: RunDescription, into counter: inout Counter,
        progress: (Int) -> Void = { _ in }
    ) throws(LogComplaint) -> LogFindings {
        if run.logMode == .none {
            throw LogComplaint("\(folder): has no log to rebuild from (it ran with --log none)")
        }
        var findings = LogFindings()
        let exchanges = try log(RunFolder.log, of: run, in: folder)
        let readings = try LogReader.read(
            exchanges: exchanges, into: &counter, progress: progress)
        findings.add(exchanges, readings, run)
        if let reading = try KeptReplies(in: folder).count(into: &counter) {
            let path = "\(folder)/\(RunFolder.journal)"
            findings.add([
                PieceReading(path: path, isLast: true, unfinished: 0, reading: reading)
            ])
            return findings
        }
        let conversations = try log(RunFolder.conversations, of: run, in: folder)
        findings.add(
            conversations,
            try LogReader.read(conversations: conversations, into: &counter, progress: progress),
            run)
        return findings
    }

    /// What a reader must know of the pieces that are not there.
    fileprivate static func note(onMissing log: LogPieces, _ run: RunDescription) -> String? {
        let hasEnded = run.ended != nil && run.ended != .failed
        let (names, count) = log.missing(hasEnded: hasEnded)
        if count == 0 { return nil }
        let more = names.count > mostNamed ? " and others" : ""
        let what =
            count == 1
            ? "is missing, and what it holds is in no figure"
            : "(\(count) pieces) are missing, and what they hold is in no figure"
        return "partial: \(log.folder): \(names.prefix(mostNamed).joined(separator: ", "))\(more) "
            + what
    }
}

extension LogFindings {
    fileprivate mutating func add(
        _ log: LogPieces, _ readings: [PieceReading], _ run: RunDescription
    ) {
        if let note = RunReader.note(onMissing: log, run) { missing.append(note) }
        add(readings)
    }

    /// Says what is wrong with pieces that are there: of the first few, and how many more there are.
    fileprivate mutating func add(_ readings: [PieceReading]) {
        let words = readings.compactMap(\.complaint)
        notes += words.prefix(3).flatMap(\.self)
        if words.count > 3 {
            notes.append("\(words.count - 3) more pieces of this log are damaged")
        }
    }
}

extension PieceReading {
    /// What is wrong with the piece; nil if nothing is.
    fileprivate var complaint: [String]? {
        var notes: [String] = []
        if let line = reading.firstMalformedLine {
            notes.append(
                "\(path): \(reading.malformed) malformed rows are left out, the first on line "
                    + "\(line)")
        }
        if reading.tornBytes > 0 {
            let bytes = "(\(reading.tornBytes) bytes)"
            notes.append(
                isLast
                    ? "\(path): the last line was cut off and is left out \(bytes)"
                    : "\(path): is damaged: its last line is cut off, though the log goes on, and is"
                        + " left out \(bytes)")
        }
        return notes.isEmpty ? nil : notes
    }
}
