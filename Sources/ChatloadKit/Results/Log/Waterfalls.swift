package import Base
import Networking

/// A conversation exchange by exchange, as the log has it.
package struct Waterfall: Equatable, Sendable {
    package var conversation: SlowConversation
    /// In the order in which they ended, at most `limit`.
    package var exchanges: [WaterfallRow] = []
    /// Why exchanges of the conversation are missing; nil when none are.
    package var gap: String?

    /// The most exchanges kept of a conversation.
    static let limit = 100
}

/// One exchange of a waterfall; points in time are counted from the run's start.
package struct WaterfallRow: Equatable, Sendable {
    package var turn = 0
    package var step = ""
    package var attempt = 1
    package var intended = Nanoseconds.zero
    /// How long a quota of ours held it back.
    package var throttled = Nanoseconds.zero
    /// How long it took to find the service and to connect.
    package var connecting = Nanoseconds.zero
    /// Nil if it never left.
    package var sent: Nanoseconds?
    package var firstByte: Nanoseconds?
    /// Of a streamed reply the first piece of its output, and of its answer.
    package var firstToken: Nanoseconds?
    package var answerToken: Nanoseconds?
    package var end = Nanoseconds.zero
    /// `ok` or an error class.
    package var outcome = ""
    package var status: Int?

    init() {}

    init(_ exchange: borrowing Exchange, step: String) {
        self.step = step
        (turn, attempt, status) = (exchange.turn, exchange.attempt, exchange.status)
        (intended, throttled) = (exchange.intended, exchange.throttled)
        (connecting, sent) = (exchange.connecting, exchange.sent)
        (firstByte, end) = (exchange.firstByte, exchange.end)
        (firstToken, answerToken) = (exchange.firstToken, exchange.answerToken)
        outcome = exchange.outcome.label
    }
}

/// The conversations that took longest from start to end, think time included: those that ended by
/// themselves, and not to warm up.
///
/// Their order is total, so they are the same however the conversations were spread.
struct SlowestConversations: Sendable, Equatable {
    static let limit = 10

    /// The slowest first.
    private(set) var entries: [SlowConversation] = []

    /// Whether one that took so long may be among them.
    func mayKeep(_ duration: Nanoseconds) -> Bool {
        guard entries.count == Self.limit, let last = entries.last else { return true }
        return Distribution.milliseconds(duration) >= last.duration
    }

    mutating func add(_ conversation: borrowing ConversationRecord) {
        if conversation.phase == .warmup || conversation.outcome == .aborted { return }
        if !mayKeep(conversation.ended - conversation.started) { return }
        insert(SlowConversation(conversation))
    }

    mutating func merge(_ other: SlowestConversations) {
        for entry in other.entries { insert(entry) }
    }

    /// Counts those of another run, the `number`-th of several put together.
    mutating func merge(_ other: SlowestConversations, run number: Int) {
        for var entry in other.entries {
            entry.run = number
            insert(entry)
        }
    }

    private mutating func insert(_ entry: SlowConversation) {
        entries.insert(entry, at: entries.firstIndex { entry < $0 } ?? entries.count)
        if entries.count > Self.limit { entries.removeLast() }
    }
}

/// One of the slowest conversations.
package struct SlowConversation: Codable, Equatable, Sendable, Comparable {
    /// Which of several runs put together it was in, from 1.
    package var run = 1
    /// The `id` of the script line.
    package var script: String
    package var iteration: Int
    package var user: Int
    /// In seconds since the run's start.
    package var start: Double
    /// Start to end in milliseconds.
    package var duration: Double
    package var turns: Int
    package var exchanges: Int
    package var failures: Int
    /// `completed` or `failed`.
    package var outcome: String

    init(_ record: borrowing ConversationRecord) {
        script = String(record.script.unicodeScalars.prefix(1_000))
        (iteration, user) = (record.iteration, record.user)
        start = record.started.roundedSeconds
        duration = Distribution.milliseconds(record.ended - record.started)
        (turns, exchanges) = (record.turns, record.exchanges)
        (failures, outcome) = (record.failures, record.outcome.rawValue)
    }

    enum CodingKeys: String, CodingKey {
        case run, script, user
        case iteration = "ticket"
        case start = "start_s"
        case duration = "duration_ms"
        case turns, exchanges, failures, outcome
    }

    /// The slower one comes first.
    package static func < (left: SlowConversation, right: SlowConversation) -> Bool {
        if left.duration != right.duration { return left.duration > right.duration }
        return (left.run, left.iteration) < (right.run, right.iteration)
    }
}

