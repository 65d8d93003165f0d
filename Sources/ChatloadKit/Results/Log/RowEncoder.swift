package import Base

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
        let texts = exchange.script.utf8.count + step.utf8.count + exchange.detail.utf8.count
        let fixed = constants.service.count + constants.credentials[exchange.credential].count
        makeRoom(Self.exchangeColumns.count, fixed + 38 + CSVText.room(for: texts))
        let constants = constants
        var end = 0
        var cells = row.mutableSpan
        for column in Self.exchangeColumns {
            column.write(exchange, step, constants, into: &cells, at: &end)
            cells.put(byte: UInt8(ascii: ","), at: &end)
        }
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
