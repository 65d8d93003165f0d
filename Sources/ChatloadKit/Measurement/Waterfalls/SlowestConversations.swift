import Networking

/// The conversations that took longest from start to end, think time included: those that ended by
/// themselves, and not to warm up.
///
/// Their order is total, so they are the same however the conversations were spread.
struct SlowestConversations: Sendable, Equatable {
    static let limit = 10

    /// The slowest first.
    private(set) var entries: [SlowConversation] = []

    /// Whether one that took so long may be among them.
    func mayKeep(_ duration: Nanoseconds) -> Bool {
        guard entries.count == Self.limit, let last = entries.last else { return true }
        return Distribution.milliseconds(duration) >= last.duration
    }

    mutating func add(_ conversation: borrowing ConversationRecord) {
        if conversation.phase == .warmup || conversation.outcome == .aborted { return }
        if !mayKeep(conversation.ended - conversation.started) { return }
        insert(SlowConversation(conversation))
    }

    mutating func merge(_ other: SlowestConversations) {
        for entry in other.entries { insert(entry) }
    }

    /// Counts those of another run, the `number`-th of several put together.
    mutating func merge(_ other: SlowestConversations, run number: Int) {
        for var entry in other.entries {
            entry.run = number
            insert(entry)
        }
    }

    private mutating func insert(_ entry: SlowConversation) {
        entries.insert(entry, at: entries.firstIndex { entry < $0 } ?? entries.count)
        if entries.count > Self.limit { entries.removeLast() }
    }
}

/// One of the slowest conversations.
package struct SlowConversation: Codable, Equatable, Sendable, Comparable {
    /// Which of several runs put together it was in, from 1.
    package var run = 1
    /// The `id` of the script line.
    package var script: String
    package var ticket: Int
    package var user: Int
    /// In seconds since the run's start.
    package var start: Double
    /// Start to end in milliseconds.
    package var duration: Double
    package var turns: Int
    package var exchanges: Int
    package var failures: Int
    /// `completed` or `failed`.
    package var outcome: String

    init(_ record: borrowing ConversationRecord) {
        script = String(record.script.unicodeScalars.prefix(1_000))
        (ticket, user) = (record.ticket, record.user)
        start = record.started.roundedSeconds
        duration = Distribution.milliseconds(record.ended - record.started)
        (turns, exchanges) = (record.turns, record.exchanges)
        (failures, outcome) = (record.failures, record.outcome.rawValue)
    }

    enum CodingKeys: String, CodingKey {
        case run, script, ticket, user
        case start = "start_s"
        case duration = "duration_ms"
        case turns, exchanges, failures, outcome
    }

    /// The slower one comes first.
    package static func < (left: SlowConversation, right: SlowConversation) -> Bool {
        if left.duration != right.duration { return left.duration > right.duration }
        return (left.run, left.ticket) < (right.run, right.ticket)
    }
}
