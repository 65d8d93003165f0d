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
    package var steps: [String: StepSummary] = [:]
    /// How the replies differ from the recorded ones, where replies are kept.
    package var drift = DriftFigures()
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

    /// Why the figures are partial, for files that hold nothing else in words; nil if they are not.
    var partialNote: String? { isPartial ? notes.first : nil }

    enum CodingKeys: String, CodingKey {
        case schema, run
        case isPartial = "partial"
        case alarms, notes, verdict, slo, warmup, totals, steady
        case latency = "latency_ms"
        case lateness = "lateness_ms"
        case conversations = "conversations_ms"
        case steps, drift, errors, quotas, credentials, timeline
        case responseHistogram = "response_histogram"
        case heatMap = "heat_map"
        case percentiles
        case slowest = "slowest_conversations"
    }
}
