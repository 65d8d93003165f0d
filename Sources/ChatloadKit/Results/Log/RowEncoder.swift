package import Base

/// Cells of a row that are not its exchange's own.
struct RowConstants: Sendable {
    var shard: Int
    var service: [UInt8]
    /// By the credential's place.
    var credentials: [[UInt8]]
}

/// Writes exchanges as rows of `exchanges.csv`. See `CSVText` for quoting.
package struct RowEncoder: Sendable {
    /// The file's column names, in order.
    package static let columns = ExchangeColumn.allCases.map(\.rawValue)

    /// The file's first line.
    package static let header = Array((columns.joined(separator: ",") + "\n").utf8)

    private static let all = ExchangeColumn.allCases
    private let constants: RowConstants
    private var row: [UInt8] = []

    /// An encoder for one run's exchanges with `service`; `shard` counts from 1, and `credentials`
    /// are the labels of the run's credentials, of which there may be none.
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
        let room = Self.all.count * 22 + fixed + 32 + CSVText.room(for: texts) + 6
        while row.count < room { row.append(0) }
        let constants = constants
        var end = 0
        var cells = row.mutableSpan
        for column in Self.all {
            column.write(exchange, step, constants, into: &cells, at: &end)
            cells.put(byte: UInt8(ascii: ","), at: &end)
        }
        cells[end - 1] = UInt8(ascii: "\n")
        buffer.append(row.span.extracting(0..<end))
    }
}

/// Writes conversations as rows of `conversations.csv`.
package struct ConversationRowEncoder: Sendable {
    /// The file's column names, in order.
    package static let columns = ConversationColumn.allCases.map(\.rawValue)

    /// The file's first line.
    package static let header = Array((columns.joined(separator: ",") + "\n").utf8)

    private static let all = ConversationColumn.allCases
    private let shard: Int
    private var row: [UInt8] = []

    /// An encoder for one run's conversations; `shard` counts from 1.
    package init(shard: Int = 1) { self.shard = shard }

    /// Appends the conversation's row.
    package mutating func append(
        _ conversation: borrowing ConversationRecord, to buffer: inout ByteBuffer
    ) {
        let room = Self.all.count * 22 + CSVText.room(for: conversation.script.utf8.count)
        while row.count < room { row.append(0) }
        let shard = shard
        var end = 0
        var cells = row.mutableSpan
        for column in Self.all {
            column.write(conversation, shard: shard, into: &cells, at: &end)
            cells.put(byte: UInt8(ascii: ","), at: &end)
        }
        cells[end - 1] = UInt8(ascii: "\n")
        buffer.append(row.span.extracting(0..<end))
    }
}
