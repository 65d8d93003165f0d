package import Base

/// A replay that has stopped, its folder taken for this process alone, to be gone on with.
package final class Resumption {
    /// What the folder's `run.json` says.
    package let run: RunDescription
    /// Where the part that is about to begin begins on the run's time axis: at the end of all that
    /// has been logged.
    package let elapsed: Nanoseconds
    private let folder: String
    private let journal: Journal
    private let index: JournalIndex
    /// The bytes of whole rows in the log.
    private let logSize: Int

    /// Takes the folder of a replay and looks at what is in it; changes nothing.
    ///
    /// - Parameters:
    ///   - run: what its `run.json` says.
    ///   - boot: which start of the machine this is, as in the run's parts. After another one only
    ///     what is known to have reached the disk counts.
    /// - Throws: why it cannot be gone on with.
    package init(of folder: String, _ run: RunDescription, boot: String) throws(Fault) {
        self.folder = folder
        self.run = run
        let path = "\(folder)/\(RunFolder.journal)"
        guard run.command == "replay", Files.exists(path) else {
            throw Fault("\(folder): is no replay that could be resumed")
        }
        if run.logMode == .none {
            throw Fault(
                "\(folder): ran with --log none, so no report could tell of all of its parts")
        }
        let before = run.parts.last
        let isRebooted = before.map { $0.boot != boot && !$0.boot.isEmpty && !boot.isEmpty }
        journal = try Journal(path, isNew: false)
        index = try JournalIndex(reading: path, onlySafe: isRebooted ?? false)
        let end = try LogEnd(of: "\(folder)/\(RunFolder.log)")
        logSize = end.size
        elapsed = max(end.latest, Nanoseconds(seconds: before?.begins ?? 0))
    }

    /// The conversations that are done.
    package var doneCount: Int { index.entries.count }

    /// Whether the conversation at a place of the workload, from 0, is done.
    package func isDone(_ place: Int) -> Bool { index.isDone(place) }

    /// What was under way when the latest part ended, and is to be played again.
    package var inFlight: [InFlight] { index.inFlight }

    /// Lets others have the folder.
    package func release() { _ = journal.close() }

    /// Cuts off what the latest part's end has torn, and begins another part of the run.
    ///
    /// - Parameter part: the part's number, from 1.
    /// - Returns: the log to go on with.
    package func begin(part: Int) throws(Fault) -> RunLog {
        let files = try LogFiles(resuming: folder, behind: logSize, index)
        try journal.begin(part: part, at: index.end, trusted: index.trusted)
        return RunLog(folder: folder, mode: run.logMode, keeping: .progress, files, journal)
    }
}

/// Where a log ends: looks at the exchanges' ends alone.
struct LogEnd: LogCounter {
    /// The bytes of its whole rows; 0 where there is none.
    private(set) var size = 0
    /// The latest end of an exchange.
    private(set) var latest = Nanoseconds.zero
    var steps = StepTable()
    var credentials = StepTable()

    /// Reads the log at a path, if there is one.
    init(of path: String) throws(Fault) {
        guard Files.exists(path) else { return }
        let reading = try LogReader.read(exchanges: path, into: &self)
        size = Files.size(of: path) - reading.unfinished
    }

    mutating func add(_ exchange: borrowing Exchange) { latest = max(latest, exchange.end) }

    mutating func add(_ conversation: borrowing ConversationRecord) {}
}
