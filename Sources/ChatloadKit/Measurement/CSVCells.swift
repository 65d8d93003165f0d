/// One row of a CSV file, cut into cells; reused for every row.
struct CSVCells: Sendable {
    enum Scan: Equatable {
        /// A whole row; the next one begins there.
        case row(next: Int)
        /// The bytes end within the row.
        case incomplete
    }

    /// Where each cell begins and ends, quotes included.
    private(set) var ranges: [Range<Int>] = []
    /// Line feeds inside the row's quoted cells.
    private(set) var innerLines = 0
    /// Whether a quoted cell goes on after its closing quote, or there are too many cells.
    private(set) var isMalformed = false

    /// More cells than any row of ours will ever have.
    static let limit = 256

    /// Cuts the row that begins at `start`.
    mutating func scan(_ bytes: Span<UInt8>, from start: Int) -> Scan {
        ranges.removeAll(keepingCapacity: true)
        innerLines = 0
        isMalformed = false
        var at = start
        var cell = start
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: ",") {
                add(cell..<at)
                cell = at + 1
            } else if byte == UInt8(ascii: "\n") {
                let isReturn = at > cell && bytes[at - 1] == UInt8(ascii: "\r")
                add(cell..<(isReturn ? at - 1 : at))
                return .row(next: at + 1)
            } else if byte == UInt8(ascii: "\""), at == cell {
                guard let end = quotedEnd(bytes, from: at + 1) else { return .incomplete }
                at = end
                continue
            }
            at += 1
        }
        return .incomplete
    }

    /// The same, where rows that had no end were given up before: what lies before `unclosed` is
    /// inside their quotes wherever a line of it ends. So a row that begins there ends with its own
    /// line or not at all, and nothing behind that line is looked at again. Sets `unclosed` where
    /// the row has no end.
    mutating func scan(
        _ bytes: Span<UInt8>, from start: Int, unclosed: inout Int
    ) -> Scan {
        if start >= unclosed {
            let scan = scan(bytes, from: start)
            if scan == .incomplete { unclosed = bytes.count }
            return scan
        }
        guard let feed = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start, to: bytes.count)
        else { return .incomplete }
        return scan(bytes.extracting(0..<feed + 1), from: start)
    }

    /// The place after the closing quote of a cell whose content begins at `start`.
    private mutating func quotedEnd(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var at = start
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "\n") { innerLines += 1 }
            if bytes[at] == UInt8(ascii: "\"") {
                guard at + 1 < bytes.count else { return nil }
                switch bytes[at + 1] {
                case UInt8(ascii: "\""): at += 1
                case UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r"): return at + 1
                default:
                    isMalformed = true
                    return at + 1
                }
            }
            at += 1
        }
        return nil
    }

    private mutating func add(_ range: Range<Int>) {
        if ranges.count < Self.limit { ranges.append(range) } else { isMalformed = true }
    }

    /// The cell as text.
    func text(_ index: Int, of bytes: Span<UInt8>) -> String {
        CSVText.text(ofCell: bytes.extracting(ranges[index]))
    }

    /// Whether the cell says exactly `word`.
    func cell(_ index: Int, of bytes: Span<UInt8>, is word: StaticString) -> Bool {
        let range = ranges[index]
        if range.count != word.utf8CodeUnitCount { return false }
        for offset in 0..<range.count
        where bytes[range.lowerBound + offset] != word.utf8Start[offset] {
            return false
        }
        return true
    }

    /// The cell as a whole number: nil when it is empty, and `isNumber` false when it is anything
    /// else that is not one.
    func number(_ index: Int, of bytes: Span<UInt8>, isNumber: inout Bool) -> Int64? {
        let range = ranges[index]
        var at = range.lowerBound
        let end = range.upperBound
        if at == end { return nil }
        let isNegative = bytes[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        if at == end || end - at > 18 {
            return slowNumber(index, of: bytes, isNumber: &isNumber)
        }
        var value: Int64 = 0
        while at < end {
            let digit = bytes[at] &- UInt8(ascii: "0")
            if digit > 9 {
                isNumber = false
                return nil
            }
            value = value &* 10 &+ Int64(digit)
            at += 1
        }
        return isNegative ? -value : value
    }

    private func slowNumber(
        _ index: Int, of bytes: Span<UInt8>, isNumber: inout Bool
    ) -> Int64? {
        let value = Int64(text(index, of: bytes))
        if value == nil { isNumber = false }
        return value
    }
}
