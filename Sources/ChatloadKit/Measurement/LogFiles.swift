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

/// The two logs of a run that are being written.
struct LogFiles {
    private var exchanges: PiecedLog
    private var conversations: PiecedLog
    private(set) var failure: LogComplaint?

    /// Files that are open already.
    init(exchanges: Int32, conversations: Int32) {
        self.exchanges = PiecedLog(exchanges, name: RunFolder.log)
        self.conversations = PiecedLog(conversations, name: RunFolder.conversations)
    }

    /// New files with their headers, in pieces of `limit` bytes where there is one.
    init(creatingIn folder: String, limit: Int?, isSynced: Bool) throws(LogComplaint) {
        exchanges = try PiecedLog(
            creating: RunFolder.log, in: folder, header: RowEncoder.header, limit: limit,
            isSynced: isSynced)
        conversations = try PiecedLog(
            creating: RunFolder.conversations, in: folder, header: ConversationRowEncoder.header,
            limit: limit)
    }

    /// The files of an earlier part of a replay: the log cut behind its last whole row, and of the
    /// conversations those that are done, as the journal has them.
    init(
        resuming log: LogPieces, size: Int, limit: Int?, _ index: JournalIndex
    ) throws(LogComplaint) {
        let rewritten = try ConversationPieces.rewrite(
            in: log.folder, limit: limit, by: index)
        conversations = try PiecedLog(
            resuming: rewritten, size: RunFiles.size(of: rewritten.last),
            header: ConversationRowEncoder.header, limit: limit)
        exchanges = try PiecedLog(
            resuming: log, size: size, header: RowEncoder.header, limit: limit, isSynced: true)
    }

    /// How many earlier pieces there are.
    var pieces: LogPieceCounts {
        LogPieceCounts(exchanges: exchanges.pieces, conversations: conversations.pieces)
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

    /// What has to be put on the disk of the exchanges: earlier pieces, which are then to be closed,
    /// and the one that is being written.
    mutating func takeUnsynced() -> (earlier: [Int32], current: Int32) {
        (exchanges.takeUnsynced(), exchanges.descriptor)
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
