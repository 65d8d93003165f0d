import Glibc
import Networking
import Synchronization

/// The exchange log of a run that is under way: `exchanges.csv` and `conversations.csv` in a folder
/// of its own, written by one thread for all workers.
///
/// Workers hand over whole rows, a chunk at a time and at least once a second, and whatever has been
/// handed over is written at once: a killed run loses at most its last second. Chunks are never
/// interleaved. When more than `backlogLimit` bytes wait, the worker that submits writes them
/// itself: a slow disk slows the run instead of filling memory. When writing fails the log stops,
/// the run goes on measuring, and `close` tells.
package final class RunLog: Sendable {
    private struct Backlog {
        var exchanges: [[UInt8]] = []
        var conversations: [[UInt8]] = []
        var bytes = 0
        var isWriterCalled = false
    }

    private struct Files {
        var exchanges: Int32
        var conversations: Int32
        var failure: LogComplaint?
    }

    /// The bytes that may wait for the writer.
    static let backlogLimit = 32 << 20

    /// The folder of the run.
    package let folder: String
    /// Which exchanges the workers are to submit.
    package let mode: LogMode
    /// The loop whose thread writes; it does nothing else, because a disk may block.
    private let writer: EventLoop
    private let backlog = Mutex(Backlog())
    /// Locked for the whole of a chunk's write; nil without a log and once closed.
    private let files: Mutex<Files?>

    /// Makes the folder and the files with their headers.
    ///
    /// - Throws: when the folder holds a run already, or cannot be written.
    package init(folder: String, mode: LogMode) throws(LogComplaint) {
        self.folder = folder
        self.mode = mode
        try RunFiles.makeFolder(folder)
        for name in [RunFolder.log, RunFolder.description]
        where RunFiles.exists("\(folder)/\(name)") {
            throw LogComplaint("\(folder): holds a run already; choose another folder")
        }
        files = Mutex(mode == .none ? nil : try Self.makeFiles(in: folder))
        writer = EventLoop(name: "log", poller: EpollPoller())
        writer.start()
    }

    /// A log that writes to open files.
    init(exchanges: Int32, conversations: Int32) {
        folder = ""
        mode = .all
        files = Mutex(Files(exchanges: exchanges, conversations: conversations))
        writer = EventLoop(name: "log", poller: EpollPoller())
        writer.start()
    }

    /// Hands over whole rows of `exchanges.csv`. From any thread.
    package func submit(exchanges rows: [UInt8]) {
        submit(rows.count) { $0.exchanges.append(rows) }
    }

    /// Hands over whole rows of `conversations.csv`. From any thread.
    package func submit(conversations rows: [UInt8]) {
        submit(rows.count) { $0.conversations.append(rows) }
    }

    /// Writes what has been handed over and closes the files. Later rows are ignored.
    ///
    /// - Throws: the first failure to write since the start.
    package func close() throws(LogComplaint) {
        drain()
        writer.stop()
        let closing = files.withLock { files in
            defer { files = nil }
            return files
        }
        guard let closing else { return }
        var failure = closing.failure
        for (descriptor, name) in [
            (closing.exchanges, RunFolder.log), (closing.conversations, RunFolder.conversations),
        ] {
            do throws(LogComplaint) {
                try RunFiles.finish(descriptor, path: path(of: name))
            } catch {
                failure = failure ?? error
            }
        }
        if let failure {
            throw LogComplaint("\(failure); the log is incomplete from there on")
        }
    }

    private func submit(_ count: Int, _ add: (inout Backlog) -> Void) {
        if mode == .none || count == 0 { return }
        let (isFull, isWriterNeeded) = backlog.withLock { backlog in
            add(&backlog)
            backlog.bytes += count
            let isFull = backlog.bytes > Self.backlogLimit
            let isWriterNeeded = !isFull && !backlog.isWriterCalled
            if isWriterNeeded { backlog.isWriterCalled = true }
            return (isFull, isWriterNeeded)
        }
        if isFull { drain() }
        if isWriterNeeded { writer.execute { self.drain() } }
    }

    /// Writes all that waits. The backlog is taken under the files' lock, so that two who drain at
    /// once keep the order.
    private func drain() {
        files.withLock { files in
            let waiting = backlog.withLock { backlog in
                defer { backlog = Backlog() }
                return backlog
            }
            guard var open = files, open.failure == nil else { return }
            do throws(LogComplaint) {
                let (log, conversations) = (RunFolder.log, RunFolder.conversations)
                for rows in waiting.exchanges {
                    try RunFiles.write(rows, to: open.exchanges, path: path(of: log))
                }
                for rows in waiting.conversations {
                    try RunFiles.write(rows, to: open.conversations, path: path(of: conversations))
                }
            } catch {
                open.failure = error
                files = open
            }
        }
    }

    private func path(of name: String) -> String { "\(folder)/\(name)" }

    private static func makeFiles(in folder: String) throws(LogComplaint) -> Files {
        let log = "\(folder)/\(RunFolder.log)"
        let conversations = "\(folder)/\(RunFolder.conversations)"
        let files = Files(
            exchanges: try RunFiles.create(log),
            conversations: try RunFiles.create(conversations))
        try RunFiles.write(RowEncoder.header, to: files.exchanges, path: log)
        try RunFiles.write(
            ConversationRowEncoder.header, to: files.conversations, path: conversations)
        return files
    }
}
