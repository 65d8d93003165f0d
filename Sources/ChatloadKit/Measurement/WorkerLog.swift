import Networking

/// A worker's end of the run's log: turns what happened into rows and hands them over in chunks.
///
/// The worker calls `flush` at least once a second and at its end.
package struct WorkerLog: Sendable {
    /// Rows wait until there are this many bytes of them, or until `flush`.
    static let chunk = 65_536

    private let log: RunLog
    private var exchangeEncoder: RowEncoder
    private var conversationEncoder: ConversationRowEncoder
    private var exchanges = ByteBuffer(capacity: WorkerLog.chunk + 4_096)
    private var conversations = ByteBuffer()

    /// One worker's end of `log`; `shard` counts from 1, and `credentials` are the labels behind
    /// the exchanges' credential numbers.
    package init(log: RunLog, shard: Int = 1, service: String, credentials: [String] = []) {
        self.log = log
        exchangeEncoder = RowEncoder(shard: shard, service: service, credentials: credentials)
        conversationEncoder = ConversationRowEncoder(shard: shard)
    }

    /// Writes the exchange down if the log's mode wants it, `step` being its step's name.
    package mutating func add(_ exchange: borrowing Exchange, step: String) {
        if !log.mode.keeps(exchange.outcome) { return }
        exchangeEncoder.append(exchange, step: step, to: &exchanges)
        if exchanges.count >= Self.chunk { flush() }
    }

    /// Writes the conversation down, unless there is no log.
    package mutating func add(_ conversation: borrowing ConversationRecord) {
        if log.mode == .none { return }
        conversationEncoder.append(conversation, to: &conversations)
        if conversations.count >= Self.chunk { flush() }
    }

    /// Hands over the rows that wait.
    package mutating func flush() {
        if !exchanges.isEmpty {
            log.submit(exchanges: exchanges.bytes)
            exchanges = ByteBuffer(capacity: Self.chunk + 4_096)
        }
        if !conversations.isEmpty {
            log.submit(conversations: conversations.bytes)
            conversations = ByteBuffer()
        }
    }
}
