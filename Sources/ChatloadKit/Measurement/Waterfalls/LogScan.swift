import Glibc

/// Goes through a log once and picks the rows of a few conversations. Other rows are only looked at
/// as far as their ticket.
struct LogScan {
    /// How much is taken at once.
    private static let chunk = 8 << 20
    /// How much more is read, for the row that begins before its end; none of ours is longer.
    private static let overlap = 1 << 20

    private let layout: LogLayout
    private let tickets: [Int]
    private var cells = CSVCells()
    /// The rows found, by ticket.
    private(set) var found: [Int: [WaterfallRow]] = [:]

    /// Picks the rows of the conversations with these tickets out of the log at a path; nil if that is
    /// none of ours.
    ///
    /// - Parameter budget: how many bytes of it may be read.
    /// - Throws: that it cannot be read.
    init?(_ path: String, tickets: [Int], budget: Int) throws(LogComplaint) {
        let descriptor = try RunFiles.open(reading: path)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var isOver = try !RunFiles.read(descriptor, limit: Self.chunk, into: &bytes, path: path)
        guard let layout = LogLayout(head: bytes) else { return nil }
        self.layout = layout
        self.tickets = tickets
        bytes.removeFirst(layout.start)
        var left = budget - bytes.count
        while true {
            while !isOver, bytes.count < Self.chunk + Self.overlap {
                let before = bytes.count
                isOver = try !RunFiles.read(
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
