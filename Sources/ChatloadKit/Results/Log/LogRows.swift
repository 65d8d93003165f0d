import Base

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
