import Glibc

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

/// One log of a run that is being written.
struct LogFile {
    let descriptor: Int32
    let path: String

    /// A new log with its header.
    init(creating path: String, header: [UInt8]) throws(LogComplaint) {
        self.path = path
        descriptor = try RunFiles.create(path)
        try RunFiles.write(header, to: descriptor, path: path)
    }

    /// A log behind its first `size` bytes, which are whole rows; what comes after them is cut off.
    init(resuming path: String, behind size: Int, header: [UInt8]) throws(LogComplaint) {
        guard RunFiles.exists(path) else {
            self = try LogFile(creating: path, header: header)
            return
        }
        self.path = path
        descriptor = try RunFiles.open(appending: path, behind: size)
        if size == 0 { try RunFiles.write(header, to: descriptor, path: path) }
    }

    /// A file that is open already.
    init(_ descriptor: Int32, path: String) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Makes sure that the file can still be found.
    func requireName() throws(LogComplaint) {
        try RunFiles.requireName(of: descriptor, path: path)
    }

    /// Appends whole rows.
    func write(_ rows: [UInt8]) throws(LogComplaint) {
        try RunFiles.write(rows, to: descriptor, path: path)
    }

    /// Closes the file.
    consuming func close() throws(LogComplaint) { try RunFiles.finish(descriptor, path: path) }
}

/// The two logs of a run that are being written.
struct LogFiles {
    private let exchanges: LogFile
    private let conversations: LogFile
    private(set) var failure: LogComplaint?

    /// Files that are open already.
    init(exchanges: Int32, conversations: Int32) {
        self.exchanges = LogFile(exchanges, path: RunFolder.log)
        self.conversations = LogFile(conversations, path: RunFolder.conversations)
    }

    /// New files with their headers.
    init(creatingIn folder: String) throws(LogComplaint) {
        exchanges = try LogFile(
            creating: "\(folder)/\(RunFolder.log)", header: RowEncoder.header)
        conversations = try LogFile(
            creating: "\(folder)/\(RunFolder.conversations)",
            header: ConversationRowEncoder.header)
    }

    /// The files of an earlier part of a replay: the log cut behind its last whole row, and of the
    /// conversations those that are done, as the journal has them.
    init(
        resuming folder: String, behind size: Int, _ index: JournalIndex
    ) throws(LogComplaint) {
        let path = "\(folder)/\(RunFolder.conversations)"
        try Self.rewrite(path, by: index, "\(folder)/\(RunFolder.journal)")
        conversations = try LogFile(
            resuming: path, behind: RunFiles.size(of: path), header: ConversationRowEncoder.header)
        exchanges = try LogFile(
            resuming: "\(folder)/\(RunFolder.log)", behind: size, header: RowEncoder.header)
    }

    /// Makes `conversations.csv` anew of a journal. As long as there is the journal nothing else is
    /// read, so an end in the middle of it costs nothing.
    private static func rewrite(
        _ path: String, by index: JournalIndex, _ journal: String
    ) throws(LogComplaint) {
        var rows = try Replacement(of: path)
        let header = ConversationRowEncoder.header
        do throws(LogComplaint) {
            try rows.append(header.span)
            try index.forEachRow(in: journal, withLeft: false) { (row) throws(LogComplaint) in
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
    mutating func write(_ rows: LogRows) -> LogComplaint? {
        if let failure { return failure }
        do throws(LogComplaint) {
            try exchanges.requireName()
            for chunk in rows.exchanges { try exchanges.write(chunk) }
            for chunk in rows.conversations { try conversations.write(chunk) }
        } catch {
            failure = error
        }
        return failure
    }

    /// Puts the exchanges on the disk.
    ///
    /// - Returns: why it cannot be done, if so.
    func syncExchanges() -> LogComplaint? {
        fdatasync(exchanges.descriptor) == 0
            ? nil : RunFiles.complaint("cannot be put on the disk", exchanges.path)
    }

    /// Closes both.
    ///
    /// - Returns: the first failure since the start.
    consuming func close() -> LogComplaint? {
        var first = failure
        for log in [exchanges, conversations] {
            do throws(LogComplaint) {
                try log.close()
            } catch {
                first = first ?? error
            }
        }
        return first
    }
}
