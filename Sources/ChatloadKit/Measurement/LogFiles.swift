import Glibc
import Networking

/// What a run keeps of the replies.
package enum ReplyKeeping: Sendable {
    case nothing
    /// The replies, for a transcript at the end.
    case replies
    /// Everything that is needed to go on after whatever ends the run.
    case progress
}

/// Rows and records that are to be written, in chunks.
struct LogRows {
    var exchanges: [[UInt8]] = []
    var conversations: [[UInt8]] = []
    /// Of the journal.
    var records: [[UInt8]] = []
}

/// The two open files of a log.
struct LogFiles {
    let folder: String
    let exchanges: Int32
    let conversations: Int32
    private(set) var failure: LogComplaint?

    /// Files that are open already.
    init(folder: String, exchanges: Int32, conversations: Int32) {
        self.folder = folder
        self.exchanges = exchanges
        self.conversations = conversations
    }

    /// New files with their headers.
    init(creatingIn folder: String) throws(LogComplaint) {
        self.folder = folder
        exchanges = try RunFiles.create("\(folder)/\(RunFolder.log)")
        conversations = try RunFiles.create("\(folder)/\(RunFolder.conversations)")
        try RunFiles.write(RowEncoder.header, to: exchanges, path: "\(folder)/\(RunFolder.log)")
        try RunFiles.write(
            ConversationRowEncoder.header, to: conversations,
            path: "\(folder)/\(RunFolder.conversations)")
    }

    /// The files of an earlier part of a replay: the log cut behind its last whole row, and of the
    /// conversations those that are done, as the journal has them.
    init(
        resumingIn folder: String, logSize: Int, _ index: JournalIndex
    ) throws(LogComplaint) {
        self.folder = folder
        let path = "\(folder)/\(RunFolder.conversations)"
        let header = ConversationRowEncoder.header
        var rows = try Replacement(of: path)
        do throws(LogComplaint) {
            try rows.append(header.span)
            try index.forEachRow(in: "\(folder)/\(RunFolder.journal)", withLeft: false) {
                (row) throws(LogComplaint) in try rows.append(row.span)
            }
            try rows.finish()
        } catch {
            rows.abandon()
            throw error
        }
        conversations = try RunFiles.open(appending: path)
        exchanges = try RunFiles.open(appending: "\(folder)/\(RunFolder.log)", behind: logSize)
    }

    /// Writes rows, unless an earlier write has failed.
    ///
    /// - Returns: why it cannot be done, if so.
    mutating func write(_ rows: LogRows) -> LogComplaint? {
        if let failure { return failure }
        do throws(LogComplaint) {
            try RunFiles.requireName(of: exchanges, path: "\(folder)/\(RunFolder.log)")
            for chunk in rows.exchanges {
                try RunFiles.write(chunk, to: exchanges, path: "\(folder)/\(RunFolder.log)")
            }
            for chunk in rows.conversations {
                try RunFiles.write(
                    chunk, to: conversations, path: "\(folder)/\(RunFolder.conversations)")
            }
        } catch {
            failure = error
        }
        return failure
    }

    /// Closes both.
    ///
    /// - Returns: the first failure since the start.
    consuming func close() -> LogComplaint? {
        var first = failure
        let open = [(exchanges, RunFolder.log), (conversations, RunFolder.conversations)]
        for (descriptor, name) in open {
            do throws(LogComplaint) {
                try RunFiles.finish(descriptor, path: "\(folder)/\(name)")
            } catch {
                first = first ?? error
            }
        }
        return first
    }
}
