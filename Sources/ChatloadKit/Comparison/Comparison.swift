/// Everything a report may show of two sides of runs: the content of `compare.json`, and the only
/// input of the reports of a comparison.
package struct Comparison: Codable, Equatable, Sendable {
    /// Which way one figure, or the whole, has gone.
    package enum Verdict: String, Codable, Sendable {
        /// A latency is lower, with evidence.
        case faster
        case slower
        /// A share or a rate is higher, with evidence; of the whole, where no latency differs.
        case more
        case fewer
        /// Of the whole: some latencies are lower and some higher, with evidence.
        case mixed
        /// Of the whole: no latency differs, but the throughput or the replies do.
        case changed
        /// Of the whole: a larger share of exchanges failed, with evidence.
        case failsMore = "fails more"
        case failsLess = "fails less"
        /// Of a latency: the shares of exchanges that succeeded differ, with evidence, so that it
        /// is the latency of other exchanges (survivorship bias) and no difference of the service.
        case biased
        /// The difference may be chance, or is too small to matter.
        case noEvidence = "no evidence"
        /// There is too little to tell what chance does.
        case tooFew = "too few samples"
    }

    /// How the comparison was made.
    package struct Settings: Codable, Equatable, Sendable {
        /// Of the intervals, and 1 minus the chance of one or more false verdicts.
        package var confidence = 0.95
        /// Differences up to this share of BASE's value count as none.
        package var margin = 0.01
        /// Latencies that differ by no more than this, in milliseconds by the statistic's name, count
        /// as equal: by so much the generator itself was late.
        package var lateness: [String: Double] = [:]
        /// How many redraws stand behind a standard error.
        package var draws = 2_000
        package var seed: UInt64 = 1

        package init() {}

        enum CodingKeys: String, CodingKey {
            case confidence, margin
            case lateness = "lateness_ms"
            case draws, seed
        }
    }

    /// The version of the file's format.
    package var schema = "chatload.compare/1"
    /// Why the figures must not be believed; empty unless a run is invalid. Named so that it comes
    /// first in the file.
    package var alarms: [String] = []
    package var verdict = Verdict.noEvidence
    /// The names of the figures that decide it, the most telling first.
    package var decisive: [String] = []
    /// What makes the sides hard to compare, a sentence each.
    package var warnings: [String] = []
    /// What else a reader must know, a sentence each.
    package var notes: [String] = []
    package var settings = Settings()
    package var base = ComparedSide()
    package var new = ComparedSide()
    /// In what the runs differ besides their figures.
    package var differences: [SettingDifference] = []
    /// What `--fail-on` asked for.
    package var limits: [LimitOutcome] = []
    package var figures: [FigureDifference] = []
    package var curves: [ComparedCurves] = []

    init() {}
}

/// The runs of one side.
package struct ComparedSide: Codable, Equatable, Sendable {
    /// The runs' folders, as they were given.
    package var runs: [String] = []
    /// What each run's report says of the generator, in the same order.
    package var verdicts: [Verdict.Grade] = []
    package var exchanges = 0
    package var failed = 0
    /// The steps that only this side has.
    package var ownSteps: [String] = []

    enum CodingKeys: String, CodingKey {
        case runs, verdicts, exchanges, failed
        case ownSteps = "own_steps"
    }
}

/// A latency at many percentiles on both sides, as far as enough samples stand behind them.
package struct ComparedCurves: Codable, Equatable, Sendable {
    package var metric: ComparedFigure.Metric
    package var base: [PercentilePoint]
    package var new: [PercentilePoint]
}
