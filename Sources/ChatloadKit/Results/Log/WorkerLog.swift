package import Base
import Networking

/// A worker's end of the run's log: turns what happened into rows and hands them over in chunks.
///
/// The worker calls `flush` at least once a second and at its end.
package struct WorkerLog: Sendable {
    /// Rows wait until there are this many bytes of them, or until `flush`.
    static let chunk = 65_536

    private let log: RunLog
    private var encoder: RowEncoder
    private var exchanges = ByteBuffer(capacity: WorkerLog.chunk + 4_096)
    private var conversations = ByteBuffer()
    /// Records of the journal.
    private var records = ByteBuffer()
    private var row = ByteBuffer()

    /// What is kept of the replies.
    package var keeping: ReplyKeeping { log.keeping }

    /// One worker's end of `log`; `shard` counts from 1, and `credentials` are the labels behind
    /// the exchanges' credential numbers.
    package init(log: RunLog, shard: Int = 1, service: String, credentials: [String] = []) {
        self.log = log
        encoder = RowEncoder(shard: shard, service: service, credentials: credentials)
    }

    /// Writes the exchange down if the log's mode wants it, `step` being its step's name.
    package mutating func add(_ exchange: borrowing Exchange, step: String) {
        if !log.mode.keeps(exchange.outcome) { return }
        encoder.append(exchange, step: step, to: &exchanges)
        if exchanges.count >= Self.chunk { flush() }
    }

    /// Writes the conversation down, unless there is no log.
    package mutating func add(_ conversation: borrowing ConversationRecord) {
        if log.mode == .none { return }
        encoder.append(conversation, to: &conversations)
        if conversations.count >= Self.chunk { flush() }
    }

    /// Writes down, in a run that can be resumed, that a turn is about to be sent, before it returns.
    ///
    /// - Returns: whether that could be done.
    mutating func addStart(ofTurn turn: Int, iteration: Int, script: String) -> Bool {
        guard log.keeping == .progress else { return true }
        records.append(journalSends: iteration - 1, turn: turn, id: script)
        return writeRecords()
    }

    /// Writes the conversation down with its line of the transcript, which belongs into the output of
    /// a batch too if `isBatch`.
    ///
    /// In a run that can be resumed all of it is written before this returns: first the rows of its
    /// exchanges, then the record by which it counts as done, so that what is done is there in full
    /// whenever the run ends. Of a conversation that the run's end cut off only its row is kept.
    mutating func add(
        _ conversation: borrowing ConversationRecord, transcript line: borrowing ByteBuffer,
        isBatch: Bool
    ) {
        row.clear()
        encoder.append(conversation, to: &row)
        if log.mode != .none { conversations.append(row) }
        let isOver = conversation.outcome != .aborted && !line.isEmpty
        let place = conversation.iteration - 1
        if isOver {
            records.append(journalDone: place, isBatch: isBatch, row: row.bytes, line: line)
        } else if log.keeping == .progress {
            records.append(journalLeft: place, row: row.bytes)
        }
        if log.keeping == .progress {
            _ = writeRecords(after: exchanges.bytes)
            exchanges.clear()
        } else if records.count >= Self.chunk {
            flush()
        }
    }

    /// Hands over the rows that wait.
    package mutating func flush() {
        if !exchanges.isEmpty {
            log.submit(\.exchanges, exchanges.bytes)
            exchanges = ByteBuffer(capacity: Self.chunk + 4_096)
        }
        if !conversations.isEmpty {
            log.submit(\.conversations, conversations.bytes)
            conversations = ByteBuffer()
        }
        if !records.isEmpty {
            log.submit(\.records, records.bytes)
            records = ByteBuffer()
        }
    }

    private mutating func writeRecords(after rows: [UInt8] = []) -> Bool {
        defer { records.clear() }
        return log.write(exchanges: rows, thenRecords: records.bytes)
    }
}

/// Cells of a row that are not its exchange's own.
struct RowConstants: Sendable {
    var shard: Int
    var service: [UInt8]
    /// By the credential's place.
    var credentials: [[UInt8]]
}

/// Writes rows of `exchanges.csv` and `conversations.csv`. See `CSVText` for quoting.
package struct RowEncoder: Sendable {
    private static let exchangeColumns = ExchangeColumn.allCases
    private static let outputColumns = ExchangeColumn.ofOutput
    /// Those that a plain exchange has a cell of its own in, and the end of its row.
    private static let plainColumns = ExchangeColumn.allCases.filter { !outputColumns.contains($0) }
    private static let plainEnd = [UInt8](
        repeating: UInt8(ascii: ","), count: outputColumns.count)
    private static let conversationColumns = ConversationColumn.allCases
    private let constants: RowConstants
    private var row: [UInt8] = []

    /// An encoder for one run with `service`; `shard` counts from 1, and `credentials` are the labels
    /// of the run's credentials, of which there may be none.
    package init(shard: Int = 1, service: String, credentials: [String] = []) {
        let labels = credentials.isEmpty ? [""] : credentials
        constants = RowConstants(
            shard: shard, service: Array(CSVText.cell(service).utf8),
            credentials: labels.map { Array(CSVText.cell($0).utf8) })
    }

    /// Appends the exchange's row, `step` being its step's name.
    package mutating func append(
        _ exchange: borrowing Exchange, step: String, to buffer: inout ByteBuffer
    ) {
        var texts = exchange.script.utf8.count + step.utf8.count + exchange.detail.utf8.count
        var fixed = constants.service.count + constants.credentials[exchange.credential].count
        let isPlain = exchange.isPlain
        if !isPlain {
            texts += exchange.finish.utf8.count
            fixed += exchange.gaps.entries.count * 42 + 38
        }
        makeRoom(Self.exchangeColumns.count, fixed + 38 + CSVText.room(for: texts))
        let constants = constants
        var end = 0
        var cells = row.mutableSpan
        for column in isPlain ? Self.plainColumns : Self.exchangeColumns {
            column.write(exchange, step, constants, into: &cells, at: &end)
            cells.put(byte: UInt8(ascii: ","), at: &end)
        }
        if isPlain { cells.put(Self.plainEnd, at: &end) }
        cells[end - 1] = UInt8(ascii: "\n")
        buffer.append(row.span.extracting(0..<end))
    }

    /// Appends the conversation's row.
    package mutating func append(
        _ conversation: borrowing ConversationRecord, to buffer: inout ByteBuffer
    ) {
        let texts = CSVText.room(for: conversation.script.utf8.count)
        makeRoom(Self.conversationColumns.count, texts)
        let shard = constants.shard
        var end = 0
        var cells = row.mutableSpan
        for column in Self.conversationColumns {
            column.write(conversation, shard: shard, into: &cells, at: &end)
            cells.put(byte: UInt8(ascii: ","), at: &end)
        }
        cells[end - 1] = UInt8(ascii: "\n")
        buffer.append(row.span.extracting(0..<end))
    }

    /// Makes the row long enough for so many cells and for the texts in them.
    private mutating func makeRoom(_ columns: Int, _ texts: Int) {
        while row.count < columns * 22 + texts { row.append(0) }
    }
}
