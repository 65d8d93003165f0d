import Base
import Networking

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

/// Takes the rows of one file.
protocol CSVSink {
    /// The first row.
    mutating func take(header: [String]) throws(Fault)
    /// Another row; false if it cannot be understood.
    mutating func take(row: borrowing CSVCells, of bytes: Span<UInt8>) -> Bool
}

/// What there was to read.
package struct LogReading: Sendable, Equatable {
    /// Rows that were understood.
    package var rows = 0
    /// Rows that were not, and have no part in the figures.
    package var malformed = 0
    /// The line, from 1, on which the first of those begins.
    package var firstMalformedLine: Int?
    /// The bytes of a last line that was cut off, as by a kill; they have no part in the figures.
    package var tornBytes = 0
    /// The bytes behind the last whole row, some of which may have been taken for rows.
    var unfinished = 0
}

/// Feeds a file to a sink, row by row, from chunks cut anywhere; holds at most a chunk and one row.
///
/// A total function of the bytes: a row without an end within `rowLimit` (a stray quote) is given
/// up at its first line feed and reading goes on after it.
struct CSVStream<Sink: CSVSink> {
    /// No row of ours is longer.
    static var rowLimit: Int { 1 << 20 }

    var sink: Sink
    private(set) var reading = LogReading()
    private var pending: [UInt8] = []
    private var cells = CSVCells()
    private var line = 1
    private var hasHeader = false
    /// Whether the beginning of the file is still to be looked at.
    private var isFresh = true

    init(sink: Sink) { self.sink = sink }

    /// Takes the next bytes of the file.
    mutating func feed(_ chunk: [UInt8]) throws(Fault) {
        pending.append(contentsOf: chunk)
        if isFresh {
            guard pending.count >= FileContent.head || pending.contains(0x0A) else { return }
            try takeBeginning()
        }
        try takeRows(waitingFor: Self.rowLimit)
    }

    /// Takes the end of the file.
    mutating func finish() throws(Fault) {
        if isFresh { try takeBeginning() }
        try takeRows(waitingFor: Self.rowLimit)
        reading.unfinished = pending.count
        try takeRows(waitingFor: 0)
        reading.tornBytes = pending.count
    }

    /// Takes the mark off that a spreadsheet may have put in front. What the file is shows in its
    /// first line, however it comes in pieces: noise behind that is malformed rows.
    private mutating func takeBeginning() throws(Fault) {
        isFresh = false
        let line = pending.prefix(FileContent.head).firstIndex(of: 0x0A) ?? pending.count
        switch FileContent(pending.span.extracting(0..<line)) {
        case .text(let mark): pending.removeFirst(mark)
        case .utf16: throw Fault("this is UTF-16; save it as UTF-8")
        case .gzip: throw Fault("this is packed with gzip; unpack it first")
        case .foreign(let words):
            let foreign: Fault = FileContent.foreign(words)
            throw Fault("\(foreign)")
        }
    }

    /// Takes all whole rows; one without an end is waited for until more than `limit` bytes have come.
    private mutating func takeRows(waitingFor limit: Int) throws(Fault) {
        var bytes: [UInt8] = []
        swap(&bytes, &pending)
        var at = 0
        var unclosed = 0
        while at < bytes.count {
            if case .row(let next) = cells.scan(bytes.span, from: at, unclosed: &unclosed) {
                try takeRow(bytes.span, isBlank: next - at <= 1)
                line += 1 + cells.innerLines
                at = next
            } else if bytes.count - at > limit, let feed = bytes[at...].firstIndex(of: 0x0A) {
                countMalformed()
                line += 1
                at = feed + 1
            } else {
                break
            }
        }
        if bytes.count - at > Self.rowLimit {
            countMalformed()
            at = bytes.count
        }
        bytes.removeFirst(at)
        swap(&bytes, &pending)
    }

    private mutating func takeRow(_ bytes: Span<UInt8>, isBlank: Bool) throws(Fault) {
        if isBlank { return }
        if !hasHeader {
            hasHeader = true
            try sink.take(header: cells.ranges.indices.map { cells.text($0, of: bytes) })
        } else if !cells.isMalformed, sink.take(row: cells, of: bytes) {
            reading.rows += 1
        } else {
            countMalformed()
        }
    }

    private mutating func countMalformed() {
        reading.malformed += 1
        reading.firstMalformedLine = reading.firstMalformedLine ?? line
    }
}