extension Waterfall {
    /// The waterfalls of `slowest`, in that order; `folders` are those of the runs put together, in
    /// the order in which they were. Of all their logs together `budget` bytes may be read: by default
    /// some seconds' work.
    ///
    /// It throws nothing: a conversation whose exchanges cannot be had says why.
    package static func all(
        of slowest: [SlowConversation], in folders: [String], budget: Int = 4 << 30
    ) -> [Waterfall] {
        var waterfalls: [Waterfall] = []
        var rest = budget
        for (index, folder) in folders.enumerated() {
            let own = slowest.filter { $0.run == index + 1 }
            if own.isEmpty { continue }
            let path = "\(folder)/\(RunFolder.log)"
            guard Files.exists(path) else {
                let gap = "there is no log of the exchanges"
                waterfalls += own.map { Waterfall(conversation: $0, gap: gap) }
                continue
            }
            let size = Files.size(of: path)
            var rows = WaterfallRows(iterations: own.map(\.iteration))
            let isRead = (try? LogReader.read(path, by: &rows, limit: rest)) != nil
            waterfalls += own.map { conversation in
                let exchanges = rows.found[conversation.iteration] ?? []
                let gap =
                    isRead
                    ? gap(of: conversation, exchanges.count, isWhole: size <= rest)
                    : "the log cannot be read"
                return Waterfall(
                    conversation: conversation, exchanges: isRead ? exchanges : [], gap: gap)
            }
            rest -= min(size, rest)
        }
        return waterfalls.sorted { $0.conversation < $1.conversation }
    }

    private static func gap(
        of conversation: SlowConversation, _ found: Int, isWhole: Bool
    ) -> String? {
        if found >= conversation.exchanges { return nil }
        if found >= limit {
            return "these are the first \(found) of its \(conversation.exchanges) exchanges"
        }
        return isWhole
            ? "the log holds \(found) of its \(conversation.exchanges) exchanges"
            : "the log is too long to be searched to its end"
    }
}

/// Picks the rows of a few conversations. Other rows are only looked at as far as their iteration.
private struct WaterfallRows: CSVSink {
    let iterations: [Int]
    /// The rows found, by iteration.
    private(set) var found: [Int: [WaterfallRow]] = [:]
    private var reader = ExchangeReader(columns: [])
    /// The place of the cell with the iteration; nil before the header.
    private var place: Int?

    init(iterations: [Int]) { self.iterations = iterations }

    mutating func take(header: [String]) throws(Fault) {
        try ExchangeColumn.require(in: header)
        let shown: [ExchangeColumn] = [
            .step, .outcome, .turn, .attempt, .intended, .throttled, .dns, .connect, .tls, .sent,
            .firstByte, .firstToken, .answerToken, .end, .status,
        ]
        reader = ExchangeReader(columns: header, wanted: shown.contains)
        place = header.firstIndex(of: ExchangeColumn.conversation.rawValue)
    }

    func endOfUnwantedRow(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        guard let place, let feed = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start),
            bytes.firstIndex(of: UInt8(ascii: "\""), from: start, to: feed) == nil
        else { return nil }
        var at = start
        for _ in 0..<place {
            guard let comma = bytes.firstIndex(of: UInt8(ascii: ","), from: at, to: feed) else {
                return feed + 1
            }
            at = comma + 1
        }
        let end = bytes.firstIndex(of: UInt8(ascii: ","), from: at, to: feed)
        let iteration = end.flatMap { Self.iteration(in: bytes, at..<$0) }
        return iteration.map(iterations.contains) == true ? nil : feed + 1
    }

    mutating func take(row: borrowing CSVCells, of bytes: Span<UInt8>) -> Bool {
        guard let place, row.ranges.indices.contains(place),
            let iteration = Self.iteration(in: bytes, row.ranges[place])
        else { return false }
        guard iterations.contains(iteration), found[iteration]?.count ?? 0 < Waterfall.limit else {
            return true
        }
        var exchange = Exchange()
        guard reader.read(row, of: bytes, into: &exchange) else { return false }
        let step = reader.steps.table[exchange.step]
        found[iteration, default: []].append(WaterfallRow(exchange, step: step))
        return true
    }

    /// The digits behind the last `#` of a conversation's cell.
    private static func iteration(in bytes: Span<UInt8>, _ cell: Range<Int>) -> Int? {
        var at = cell.upperBound
        if at > cell.lowerBound, bytes[at - 1] == UInt8(ascii: "\"") { at -= 1 }
        var (iteration, unit) = (0, 1)
        while at > cell.lowerBound {
            at -= 1
            if bytes[at] == UInt8(ascii: "#") { return unit > 1 ? iteration : nil }
            let digit = bytes[at] &- UInt8(ascii: "0")
            if digit > 9 || unit >= 1_000_000_000_000_000_000 { return nil }
            iteration += Int(digit) * unit
            unit *= 10
        }
        return nil
    }
}
