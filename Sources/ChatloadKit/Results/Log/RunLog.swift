package import Base
import Glibc
import Networking

/// The exchange log of a run that is under way: `exchanges.csv` and `conversations.csv` in a folder
/// of its own, written by one thread for all workers, and the journal where replies are kept.
///
/// Workers hand over whole rows, a chunk at a time and at least once a second, and whatever has been
/// handed over is written at once: a killed run loses at most its last second. Chunks are never
/// interleaved. When more than `backlogLimit` bytes wait, the worker that submits writes them
/// itself: a slow disk slows the run instead of filling memory. When writing fails the log stops,
/// and `close` tells. A run that can be resumed ends then, since what it did from there on would be
/// done a second time; every other goes on measuring.
package final class RunLog: Sendable {
    /// Rows and records that are to be written, in chunks.
    struct Backlog {
        var exchanges: [[UInt8]] = []
        var conversations: [[UInt8]] = []
        /// Of the journal.
        var records: [[UInt8]] = []
        var bytes = 0
        var isWriterCalled = false
    }

    /// The bytes that may wait for the writer.
    static let backlogLimit = 32 << 20

    /// The folder of the run.
    package let folder: String
    /// Which exchanges the workers are to submit.
    package let mode: LogMode
    /// What is kept of the replies.
    package let keeping: ReplyKeeping
    /// Hears that the log has failed, at once and once.
    private let listener = Locked<(@Sendable (Fault) -> Void)?>(nil)
    /// The loop whose thread writes; it does nothing else, because a disk may block.
    private let writer: EventLoop
    private let backlog = Locked(Backlog())
    /// Locked for the whole of a chunk's write; nil once closed.
    private let files: Locked<LogFiles?>
    private let journal: Journal?

    /// Makes the folder and the files with their headers.
    ///
    /// - Throws: when the folder holds a run already, or cannot be written.
    package convenience init(
        folder: String, mode: LogMode, keeping: ReplyKeeping = .nothing
    ) throws(Fault) {
        try Files.makeFolder(folder)
        if RunReader.holdsRun(folder) {
            throw Fault("\(folder): holds a run already; choose another folder")
        }
        let files = mode == .none ? nil : try LogFiles(creatingIn: folder)
        let journal =
            keeping == .nothing
            ? nil : try Journal("\(folder)/\(RunFolder.journal)", isNew: true)
        if keeping == .progress { try journal?.begin(part: 1, at: 0, trusted: 0) }
        self.init(folder: folder, mode: mode, keeping: keeping, files, journal)
    }

    /// A log that writes to open files, and to an open journal.
    init(
        folder: String = "", mode: LogMode = .all, keeping: ReplyKeeping = .nothing,
        _ files: LogFiles?, _ journal: Journal? = nil
    ) {
        self.folder = folder
        self.mode = mode
        self.keeping = keeping
        self.files = Locked(files)
        self.journal = journal
        writer = EventLoop(name: "log", poller: EpollPoller())
        writer.start()
        if keeping == .progress { writer.execute { [self] in sync() } }
    }

    /// Has `listener` told, at once and from any thread, when a run that can be resumed cannot be
    /// written down any more.
    package func whenFailing(_ listener: @escaping @Sendable (Fault) -> Void) {
        self.listener.withLock { $0 = listener }
    }

    /// Writes whole records of the journal, after the rows of `exchanges.csv` that belong to them,
    /// before it returns. From any thread.
    ///
    /// - Returns: whether all of it has been written.
    func write(exchanges rows: [UInt8] = [], thenRecords records: [UInt8]) -> Bool {
        if !rows.isEmpty, mode != .none {
            backlog.withLock { $0.exchanges.append(rows) }
            if !drain() { return false }
        }
        guard let failure = journal?.append(records) else { return true }
        tell(failure)
        return false
    }

    /// Writes what has been handed over and closes the files. Later rows are ignored.
    ///
    /// - Throws: the first failure to write since the start.
    package func close() throws(Fault) {
        _ = drain()
        writer.stop()
        var failure = keeping == .progress ? syncOnce() : nil
        failure = journal?.close() ?? failure
        let closing = files.withLock { files in
            defer { files = nil }
            return files
        }
        failure = closing?.close() ?? failure
        if let failure {
            throw Fault("\(failure); the log is incomplete from there on")
        }
    }

    /// Writes what has been handed over: what is left to do when the process is about to end and the
    /// workers cannot be asked. From any thread.
    package func flush() { _ = drain() }

    /// Hands over whole rows of a log, or records of the journal. From any thread.
    func submit(_ place: WritableKeyPath<Backlog, [[UInt8]]>, _ rows: [UInt8]) {
        if rows.isEmpty || mode == .none && place != \.records { return }
        let (isFull, isWriterNeeded) = backlog.withLock { backlog in
            backlog[keyPath: place].append(rows)
            backlog.bytes += rows.count
            let isFull = backlog.bytes > Self.backlogLimit
            let isWriterNeeded = !isFull && !backlog.isWriterCalled
            if isWriterNeeded { backlog.isWriterCalled = true }
            return (isFull, isWriterNeeded)
        }
        if isFull { _ = drain() }
        if isWriterNeeded { writer.execute { _ = self.drain() } }
    }

    /// Writes all that waits; false when it cannot be done. The backlog is taken under the files'
    /// lock, so that two who drain at once keep the order.
    private func drain() -> Bool {
        let failure = files.withLock { files -> Fault? in
            let waiting = backlog.withLock { backlog in
                defer { backlog = Backlog() }
                return backlog
            }
            if let failure = files?.write(waiting) { return failure }
            for records in waiting.records {
                if let failure = journal?.append(records) { return failure }
            }
            return nil
        }
        if let failure { tell(failure) }
        return failure == nil
    }

    /// Puts the log on the disk, and again every second.
    private func sync() {
        if let failure = syncOnce() { return tell(failure) }
        _ = writer.schedule(at: writer.tick + .seconds(1)) { [self] in sync() }
    }

    private func syncOnce() -> Fault? {
        journal?.sync {
            // The disk may take its time, and rows are written meanwhile.
            files.withLock { $0 }?.syncExchanges()
        }
    }

    private func tell(_ failure: Fault) {
        guard keeping == .progress else { return }
        let listener = listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        listener?(failure)
    }
}

