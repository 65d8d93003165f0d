import Networking

/// Puts the slowest conversations together from the logs they are in.
///
/// A log may be far larger than its reader has time for: it is searched by time, and only as much is
/// read as `budget` allows, for the slowest conversations first.
package enum WaterfallReader {
    /// The bytes of all logs together that may be read: well below a second's work.
    static let budget = 512 << 20

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
        let log = LogPieces(of: RunFolder.log, in: folder)
        if log.isEmpty {
            return conversations.map { Waterfall(of: $0, gap: "there is no log of the exchanges") }
        }
        guard let search = try LogSearch(PiecedBytes(log.paths)) else {
            return conversations.map { Waterfall(of: $0, gap: "the log cannot be read") }
        }
        var parts: [Range<Int>] = []
        var tickets: [Int] = []
        for conversation in conversations {
            let start = Nanoseconds(seconds: conversation.start)
            let end = start + Nanoseconds(seconds: conversation.duration / 1_000)
            let joined = Self.joined(parts + [try search.part(from: start, to: end)])
            if joined.reduce(0, { $0 + $1.count }) > budget { continue }
            parts = joined
            tickets.append(conversation.ticket)
        }
        budget -= parts.reduce(0) { $0 + $1.count }
        var scan = LogScan(search.layout, tickets: tickets)
        for part in parts { try scan.scan(part, of: search) }
        return conversations.map { conversation in
            waterfall(
                of: conversation, scan.found[conversation.ticket] ?? [],
                wasRead: tickets.contains(conversation.ticket))
        }
    }

    private static func waterfall(
        of conversation: SlowConversation, _ rows: [WaterfallRow], wasRead: Bool
    ) -> Waterfall {
        var waterfall = Waterfall(of: conversation)
        waterfall.exchanges = rows
        if !wasRead {
            waterfall.gap = "too much of the log lies between its begin and end to be searched"
        } else if rows.count < conversation.exchanges {
            waterfall.gap =
                rows.count >= Waterfall.limit
                ? "these are the first \(rows.count) of its \(conversation.exchanges) exchanges"
                : "the log holds \(rows.count) of its \(conversation.exchanges) exchanges"
        }
        return waterfall
    }

    /// The same parts in order, those that overlap as one.
    private static func joined(_ parts: [Range<Int>]) -> [Range<Int>] {
        var joined: [Range<Int>] = []
        for part in parts.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, part.lowerBound <= last.upperBound {
                let end = max(last.upperBound, part.upperBound)
                joined[joined.count - 1] = last.lowerBound..<end
            } else {
                joined.append(part)
            }
        }
        return joined
    }
}
