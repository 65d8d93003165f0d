import Base
import Glibc

/// Reads a log back into figures, in chunks and with bounded memory.
package enum LogReader {
    /// Counts every exchange of the log at a path; `progress` hears how many bytes more have been read.
    ///
    /// - Returns: what there was to read. Rows that cannot be understood and a torn last line are
    ///   counted in it.
    /// - Throws: when the file cannot be read or its header lacks a column.
    static func read<Counter: LogCounter>(
        exchanges path: String, into counter: inout Counter, progress: (Int) -> Void = { _ in }
    ) throws(Fault) -> LogReading {
        var rows = ExchangeRows(into: counter)
        defer { counter = rows.counter }
        return try read(path, by: &rows, progress: progress)
    }

    /// Counts every conversation of a log. Throws as for exchanges.
    static func read<Counter: LogCounter>(
        conversations path: String, into counter: inout Counter,
        progress: (Int) -> Void = { _ in }
    ) throws(Fault) -> LogReading {
        var rows = ConversationRows(into: counter)
        defer { counter = rows.counter }
        return try read(path, by: &rows, progress: progress)
    }

    /// Hands the rows within the first `limit` bytes of a log to a sink; `afterwards` may take from it
    /// what has come together, every now and then and at the end. Throws as for exchanges, and what it
    /// throws.
    @discardableResult
    static func read<Sink: CSVSink>(
        _ path: String, by sink: inout Sink, limit: Int = .max, progress: (Int) -> Void = { _ in },
        afterwards: (inout Sink) throws(Fault) -> Void = { _ in }
    ) throws(Fault) -> LogReading {
        var stream = CSVStream(sink: sink)
        defer { sink = stream.sink }
        let descriptor = try Files.open(reading: path)
        defer { close(descriptor) }
        var chunk: [UInt8] = []
        var left = limit
        do throws(Fault) {
            while try Files.read(descriptor, limit: min(left, 262_144), into: &chunk, path: path) {
                try stream.feed(chunk)
                try afterwards(&stream.sink)
                progress(chunk.count)
                left -= chunk.count
                chunk.removeAll(keepingCapacity: true)
            }
            try stream.finish()
            try afterwards(&stream.sink)
        } catch {
            let isNamed = error.description.hasPrefix(path)
            throw isNamed ? error : Fault("\(path): \(error)")
        }
        return stream.reading
    }
}

/// Which exchanges a run writes down.
package enum LogMode: String, Sendable, Codable, CaseIterable {
    case all
    /// Only those that failed: figures rebuilt from such a log are partial.
    case errors
    /// None: nothing can be rebuilt.
    case none

    /// Whether an exchange that ended like this is written.
    package func keeps(_ outcome: Outcome) -> Bool {
        switch self {
        case .all: true
        case .errors: outcome != .ok
        case .none: false
        }
    }
}

extension LogMode: Empty {
    package init() { self = .all }
}

/// What reading a log fills: the figures of a run, or those and more.
protocol LogCounter {
    /// The names behind the exchanges' step numbers.
    var steps: StepTable { get set }
    /// The labels behind the exchanges' credential numbers.
    var credentials: StepTable { get set }

    /// Is told that a log's rows come, whose steps and credentials nobody knows beforehand.
    mutating func expectLog()
    mutating func add(_ exchange: borrowing Exchange)
    mutating func add(_ conversation: borrowing ConversationRecord)
}

extension Aggregator: LogCounter {
    mutating func expectLog() { countsCredentials = true }
}

extension LogCounter {
    mutating func expectLog() {}
}

/// Takes the rows of one file.
protocol CSVSink {
    /// The first row.
    mutating func take(header: [String]) throws(Fault)
    /// Another row; false if it cannot be understood.
    mutating func take(row: borrowing CSVCells, of bytes: Span<UInt8>) -> Bool
    /// Where a row ends that begins at `start` and is of no interest, so that it need not be cut into
    /// cells; nil of any other.
    func endOfUnwantedRow(_ bytes: Span<UInt8>, from start: Int) -> Int?
}

