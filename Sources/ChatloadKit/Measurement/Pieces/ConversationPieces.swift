import Glibc

/// Makes `conversations.csv` of a replay's journal, in pieces where it is to be.
///
/// As long as there is the journal nothing else is read, so an end in the middle of it costs nothing.
enum ConversationPieces {
    /// Replaces the pieces in a folder with those of the conversations that are done.
    static func rewrite(
        in folder: String, limit: Int?, by index: JournalIndex
    ) throws(LogComplaint) -> LogPieces {
        let before = LogPieces(of: RunFolder.conversations, in: folder)
        let header = ConversationRowEncoder.header
        let limit = limit ?? .max
        var count = 0
        var size = header.count
        var rows = try Replacement(of: before.last)
        do throws(LogComplaint) {
            try rows.append(header.span)
            try index.forEachRow(in: "\(folder)/\(RunFolder.journal)", withLeft: false) {
                (row) throws(LogComplaint) in
                if size > header.count, size + row.count > limit {
                    count += 1
                    try rows.finish(at: before.path(of: count))
                    rows = try Replacement(of: before.last)
                    try rows.append(header.span)
                    size = header.count
                }
                try rows.append(row.span)
                size += row.count
            }
            try rows.finish()
        } catch {
            rows.abandon()
            throw error
        }
        for number in before.numbers where number > count { unlink(before.path(of: number)) }
        return LogPieces(of: RunFolder.conversations, in: folder)
    }
}
