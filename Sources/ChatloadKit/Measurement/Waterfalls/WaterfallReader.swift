import Networking

/// Puts the slowest conversations together from the logs they are in, in one pass over each.
package enum WaterfallReader {
    /// The bytes of all logs together that may be read: some seconds' work.
    static let budget = 4 << 30

    /// The waterfalls of `slowest`, in that order; `folders` are those of the runs put together, in
    /// the order in which they were.
    ///
    /// It throws nothing: a conversation whose exchanges cannot be had says why.
    package static func waterfalls(
        of slowest: [SlowConversation], in folders: [String]
    ) -> [Waterfall] {
        waterfalls(of: slowest, in: folders, budget: budget)
    }

    static func waterfalls(
        of slowest: [SlowConversation], in folders: [String], budget: Int
    ) -> [Waterfall] {
        var waterfalls: [Waterfall] = []
        var rest = budget
        for (index, folder) in folders.enumerated() {
            let own = slowest.filter { $0.run == index + 1 }
            if own.isEmpty { continue }
            do throws(LogComplaint) {
                waterfalls += try read(own, in: folder, budget: &rest)
            } catch {
                waterfalls += own.map { Waterfall(of: $0, gap: "the log cannot be read") }
            }
        }
        return waterfalls.sorted { $0.conversation < $1.conversation }
    }

    private static func read(
        _ conversations: [SlowConversation], in folder: String, budget: inout Int
    ) throws(LogComplaint) -> [Waterfall] {
        let path = "\(folder)/\(RunFolder.log)"
        guard RunFiles.exists(path) else {
            return conversations.map { Waterfall(of: $0, gap: "there is no log of the exchanges") }
        }
        let tickets = conversations.map(\.ticket)
        guard let scan = try LogScan(path, tickets: tickets, budget: budget) else {
            return conversations.map { Waterfall(of: $0, gap: "the log cannot be read") }
        }
        let size = RunFiles.size(of: path)
        let isWhole = size <= budget
        budget -= min(size, budget)
        return conversations.map {
            waterfall(of: $0, scan.found[$0.ticket] ?? [], fromWhole: isWhole)
        }
    }

    private static func waterfall(
        of conversation: SlowConversation, _ rows: [WaterfallRow], fromWhole isWhole: Bool
    ) -> Waterfall {
        var waterfall = Waterfall(of: conversation)
        waterfall.exchanges = rows
        if rows.count >= conversation.exchanges { return waterfall }
        if rows.count >= Waterfall.limit {
            waterfall.gap =
                "these are the first \(rows.count) of its \(conversation.exchanges) exchanges"
        } else if isWhole {
            waterfall.gap = "the log holds \(rows.count) of its \(conversation.exchanges) exchanges"
        } else {
            waterfall.gap = "the log is too long to be searched to its end"
        }
        return waterfall
    }
}
