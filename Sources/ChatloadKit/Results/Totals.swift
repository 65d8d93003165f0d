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
    /// Those of them that succeeded.
    package var succeededTurns = 0
    /// Those of them within all limits of the goodput; nil without limits.
    package var goodTurns: Int?
    /// Their share of the turns, from 0 to 1; nil without limits or turns.
    package var goodput: Double?
    package var exchanges = 0
    package var succeeded = 0
    /// All that did not succeed.
    package var failed = 0
    /// Those of the failures that the service answered with 429 or 529.
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
    /// The time that the rates are of, with what they count.
    package var span = LoadSpan()
    /// Turns that ended within the span and succeeded, a second: the work that was done.
    package var turnsPerSecond = 0.0
    /// Exchanges that ended within the span and succeeded, a second.
    package var successesPerSecond = 0.0
    /// Exchanges that ended within the span, however they did, a second.
    package var exchangesPerSecond = 0.0

    enum CodingKeys: String, CodingKey {
        case conversations, turns
        case succeededTurns = "turns_succeeded"
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
        case span
        case turnsPerSecond = "turns_per_s"
        case successesPerSecond = "successes_per_s"
        case exchangesPerSecond = "exchanges_per_s"
    }
}

extension Totals {
    /// Reads totals; what an older version did not write follows from the rest.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func count(_ key: CodingKeys) throws -> Int { try container.decode(Int.self, forKey: key) }
        func figure(_ key: CodingKeys) throws -> Double {
            try container.decode(Double.self, forKey: key)
        }
        conversations = try container.decode(ConversationCounts.self, forKey: .conversations)
        turns = try count(.turns)
        goodTurns = try container.decodeIfPresent(Int.self, forKey: .goodTurns)
        goodput = try container.decodeIfPresent(Double.self, forKey: .goodput)
        (exchanges, succeeded) = (try count(.exchanges), try count(.succeeded))
        (failed, rejected) = (try count(.failed), try count(.rejected))
        (retries, saved, throttled) = (
            try count(.retries), try count(.saved), try count(.throttled)
        )
        throttledSeconds = try figure(.throttledSeconds)
        (bytesIn, bytesOut) = (try count(.bytesIn), try count(.bytesOut))
        (promptTokens, replyTokens) = (try count(.promptTokens), try count(.replyTokens))
        tokenSource = try container.decode(String.self, forKey: .tokenSource)
        interimResponses = try container.decodeIfPresent(Int.self, forKey: .interimResponses)
        durationSeconds = try figure(.durationSeconds)
        exchangesPerSecond = try figure(.exchangesPerSecond)
        guard let known = try container.decodeIfPresent(LoadSpan.self, forKey: .span) else {
            span.end = durationSeconds
            span.length = durationSeconds
            (span.exchanges, span.successes) = (exchanges, succeeded)
            successesPerSecond = span.rate(succeeded)
            return
        }
        span = known
        succeededTurns = try count(.succeededTurns)
        turnsPerSecond = try figure(.turnsPerSecond)
        successesPerSecond = try figure(.successesPerSecond)
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
