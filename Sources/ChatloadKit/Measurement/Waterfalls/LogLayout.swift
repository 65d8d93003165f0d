import Networking

/// How the rows of one `exchanges.csv` are laid out, by its first line, and what a waterfall needs
/// of them.
struct LogLayout: Sendable {
    /// Where the rows begin.
    let start: Int
    private let columns: [ExchangeColumn?]
    private let conversationPlace: Int

    /// The layout by the first bytes of the file; nil if it is no log of ours.
    init?(head: [UInt8]) {
        var cells = CSVCells()
        let mark = head.span.lengthOfMark
        guard case .row(let next) = cells.scan(head.span, from: mark) else { return nil }
        columns = cells.ranges.indices.map {
            ExchangeColumn(rawValue: cells.text($0, of: head.span))
        }
        guard let conversationPlace = columns.firstIndex(of: .conversation),
            columns.contains(.end)
        else { return nil }
        self.conversationPlace = conversationPlace
        start = next
    }

    /// The ticket of a row's conversation; nil if it is no row of the log.
    func ticket(of row: borrowing CSVCells, in bytes: Span<UInt8>) -> Int? {
        guard row.ranges.count == columns.count, !row.isMalformed else { return nil }
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
    func row(_ cells: borrowing CSVCells, in bytes: Span<UInt8>) -> WaterfallRow? {
        guard cells.ranges.count == columns.count, !cells.isMalformed else { return nil }
        var row = WaterfallRow()
        for (index, column) in columns.enumerated() {
            guard let column else { continue }
            var isNumber = true
            switch column {
            case .step: row.step = cells.text(index, of: bytes)
            case .outcome: row.outcome = cells.text(index, of: bytes)
            case .turn, .attempt, .intended, .throttled, .dns, .connect, .tls, .sent, .firstByte,
                .end, .status:
                let number = cells.number(index, of: bytes, isNumber: &isNumber)
                if let number { Self.set(column, of: &row, to: number) }
                if !isNumber { return nil }
            default: break
            }
        }
        return row
    }

    private static func set(_ column: ExchangeColumn, of row: inout WaterfallRow, to number: Int64)
    {
        let time = Nanoseconds(number)
        switch column {
        case .turn: row.turn = Int(number)
        case .attempt: row.attempt = Int(number)
        case .intended: row.intended = time
        case .throttled: row.throttled = time
        case .dns, .connect, .tls: row.connecting = row.connecting + time
        case .sent: row.sent = time
        case .firstByte: row.firstByte = time
        case .status: row.status = Int(number)
        default: row.end = time
        }
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
