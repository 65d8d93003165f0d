/// Goes through a part of a log and picks the rows of a few conversations. Other rows are only
/// looked at as far as their ticket.
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

    init(_ layout: LogLayout, tickets: [Int]) {
        self.layout = layout
        self.tickets = tickets
    }

    /// Picks the rows in a part of the file that begins with a row.
    mutating func scan(_ part: Range<Int>, of search: LogSearch) throws(LogComplaint) {
        var at = part.lowerBound
        while at < part.upperBound {
            let length = min(Self.chunk, part.upperBound - at)
            let bytes = try search.log.bytes(from: at, limit: length + Self.overlap)
            let used = take(bytes.span, upTo: length)
            if used == 0 { return }
            at += used
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
