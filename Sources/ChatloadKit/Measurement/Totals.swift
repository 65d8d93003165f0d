/// What a run played to warm up.
package struct WarmupCounts: Codable, Equatable, Sendable {
    package var conversations = 0
    package var exchanges = 0
    package var failed = 0

    mutating func merge(_ other: WarmupCounts) {
        conversations &+= other.conversations
        exchanges &+= other.exchanges
        failed &+= other.failed
    }
}

/// The figures of the steady window.
package struct SteadySummary: Codable, Equatable, Sendable {
    package var totals = Totals()
    package var latency = Latencies()
    /// Start to end of the completed conversations.
    package var conversations = Distribution()

    enum CodingKeys: String, CodingKey {
        case totals
        case latency = "latency_ms"
        case conversations = "conversations_ms"
    }
}

/// Conversations by how they ended.
package struct ConversationCounts: Codable, Equatable, Sendable {
    package var started = 0
    package var completed = 0
    package var failed = 0
    package var aborted = 0
}

/// What was counted over a run or a part of it.
package struct Totals: Codable, Equatable, Sendable {
    package var conversations = ConversationCounts()
    /// Turns that ended, however they did.
    package var turns = 0
    /// Those of them within all limits of the goodput; nil without limits.
    package var goodTurns: Int?
    /// Their share of the turns, from 0 to 1; nil without limits or turns.
    package var goodput: Double?
    package var exchanges = 0
    package var succeeded = 0
    package var failed = 0
    /// Failures because the service answered 429 or 529.
    package var rejected = 0
    /// Attempts beyond the first at the same request.
    package var retries = 0
    /// Those of them that succeeded.
    package var saved = 0
    /// Exchanges that a quota of ours held back.
    package var throttled = 0
    package var throttledSeconds = 0.0
    package var bytesIn = 0
    package var bytesOut = 0
    package var promptTokens = 0
    package var replyTokens = 0
    /// `none`, `reported`, `estimated` or `mixed`.
    package var tokenSource = "none"
    /// Responses of status 1xx before final ones; nil in summaries of versions that did not count
    /// them.
    package var interimResponses: Int?
    /// First intended send to last end; of merged runs the longest.
    package var durationSeconds = 0.0
    package var exchangesPerSecond = 0.0

    enum CodingKeys: String, CodingKey {
        case conversations, turns
        case goodTurns = "good_turns"
        case goodput, exchanges, succeeded, failed, rejected, retries, saved, throttled
        case throttledSeconds = "throttled_s"
        case bytesIn = "bytes_in"
        case bytesOut = "bytes_out"
        case promptTokens = "prompt_tokens"
        case replyTokens = "reply_tokens"
        case tokenSource = "token_source"
        case interimResponses = "interim_responses"
        case durationSeconds = "duration_s"
        case exchangesPerSecond = "exchanges_per_s"
    }
}

/// One step's figures.
package struct StepSummary: Codable, Equatable, Sendable {
    package var exchanges = 0
    package var succeeded = 0
    package var failed = 0
    package var rejected = 0
    package var retries = 0
    package var bytesIn = 0
    package var bytesOut = 0
    package var promptTokens = 0
    package var replyTokens = 0
    package var tokenSource = "none"
    package var latency = Latencies()

    enum CodingKeys: String, CodingKey {
        case exchanges, succeeded, failed, rejected, retries
        case bytesIn = "bytes_in"
        case bytesOut = "bytes_out"
        case promptTokens = "prompt_tokens"
        case replyTokens = "reply_tokens"
        case tokenSource = "token_source"
        case latency = "latency_ms"
    }
}
