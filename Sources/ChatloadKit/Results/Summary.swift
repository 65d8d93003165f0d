/// Everything a report may show of a run: the content of `summary.json`, and the only input of the
/// reports beside the log.
package struct Summary: Codable, Equatable, Sendable {
    /// The version of the file's format.
    package var schema = "chatload.summary/1"
    package var run: RunDescription
    /// Whether the figures leave exchanges out because the log does.
    package var isPartial = false
    /// What a reader of the figures must know, a sentence each; of partial figures first why they are.
    package var notes: [String] = []
    /// Why the figures must not be taken for the service's; empty unless the run is invalid. Named so
    /// that it comes first in the file.
    package var alarms: [String] = []
    package var verdict = Verdict()
    package var slo: [SLOResult] = []
    /// How well what the run was to know is known.
    @Default package var precision: [PrecisionResult] = []
    /// What was played to warm up; in no other figure.
    package var warmup = WarmupCounts()
    package var totals = Totals()
    /// The part of the run that was neither warm-up nor ramp nor drain.
    package var steady = SteadySummary()
    package var latency = Latencies()
    /// How late the turns of a replay at recorded times were sent; empty of anything else.
    package var lateness = Lateness()
    /// Start to end of the completed conversations.
    package var conversations = Distribution()
    /// nil where nothing was streamed.
    package var streams: StreamFigures?
    package var steps: [String: StepSummary] = [:]
    /// How well figures are known, by their names as thresholds have them; those of which a run can
    /// tell.
    @Default package var intervals: [String: FigureInterval] = [:]
    /// How the replies differ from the recorded ones, where replies are kept.
    package var drift = ReplyDiffFigures()
    /// The most frequent first.
    package var errors: [ErrorSummary] = []
    package var quotas: [QuotaResult] = []
    /// In the order of their labels.
    package var credentials: [CredentialResult] = []
    package var timeline: [TimelinePoint] = []
    /// The successes' response times in twenty bins a decade, without the empty ends.
    package var responseHistogram: [HistogramBin] = []
    /// The successes' response times over time.
    package var heatMap = HeatMapFigures()
    /// By the latency's name.
    package var percentiles: [String: [PercentilePoint]] = [:]
    /// The slowest conversations, the slowest first.
    package var slowest: [SlowConversation] = []

    init(run: RunDescription) { self.run = run }

    /// Says that exchanges are left out: nobody knows how well the figures are known then.
    mutating func becomePartial() {
        isPartial = true
        intervals = [:]
        precision = []
    }

    /// Says what a reader of the figures must know of how the run went, and of what was streamed.
    package mutating func note(_ sentences: [String]) {
        notes = sentences + (streams?.notes ?? [])
    }

    /// Why the figures are partial, for files that hold nothing else in words; nil if they are not.
    var partialNote: String? { isPartial ? notes.first : nil }

    /// The figures of a distribution of the whole run.
    package func figures(of metric: DistributionMetric) -> Distribution {
        switch metric {
        case .conversation: conversations
        case .scheduleLag: verdict.scheduleLag
        case .loopLag: verdict.loopLag
        case .readLate: verdict.readLate
        case .replyTokensPerSecond: streams?.replyTokensPerSecond ?? Distribution()
        default: latency[metric]
        }
    }

    enum CodingKeys: String, CodingKey {
        case schema, run
        case isPartial = "partial"
        case alarms, notes, verdict, slo
        case precision = "until"
        case warmup, totals, steady
        case latency = "latency_ms"
        case lateness = "lateness_ms"
        case conversations = "conversations_ms"
        case streams, steps, intervals, drift, errors, quotas, credentials, timeline
        case responseHistogram = "response_histogram"
        case heatMap = "heat_map"
        case percentiles
        case slowest = "slowest_conversations"
    }
}

/// The failures of one class, step and status.
package struct ErrorSummary: Codable, Equatable, Sendable {
    package var errorClass: String
    package var step: String
    /// The HTTP status; nil where none came.
    @Nullable package var status: Int? = nil
    package var count: Int
    /// When the first and the last of them ended, in seconds since the run's start.
    package var first: Double
    package var last: Double
    /// What the first of them said of itself.
    package var example: String

    enum CodingKeys: String, CodingKey {
        case errorClass = "class"
        case step, status, count
        case first = "first_s"
        case last = "last_s"
        case example
    }
}

/// What ended in one interval of the run; times in milliseconds, percentiles to 1/32.
package struct TimelinePoint: Codable, Equatable, Sendable {
    /// The interval's begin, in seconds since the run's start.
    package var start: Double
    /// Its length in seconds; the last is as long as the run lasted in it.
    package var seconds: Double
    /// What most of it belongs to.
    @Default package var phase = RunPhase.main
    @Default package var exchanges = 0
    @Default package var failed = 0
    /// Those of the failures that the service rejected.
    @Default package var rejected = 0
    /// Turns that succeeded.
    @Default package var turns = 0
    /// Exchanges of the warm-up, which are in no other figure.
    @Default package var warmup = 0
    /// How many users were in a conversation, on average; warm-up and pauses included.
    @Default package var users = 0.0
    /// Response times of the successes.
    @Nullable package var mean: Double? = nil
    @Nullable package var p50: Double? = nil
    @Nullable package var p99: Double? = nil
    @Nullable package var max: Double? = nil
    /// How much later than they should have requests left in it.
    @Nullable package var lagMean: Double? = nil
    @Nullable package var lagMax: Double? = nil
    /// Tokens of the replies that succeeded in it, by the second.
    @Default package var tokensPerSecond = 0.0
    /// Of the streamed ones, the time to the first token and the time per token.
    @Nullable package var ttftP50: Double? = nil
    @Nullable package var ttftP99: Double? = nil
    @Nullable package var tpotP50: Double? = nil

    init(start: Double, seconds: Double, phase: RunPhase = .main) {
        self.start = start
        self.seconds = seconds
        self.phase = phase
    }

    enum CodingKeys: String, CodingKey {
        case start = "start_s"
        case seconds, phase, exchanges, failed, rejected, turns, warmup, users
        case lagMean = "lag_mean_ms"
        case lagMax = "lag_max_ms"
        case tokensPerSecond = "tokens_per_s"
        case ttftP50 = "ttft_p50_ms"
        case ttftP99 = "ttft_p99_ms"
        case tpotP50 = "tpot_p50_ms"
        case mean = "mean_ms"
        case p50 = "p50_ms"
        case p99 = "p99_ms"
        case max = "max_ms"
    }
}