/// What a run keeps of the replies.
package enum ReplyKeeping: Sendable {
    case nothing
    /// The replies, for a transcript at the end.
    case replies
    /// Everything that is needed to go on after whatever ends the run.
    case progress
}

/// The two logs of a run that are being written.
struct LogFiles {
    /// An open file and its path.
    private typealias Log = (descriptor: Int32, path: String)

    private let exchanges: Log
    private let conversations: Log
    private var failure: Fault?

    /// Files that are open already.
    init(exchanges: Int32, conversations: Int32) {
        self.exchanges = (exchanges, RunFolder.log)
        self.conversations = (conversations, RunFolder.conversations)
    }

    /// New files with their headers.
    init(creatingIn folder: String) throws(Fault) {
        exchanges = try Self.create("\(folder)/\(RunFolder.log)", ExchangeColumn.header)
        conversations = try Self.create(
            "\(folder)/\(RunFolder.conversations)", ConversationColumn.header)
    }

    /// The files of an earlier part of a replay: the log cut behind its first `size` bytes, which are
    /// whole rows, and of the conversations those that are done, as the journal has them.
    init(
        resuming folder: String, behind size: Int, _ index: JournalIndex
    ) throws(Fault) {
        let (log, header) = ("\(folder)/\(RunFolder.log)", ExchangeColumn.header)
        let path = "\(folder)/\(RunFolder.conversations)"
        try Self.rewrite(path, by: index, "\(folder)/\(RunFolder.journal)")
        conversations = (try Files.open(appending: path), path)
        if size > 0 {
            exchanges = (try Files.open(appending: log, behind: size), log)
        } else if Files.exists(log) {
            exchanges = (try Files.open(appending: log, behind: 0), log)
            try Files.write(header, to: exchanges.descriptor, path: log)
        } else {
            exchanges = try Self.create(log, header)
        }
    }

    private static func create(_ path: String, _ header: [UInt8]) throws(Fault) -> Log {
        let descriptor = try Files.create(path)
        try Files.write(header, to: descriptor, path: path)
        return (descriptor, path)
    }

    /// Makes `conversations.csv` anew of a journal. As long as there is the journal nothing else is
    /// read, so an end in the middle of it costs nothing.
    private static func rewrite(
        _ path: String, by index: JournalIndex, _ journal: String
    ) throws(Fault) {
        var rows = try Replacement(of: path)
        do throws(Fault) {
            try rows.append(ConversationColumn.header.span)
            try index.forEachRow(in: journal, withLeft: false) { (row) throws(Fault) in
                try rows.append(row.span)
            }
            try rows.finish()
        } catch {
            rows.abandon()
            throw error
        }
    }

    /// Writes rows, unless an earlier write has failed.
    ///
    /// - Returns: why it cannot be done, if so.
    mutating func write(_ rows: RunLog.Backlog) -> Fault? {
        if let failure { return failure }
        do throws(Fault) {
            let (log, path) = exchanges
            try Files.requireName(of: log, path: path)
            for chunk in rows.exchanges { try Files.write(chunk, to: log, path: path) }
            for chunk in rows.conversations {
                try Files.write(chunk, to: conversations.descriptor, path: conversations.path)
            }
        } catch {
            failure = error
        }
        return failure
    }

    /// Puts the exchanges on the disk.
    ///
    /// - Returns: why it cannot be done, if so.
    func syncExchanges() -> Fault? {
        fdatasync(exchanges.descriptor) == 0
            ? nil : Files.fault("cannot be put on the disk", exchanges.path)
    }

    /// Closes both.
    ///
    /// - Returns: the first failure since the start.
    consuming func close() -> Fault? {
        var first = failure
        for log in [exchanges, conversations] {
            do throws(Fault) {
                try Files.finish(log.descriptor, path: log.path)
            } catch {
                first = first ?? error
            }
        }
        return first
    }
}
