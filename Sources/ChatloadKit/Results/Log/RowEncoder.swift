package import Base
import Networking

/// Writes exchanges as rows of `exchanges.csv`. See `CSVText` for quoting.
package struct RowEncoder: Sendable {
    /// The file's column names, in order.
    package static let columns = ExchangeColumn.allCases.map(\.rawValue)

    /// The file's first line.
    package static let header = Array((columns.joined(separator: ",") + "\n").utf8)

    private let shard: Int64
    /// `,service,credential,` by the credential's place.
    private let constants: [[UInt8]]
    private var row: [UInt8] = []

    /// An encoder for one run's exchanges with `service`; `shard` counts from 1, and `credentials`
    /// are the labels of the run's credentials, of which there may be none.
    package init(shard: Int = 1, service: String, credentials: [String] = []) {
        self.shard = Int64(shard)
        let labels = credentials.isEmpty ? [""] : credentials
        constants = labels.map { label in
            Array(",\(CSVText.cell(service)),\(CSVText.cell(label)),".utf8)
        }
    }

    /// Appends the exchange's row, `step` being its step's name.
    package mutating func append(
        _ exchange: borrowing Exchange, step: String, to buffer: inout ByteBuffer
    ) {
        let texts = exchange.script.utf8.count + step.utf8.count + exchange.detail.utf8.count
        let constants = constants[exchange.credential]
        let room = 32 * 21 + constants.count + 32 + CSVText.room(for: texts) + 6
        while row.count < room { row.append(0) }
        let shard = shard
        var end = 0
        var cells = row.mutableSpan
        cells.put(shard, at: &end)
        Self.putIdentity(exchange, step: step, into: &cells, at: &end)
        cells.put(constants, at: &end)
        Self.putTimes(exchange, into: &cells, at: &end)
        Self.putResult(exchange, into: &cells, at: &end)
        buffer.append(row.span.extracting(0..<end))
    }

    private static func putIdentity(
        _ exchange: borrowing Exchange, step: String, into cells: inout MutableSpan<UInt8>,
        at end: inout Int
    ) {
        cells.put(next: Int64(exchange.worker), at: &end)
        cells.put(next: Int64(exchange.user), at: &end)
        cells.put(byte: UInt8(ascii: ","), at: &end)
        cells.put(conversation: exchange.script, ticket: exchange.ticket, at: &end)
        cells.put(next: Int64(exchange.turn), at: &end)
        cells.put(byte: UInt8(ascii: ","), at: &end)
        cells.put(text: step, at: &end)
    }

    private static func putTimes(
        _ exchange: borrowing Exchange, into cells: inout MutableSpan<UInt8>, at end: inout Int
    ) {
        cells.put(exchange.intended.count, at: &end)
        cells.put(next: exchange.sent, at: &end)
        cells.put(next: exchange.firstByte, at: &end)
        cells.put(next: exchange.firstToken, at: &end)
        cells.put(next: exchange.answerToken, at: &end)
        cells.put(next: exchange.end.count, at: &end)
        cells.put(next: exchange.dns, at: &end)
        cells.put(next: exchange.connect, at: &end)
        cells.put(next: exchange.tls, at: &end)
        cells.put(next: exchange.throttled.count, at: &end)
    }

    private static func putResult(
        _ exchange: borrowing Exchange, into cells: inout MutableSpan<UInt8>, at end: inout Int
    ) {
        cells.put(next: Int64(exchange.bytesOut), at: &end)
        cells.put(next: Int64(exchange.bytesIn), at: &end)
        cells.put(next: Int64(exchange.promptTokens), at: &end)
        cells.put(next: Int64(exchange.replyTokens), at: &end)
        cells.put(nextText: exchange.tokenSource.rawValue, at: &end)
        cells.put(next: Int64(exchange.chunks), at: &end)
        cells.put(next: exchange.status.map { Nanoseconds(Int64($0)) }, at: &end)
        cells.put(nextText: exchange.outcome.label, at: &end)
        cells.put(nextText: exchange.detail, at: &end)
        cells.put(next: exchange.reply, at: &end)
        cells.put(next: Int64(exchange.attempt), at: &end)
        cells.put(nextText: exchange.phase.rawValue, at: &end)
        cells.put(next: exchange.turnTime, at: &end)
        cells.put(next: exchange.recorded, at: &end)
        cells.put(
            next: exchange.interimResponses == 0
                ? nil : Nanoseconds(Int64(exchange.interimResponses)), at: &end)
        cells.put(byte: UInt8(ascii: "\n"), at: &end)
    }
}