/// One quota and how much of it the run used.
package struct QuotaResult: Codable, Equatable, Sendable {
    /// As it was given.
    package var expression: String
    /// Requests or tokens that were counted against it, over all its scopes.
    package var used = 0
    /// The amount; per period where the expression has one.
    package var limit = 0
    /// How long it held exchanges back, in all.
    package var throttledSeconds = 0.0
    /// How many of its scopes (credentials, users, conversations, or the run) have used up a total.
    package var spent = 0

    /// The result of the quota `expression`, everything else to be filled in.
    package init(expression: String) { self.expression = expression }

    enum CodingKeys: String, CodingKey {
        case expression, used, limit
        case throttledSeconds = "throttled_s"
        case spent
    }

    /// Adds another shard's share.
    mutating func merge(_ other: QuotaResult) {
        used &+= other.used
        throttledSeconds += other.throttledSeconds
        spent &+= other.spent
    }
}

/// How the load came out beside what was asked for.
package struct ScheduleFigures: Codable, Equatable, Sendable {
    /// Conversations a second that the schedule asks for, over its whole length; nil in the closed
    /// model.
    @Nullable package var requestedRate: Double? = nil
    /// Conversations started, divided by the length of the schedule so far; nil in the closed model.
    @Nullable package var achievedRate: Double? = nil
    /// Conversations that were started.
    package var started = 0
    /// Starts that found no free user.
    package var dropped = 0
    /// Those of them that the generator came to late itself, so that users were busy that would not
    /// have been; nil where nobody counted.
    package var droppedLate: Int?
    /// Starts that were so late, after a stall of the generator, that they were given up.
    package var missed = 0
    /// Starts that had to wait for a free user; nil but in a replay at recorded times.
    package var waited: Int?
    /// How long users waited after failures that had cost nothing, all of them together, in seconds;
    /// nil where nobody did.
    package var backedOffSeconds: Double?
    /// The realised coefficient of variation of the gaps between starts; nil with fewer than two
    /// gaps, and in the closed model.
    @Nullable package var variation: Double? = nil
    /// The most users the schedule wanted at once; nil where their number follows from the load or
    /// there were fewer conversations than users.
    @Nullable package var wantedUsers: Int? = nil
    /// The time in seconds over which the users of the closed model began, evenly, because nothing
    /// else was asked for; nil where they began at once or as asked.
    package var startSpan: Double?
    /// The most users that were in a conversation at once.
    package var maxUsers = 0
    /// The most users that held a connection at once.
    package var maxConnected = 0
    /// Connections that were opened anew because the service had closed the idle one; nil where
    /// nobody counted.
    package var reconnects: Int?
    /// Requests that were sent once more, on one of these, because the service had closed the idle
    /// one instead of answering; nil where nobody counted. Each of them is one exchange.
    package var repeatedRequests: Int?

    package init() {}

    enum CodingKeys: String, CodingKey {
        case requestedRate = "requested_per_s"
        case achievedRate = "achieved_per_s"
        case started, dropped
        case droppedLate = "dropped_late"
        case missed, waited
        case backedOffSeconds = "backed_off_s"
        case variation = "gap_cv"
        case wantedUsers = "wanted_users"
        case startSpan = "start_span_s"
        case maxUsers = "max_users"
        case maxConnected = "max_connected"
        case reconnects
        case repeatedRequests = "repeated_requests"
    }

    /// Starts that the schedule had, whatever became of them.
    var due: Int { started &+ dropped &+ missed }

    /// The figures of two shards that ran side by side: counts and rates add up, and a coefficient
    /// of variation of both together is unknown.
    func merged(with other: ScheduleFigures) -> ScheduleFigures {
        var sum = self
        sum.requestedRate = Self.sum(requestedRate, other.requestedRate)
        sum.achievedRate = Self.sum(achievedRate, other.achievedRate)
        sum.started &+= other.started
        sum.dropped &+= other.dropped
        sum.droppedLate = Self.sum(droppedLate, other.droppedLate)
        sum.missed &+= other.missed
        sum.waited = Self.sum(waited, other.waited)
        let backedOff = [backedOffSeconds, other.backedOffSeconds].compactMap(\.self)
        sum.backedOffSeconds = backedOff.isEmpty ? nil : backedOff.reduce(0, +)
        sum.variation = nil
        sum.startSpan = [startSpan, other.startSpan].compactMap(\.self).max()
        sum.wantedUsers = Self.sum(wantedUsers, other.wantedUsers)
        sum.maxUsers &+= other.maxUsers
        sum.maxConnected &+= other.maxConnected
        sum.reconnects = Self.sum(reconnects, other.reconnects)
        sum.repeatedRequests = Self.sum(repeatedRequests, other.repeatedRequests)
        return sum
    }

    private static func sum<Number: AdditiveArithmetic>(
        _ left: Number?, _ right: Number?
    ) -> Number? {
        guard let left, let right else { return nil }
        return left + right
    }
}