extension CSVSink {
    func endOfUnwantedRow(_ bytes: Span<UInt8>, from start: Int) -> Int? { nil }
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
        case .foreign(let words): throw FileContent.foreign(words)
        }
    }

    /// Takes all whole rows; one without an end is waited for until more than `limit` bytes have come.
    private mutating func takeRows(waitingFor limit: Int) throws(Fault) {
        var bytes: [UInt8] = []
        swap(&bytes, &pending)
        var at = 0
        var unclosed = 0
        while at < bytes.count {
            if let next = sink.endOfUnwantedRow(bytes.span, from: at) {
                line += 1
                at = next
            } else if case .row(let next) = cells.scan(bytes.span, from: at, unclosed: &unclosed) {
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

/// What the rows of one `exchanges.csv` say, by its first line, and reads as much of them as is wanted.
struct ExchangeReader: Sendable {
    /// By place; nil where nothing is read.
    private let columns: [ExchangeColumn?]
    /// Names behind the numbers of the rows.
    var steps: NameIndex
    var credentials: NameIndex

    /// A reader of the columns that are `wanted`, of a file with this header; names have the numbers of
    /// these tables.
    init(
        columns header: [String], steps: StepTable = StepTable(),
        credentials: StepTable = StepTable(), wanted: (ExchangeColumn) -> Bool = \.isOfFigures
    ) {
        columns = header.map { ExchangeColumn(rawValue: $0).flatMap { wanted($0) ? $0 : nil } }
        self.steps = NameIndex(steps)
        self.credentials = NameIndex(credentials)
    }

    /// Reads the exchange of a row; false if that cannot be understood.
    mutating func read(
        _ row: borrowing CSVCells, of bytes: Span<UInt8>, into exchange: inout Exchange
    ) -> Bool {
        if row.ranges.count != columns.count || row.isMalformed { return false }
        for index in columns.indices {
            guard let column = columns[index] else { continue }
            let isRead = column.read(row, index, of: bytes, &steps, &credentials, into: &exchange)
            if !isRead { return false }
        }
        return true
    }
}

/// Understands the rows of `exchanges.csv` and counts them.
struct ExchangeRows<Counter: LogCounter>: CSVSink {
    private(set) var counter: Counter
    private var reader = ExchangeReader(columns: [])

    init(into counter: Counter) {
        self.counter = counter
        self.counter.expectLog()
    }

    mutating func take(header: [String]) throws(Fault) {
        try ExchangeColumn.require(in: header)
        reader = ExchangeReader(
            columns: header, steps: counter.steps, credentials: counter.credentials)
    }

    mutating func take(row: borrowing CSVCells, of bytes: Span<UInt8>) -> Bool {
        var exchange = Exchange()
        guard reader.read(row, of: bytes, into: &exchange) else { return false }
        if reader.steps.isChanged { counter.steps = reader.steps.taken() }
        if reader.credentials.isChanged {
            counter.credentials = reader.credentials.taken()
        }
        counter.add(exchange)
        return true
    }
}

/// Understands the rows of `conversations.csv` and counts them.
struct ConversationRows<Counter: LogCounter>: CSVSink {
    private(set) var counter: Counter
    private var columns: [ConversationColumn?] = []

    init(into counter: Counter) { self.counter = counter }

    mutating func take(header: [String]) throws(Fault) {
        try ConversationColumn.require(in: header)
        columns = header.map { ConversationColumn(rawValue: $0) }
    }

    mutating func take(row: borrowing CSVCells, of bytes: Span<UInt8>) -> Bool {
        if row.ranges.count != columns.count { return false }
        var conversation = ConversationRecord()
        for index in columns.indices {
            guard let column = columns[index] else { continue }
            if !column.read(row, index, of: bytes, into: &conversation) { return false }
        }
        counter.add(conversation)
        return true
    }
}
