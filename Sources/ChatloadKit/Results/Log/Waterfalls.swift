package import Base
import Glibc
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

    init(of conversation: SlowConversation, gap: String? = nil) {
        self.conversation = conversation
        self.gap = gap
    }
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
    package var ticket: Int
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
        (ticket, user) = (record.ticket, record.user)
        start = record.started.roundedSeconds
        duration = Distribution.milliseconds(record.ended - record.started)
        (turns, exchanges) = (record.turns, record.exchanges)
        (failures, outcome) = (record.failures, record.outcome.rawValue)
    }

    enum CodingKeys: String, CodingKey {
        case run, script, ticket, user
        case start = "start_s"
        case duration = "duration_ms"
        case turns, exchanges, failures, outcome
    }

    /// The slower one comes first.
    package static func < (left: SlowConversation, right: SlowConversation) -> Bool {
        if left.duration != right.duration { return left.duration > right.duration }
        return (left.run, left.ticket) < (right.run, right.ticket)
    }
}

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
            do throws(Fault) {
                waterfalls += try read(own, in: folder, budget: &rest)
            } catch {
                waterfalls += own.map { Waterfall(of: $0, gap: "the log cannot be read") }
            }
        }
        return waterfalls.sorted { $0.conversation < $1.conversation }
    }

    private static func read(
        _ conversations: [SlowConversation], in folder: String, budget: inout Int
    ) throws(Fault) -> [Waterfall] {
        let path = "\(folder)/\(RunFolder.log)"
        guard Files.exists(path) else {
            return conversations.map { Waterfall(of: $0, gap: "there is no log of the exchanges") }
        }
        let tickets = conversations.map(\.ticket)
        guard let scan = try LogScan(path, tickets: tickets, budget: budget) else {
            return conversations.map { Waterfall(of: $0, gap: "the log cannot be read") }
        }
        let size = Files.size(of: path)
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

/// Goes through a log once and picks the rows of a few conversations. Other rows are only looked at
/// as far as their ticket.
struct LogScan {
    /// How much is taken at once.
    private static let chunk = 8 << 20
    /// How much more is read, for the row that begins before its end; none of ours is longer.
    private static let overlap = 1 << 20

    private var layout: LogLayout
    private let tickets: [Int]
    private var cells = CSVCells()
    /// The rows found, by ticket.
    private(set) var found: [Int: [WaterfallRow]] = [:]

    /// Picks the rows of the conversations with these tickets out of the log at a path; nil if that is
    /// none of ours.
    ///
    /// - Parameter budget: how many bytes of it may be read.
    /// - Throws: that it cannot be read.
    init?(_ path: String, tickets: [Int], budget: Int) throws(Fault) {
        let descriptor = try Files.open(reading: path)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var isOver = try !Files.read(descriptor, limit: Self.chunk, into: &bytes, path: path)
        guard let layout = LogLayout(head: bytes) else { return nil }
        self.layout = layout
        self.tickets = tickets
        bytes.removeFirst(layout.start)
        var left = budget - bytes.count
        while true {
            while !isOver, bytes.count < Self.chunk + Self.overlap {
                let before = bytes.count
                isOver = try !Files.read(
                    descriptor, limit: max(0, min(left, Self.chunk)), into: &bytes, path: path)
                left -= bytes.count - before
            }
            let used = take(bytes.span, upTo: isOver ? bytes.count : Self.chunk)
            if used == 0 || isOver { return }
            bytes.removeFirst(used)
        }
    }

    /// Takes the rows that begin before `limit`; where they end.
    private mutating func take(_ bytes: Span<UInt8>, upTo limit: Int) -> Int {
        var at = 0
        var unclosed = 0
        while at < min(limit, bytes.count),
            let feed = bytes.firstIndex(of: UInt8(ascii: "\n"), from: at, to: bytes.count)
        {
            if bytes.firstIndex(of: UInt8(ascii: "\""), from: at, to: feed) != nil {
                at = takeQuoted(bytes, from: at, &unclosed) ?? feed + 1
                continue
            }
            if let ticket = layout.ticket(ofPlainRow: bytes, from: at, to: feed),
                tickets.contains(ticket), case .row = cells.scan(bytes, from: at)
            {
                keep(ticket, bytes)
            }
            at = feed + 1
        }
        return at
    }

    /// Takes a row that has quotes and perhaps line feeds in it; where it ends, or nil if it does
    /// not.
    private mutating func takeQuoted(
        _ bytes: Span<UInt8>, from start: Int, _ unclosed: inout Int
    ) -> Int? {
        guard case .row(let next) = cells.scan(bytes, from: start, unclosed: &unclosed),
            next - start <= Self.overlap
        else { return nil }
        if let ticket = layout.ticket(of: cells, in: bytes), tickets.contains(ticket) {
            keep(ticket, bytes)
        }
        return next
    }

    private mutating func keep(_ ticket: Int, _ bytes: Span<UInt8>) {
        let count = found[ticket]?.count ?? 0
        guard count < Waterfall.limit, let row = layout.row(cells, in: bytes) else { return }
        found[ticket, default: []].append(row)
    }
}

/// How the rows of one `exchanges.csv` are laid out, by its first line, and what a waterfall needs
/// of them.
struct LogLayout: Sendable {
    /// Where the rows begin.
    let start: Int
    private var reader: ExchangeReader
    private let width: Int
    private let conversationPlace: Int

    /// The layout by the first bytes of the file; nil if it is no log of ours.
    init?(head: [UInt8]) {
        var cells = CSVCells()
        let mark = head.span.lengthOfMark
        guard case .row(let next) = cells.scan(head.span, from: mark) else { return nil }
        let names = cells.ranges.indices.map { cells.text($0, of: head.span) }
        guard let conversationPlace = names.firstIndex(of: ExchangeColumn.conversation.rawValue),
            names.contains(ExchangeColumn.end.rawValue)
        else { return nil }
        let shown: [ExchangeColumn] = [
            .step, .outcome, .turn, .attempt, .intended, .throttled, .dns, .connect, .tls, .sent,
            .firstByte, .end, .status,
        ]
        reader = ExchangeReader(columns: names, wanted: shown.contains)
        width = names.count
        self.conversationPlace = conversationPlace
        start = next
    }

    /// The ticket of a row's conversation; nil if it is no row of the log.
    func ticket(of row: borrowing CSVCells, in bytes: Span<UInt8>) -> Int? {
        guard row.ranges.count == width, !row.isMalformed else { return nil }
        return Self.ticket(in: bytes, row.ranges[conversationPlace])
    }

    /// The same of a row between `start` and `end` that holds no quotes.
    func ticket(ofPlainRow bytes: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        var at = start
        for _ in 0..<conversationPlace {
            guard let comma = bytes.firstIndex(of: UInt8(ascii: ","), from: at, to: end) else {
                return nil
            }
            at = comma + 1
        }
        let close = bytes.firstIndex(of: UInt8(ascii: ","), from: at, to: end)
        return close.flatMap { Self.ticket(in: bytes, at..<$0) }
    }

    /// What a waterfall shows of a row; nil if it cannot be understood.
    mutating func row(_ cells: borrowing CSVCells, in bytes: Span<UInt8>) -> WaterfallRow? {
        var exchange = Exchange()
        guard reader.read(cells, of: bytes, into: &exchange) else { return nil }
        return WaterfallRow(exchange, step: reader.names.steps.table[exchange.step])
    }

    /// The digits behind the last `#` of a conversation's cell.
    private static func ticket(in bytes: Span<UInt8>, _ cell: Range<Int>) -> Int? {
        var at = cell.upperBound
        if at > cell.lowerBound, bytes[at - 1] == UInt8(ascii: "\"") { at -= 1 }
        var (ticket, unit) = (0, 1)
        while at > cell.lowerBound {
            at -= 1
            if bytes[at] == UInt8(ascii: "#") { return unit > 1 ? ticket : nil }
            let digit = bytes[at] &- UInt8(ascii: "0")
            if digit > 9 || unit >= 1_000_000_000_000_000_000 { return nil }
            ticket += Int(digit) * unit
            unit *= 10
        }
        return nil
    }
}