/// Writes conversations as rows of `conversations.csv`.
package struct ConversationRowEncoder: Sendable {
    /// The file's column names, in order.
    package static let columns = ConversationColumn.allCases.map(\.rawValue)

    /// The file's first line.
    package static let header = Array((columns.joined(separator: ",") + "\n").utf8)

    private let shard: Int64
    private var row: [UInt8] = []

    /// An encoder for one run's conversations; `shard` counts from 1.
    package init(shard: Int = 1) { self.shard = Int64(shard) }

    /// Appends the conversation's row.
    package mutating func append(
        _ conversation: borrowing ConversationRecord, to buffer: inout ByteBuffer
    ) {
        let room = 12 * 21 + CSVText.room(for: conversation.script.utf8.count)
        while row.count < room { row.append(0) }
        let shard = shard
        var end = 0
        var cells = row.mutableSpan
        cells.put(shard, at: &end)
        cells.put(next: Int64(conversation.worker), at: &end)
        cells.put(next: Int64(conversation.user), at: &end)
        cells.put(byte: UInt8(ascii: ","), at: &end)
        cells.put(conversation: conversation.script, ticket: conversation.ticket, at: &end)
        cells.put(next: conversation.started.count, at: &end)
        cells.put(next: conversation.ended.count, at: &end)
        cells.put(next: Int64(conversation.turns), at: &end)
        cells.put(next: Int64(conversation.exchanges), at: &end)
        cells.put(next: Int64(conversation.failures), at: &end)
        cells.put(nextText: conversation.outcome.rawValue, at: &end)
        cells.put(nextText: conversation.phase.rawValue, at: &end)
        cells.put(byte: UInt8(ascii: "\n"), at: &end)
        buffer.append(row.span.extracting(0..<end))
    }
}

extension MutableSpan<UInt8> {
    /// Writes a comma and a number.
    mutating func put(next number: Int64, at end: inout Int) {
        put(byte: UInt8(ascii: ","), at: &end)
        put(number, at: &end)
    }

    /// Writes a comma and, unless it is nil, a time.
    mutating func put(next time: Nanoseconds?, at end: inout Int) {
        put(byte: UInt8(ascii: ","), at: &end)
        if let time { put(time.count, at: &end) }
    }

    /// Writes a comma and a text.
    mutating func put(nextText text: String, at end: inout Int) {
        put(byte: UInt8(ascii: ","), at: &end)
        put(text: text, at: &end)
    }

    /// Writes `<script>#<ticket>`, inside the quotes where the script's id needs them.
    mutating func put(conversation script: String, ticket: Int, at end: inout Int) {
        let start = end
        put(text: script, at: &end)
        let isQuoted = end > start && self[start] == UInt8(ascii: "\"")
        if isQuoted { end -= 1 }
        put(byte: UInt8(ascii: "#"), at: &end)
        put(Int64(ticket), at: &end)
        if isQuoted { put(byte: UInt8(ascii: "\""), at: &end) }
    }
}

/// The columns of `exchanges.csv`, in the order of the file. New ones are only added at the end.
enum ExchangeColumn: String, CaseIterable, Sendable {
    case shard, worker, user, conversation, turn, step, service, credential
    case intended = "intended_ns"
    case sent = "sent_ns"
    case firstByte = "first_byte_ns"
    case firstToken = "first_token_ns"
    case answerToken = "answer_token_ns"
    case end = "end_ns"
    case dns = "dns_ns"
    case connect = "connect_ns"
    case tls = "tls_ns"
    case throttled = "throttled_ns"
    case bytesOut = "bytes_out"
    case bytesIn = "bytes_in"
    case promptTokens = "prompt_tokens"
    case replyTokens = "reply_tokens"
    case tokenSource = "token_source"
    case chunks, status, outcome, detail
    case reply = "reply_ns"
    case attempt, phase
    case turnTime = "turn_ns"
    case recorded = "recorded_ns"
    case interimResponses = "interim_responses"

    /// Those that every log has; the others came later, and have defaults.
    static let first = allCases.filter {
        ![.attempt, .phase, .turnTime, .recorded, .interimResponses].contains($0)
    }
}

/// The columns of `conversations.csv`, in the order of the file. New ones are only added at the end.
enum ConversationColumn: String, CaseIterable, Sendable {
    case shard, worker, user, conversation
    case started = "started_ns"
    case ended = "ended_ns"
    case turns, exchanges, failures, outcome, phase
}
