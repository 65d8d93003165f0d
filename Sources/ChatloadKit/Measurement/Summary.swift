/// Everything a report may show of a run: the content of `summary.json`, and the only input of the
/// reports beside the log.
package struct Summary: Codable, Equatable, Sendable {
    /// The version of the file's format.
    package var schema = "chatload.summary/1"
    package var run: RunDescription
    /// Whether the figures leave exchanges out because the log does.
    package var isPartial = false
    /// What a reader of the figures must know, a sentence each.
    package var notes: [String] = []
    package var verdict = Verdict()
    package var slo: [SLOResult] = []
    package var totals = Totals()
    package var latency = Latencies()
    /// Start to end of the completed conversations.
    package var conversations = Distribution()
    package var steps: [String: StepSummary] = [:]
    /// The most frequent first.
    package var errors: [ErrorSummary] = []
    package var quotas: [QuotaResult] = []
    package var timeline: [TimelinePoint] = []
    /// The successes' response times in steps of 1, 2 and 5, without the empty ends.
    package var responseHistogram: [HistogramBin] = []

    init(run: RunDescription) { self.run = run }

    enum CodingKeys: String, CodingKey {
        case schema, run
        case isPartial = "partial"
        case notes, verdict, slo, totals
        case latency = "latency_ms"
        case conversations = "conversations_ms"
        case steps, errors, quotas, timeline
        case responseHistogram = "response_histogram"
    }
}

/// Whether the generator kept its own schedule.
package struct Verdict: Codable, Equatable, Sendable {
    /// `not judged`, or `valid`, `suspect`, `invalid` once somebody has judged the lag.
    package var generator = "not judged"
    package var reasons = ["the schedule lag is measured, and no limit is set for it"]
    /// Actual minus intended send, without what quotas held back and the time to connect.
    package var scheduleLag = Distribution()

    enum CodingKeys: String, CodingKey {
        case generator, reasons
        case scheduleLag = "schedule_lag_ms"
    }
}

/// One threshold and how the run did.
package struct SLOResult: Codable, Equatable, Sendable {
    package var expression: String
    package var value: Double?
    package var passed: Bool

    /// A threshold's result; nil when there was nothing to measure it by.
    package init(expression: String, value: Double?, passed: Bool) {
        self.expression = expression
        self.value = value
        self.passed = passed
    }
}

/// Conversations by how they ended.
package struct ConversationCounts: Codable, Equatable, Sendable {
    package var started = 0
    package var completed = 0
    package var failed = 0
    package var aborted = 0
}

/// What was counted over the whole run.
package struct Totals: Codable, Equatable, Sendable {
    package var conversations = ConversationCounts()
    package var exchanges = 0
    package var succeeded = 0
    package var failed = 0
    /// Failures because the service answered 429 or 529.
    package var rejected = 0
    /// Exchanges that a quota of ours held back.
    package var throttled = 0
    package var throttledSeconds = 0.0
    package var bytesIn = 0
    package var bytesOut = 0
    package var promptTokens = 0
    package var replyTokens = 0
    /// `none`, `reported`, `estimated` or `mixed`.
    package var tokenSource = "none"
    /// First intended send to last end; of merged runs the longest.
    package var durationSeconds = 0.0
    package var exchangesPerSecond = 0.0

    enum CodingKeys: String, CodingKey {
        case conversations, exchanges, succeeded, failed, rejected, throttled
        case throttledSeconds = "throttled_s"
        case bytesIn = "bytes_in"
        case bytesOut = "bytes_out"
        case promptTokens = "prompt_tokens"
        case replyTokens = "reply_tokens"
        case tokenSource = "token_source"
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
    package var bytesIn = 0
    package var bytesOut = 0
    package var promptTokens = 0
    package var replyTokens = 0
    package var tokenSource = "none"
    package var latency = Latencies()

    enum CodingKeys: String, CodingKey {
        case exchanges, succeeded, failed, rejected
        case bytesIn = "bytes_in"
        case bytesOut = "bytes_out"
        case promptTokens = "prompt_tokens"
        case replyTokens = "reply_tokens"
        case tokenSource = "token_source"
        case latency = "latency_ms"
    }
}
