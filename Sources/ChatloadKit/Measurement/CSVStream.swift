import Networking

/// Takes the rows of one file.
protocol CSVSink {
    /// The first row.
    mutating func take(header: [String]) throws(LogComplaint)
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
    mutating func feed(_ chunk: [UInt8]) throws(LogComplaint) {
        pending.append(contentsOf: chunk)
        if isFresh {
            guard pending.count >= FileContent.head || pending.contains(0x0A) else { return }
            try takeBeginning()
        }
        try takeRows(waitingFor: Self.rowLimit)
    }

    /// Takes the end of the file.
    mutating func finish() throws(LogComplaint) {
        if isFresh { try takeBeginning() }
        try takeRows(waitingFor: Self.rowLimit)
        reading.unfinished = pending.count
        try takeRows(waitingFor: 0)
        reading.tornBytes = pending.count
    }

    /// Takes the mark off that a spreadsheet may have put in front. What the file is shows in its
    /// first line, however it comes in pieces: noise behind that is malformed rows.
    private mutating func takeBeginning() throws(LogComplaint) {
        isFresh = false
        let line = pending.prefix(FileContent.head).firstIndex(of: 0x0A) ?? pending.count
        switch FileContent(pending.span.extracting(0..<line)) {
        case .text(let mark): pending.removeFirst(mark)
        case .utf16: throw LogComplaint("this is UTF-16; save it as UTF-8")
        case .gzip: throw LogComplaint("this is packed with gzip; unpack it first")
        case .foreign(let words):
            let foreign = ForeignContent(words)
            throw LogComplaint("\(foreign.message); \(foreign.suggestion)")
        }
    }

    /// Takes all whole rows; one without an end is waited for until more than `limit` bytes have come.
    private mutating func takeRows(waitingFor limit: Int) throws(LogComplaint) {
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

    private mutating func takeRow(_ bytes: Span<UInt8>, isBlank: Bool) throws(LogComplaint) {
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
