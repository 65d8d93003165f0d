import Glibc

/// Both sides' values of a figure, and how they differ.
package struct FigureDifference: Codable, Equatable, Sendable {
    package var metric: ComparedFigure.Metric
    /// Nil for the whole run.
    @Nullable package var step: String? = nil
    /// Nil for a share or a rate.
    @Nullable package var statistic: Statistic? = nil
    /// `ms`, `share` (0 … 1) or `1/s`, of the values, the difference and its bounds.
    package var unit: MetricUnit
    @Nullable package var base: Double? = nil
    @Nullable package var new: Double? = nil
    package var baseSamples: Int
    package var newSamples: Int
    /// NEW minus BASE.
    @Nullable package var difference: Double? = nil
    /// The bounds of its confidence interval, each figure for itself.
    @Nullable package var low: Double? = nil
    @Nullable package var high: Double? = nil
    /// The difference in shares of BASE's value, and its bounds; nil where that is 0.
    @Nullable package var relative: Double? = nil
    @Nullable package var relativeLow: Double? = nil
    @Nullable package var relativeHigh: Double? = nil
    /// The chance of such a difference where there is none beyond the margin; adjusted, of one such
    /// among all figures.
    @Nullable package var chance: Double? = nil
    @Nullable package var adjustedChance: Double? = nil
    package var verdict = Comparison.Verdict.tooFew

    /// Which figure it is.
    package var figure: ComparedFigure {
        ComparedFigure(metric: metric, statistic: statistic, step: step)
    }

    /// Whether it is told in a short report even without evidence.
    package var isMain: Bool { figure.isMain }

    /// Whether it is real, as far as can be told.
    var hasEvidence: Bool {
        switch verdict {
        case .noEvidence, .tooFew, .biased: false
        default: true
        }
    }

    /// Whether it says, with evidence, that the share of failures differs.
    package var showsFailures: Bool {
        metric == .derived(.failedShare) && (verdict == .more || verdict == .fewer)
    }

    enum CodingKeys: String, CodingKey {
        case metric, step, statistic, unit, base, new
        case baseSamples = "base_samples"
        case newSamples = "new_samples"
        case difference, low, high, relative
        case relativeLow = "relative_low"
        case relativeHigh = "relative_high"
        case chance = "p_value"
        case adjustedChance = "adjusted_p_value"
        case verdict
    }
}

extension FigureDifference {
    /// The differences of all figures that both sides have, those of the whole run first, with
    /// their verdicts.
    static func all(
        _ base: [ComparedFigure: Estimate], _ new: [ComparedFigure: Estimate], steps: [String],
        _ settings: Comparison.Settings
    ) -> [FigureDifference] {
        var rows: [FigureDifference] = []
        for step in [nil] + steps.map(Optional.some) {
            for figure in ComparedFigure.all(ofStep: step) {
                guard let left = base[figure], let right = new[figure],
                    left.value != nil || right.value != nil
                else { continue }
                rows.append(FigureDifference(figure, left, right, settings))
            }
        }
        decide(&rows, settings)
        return rows
    }

    /// The difference of one figure, still without a verdict.
    init(
        _ figure: ComparedFigure, _ base: Estimate, _ new: Estimate, _ settings: Comparison.Settings
    ) {
        self.init(
            metric: figure.metric, step: figure.step, statistic: figure.statistic,
            unit: figure.metric.unit, base: base.value, new: new.value,
            baseSamples: base.samples, newSamples: new.samples)
        guard let before = base.value, let after = new.value else { return }
        let change = after - before
        difference = Self.rounded(change)
        if before > 0 { relative = Self.rounded(change / before) }
        guard let left = base.error, let right = new.error else { return }
        let error = left.joined(with: right)
        let width =
            error.size
            * Statistics.width(confidence: settings.confidence, degrees: error.degrees)
        (low, high) = (Self.rounded(change - width), Self.rounded(change + width))
        if before > 0 {
            relativeLow = Self.rounded((change - width) / before)
            relativeHigh = Self.rounded((change + width) / before)
        }
        let lateness = statistic.flatMap { settings.lateness[$0.rawValue] }
        let margin = max(settings.margin * before.magnitude, lateness ?? 0)
        chance = Self.chance(of: change, error, beyond: margin)
    }

    /// To six significant digits: more are not known, and fewer characters are read more easily.
    private static func rounded(_ value: Double) -> Double {
        if value == 0 || !value.isFinite { return value }
        let scale = pow(10, 5 - log10(value.magnitude).rounded(.down))
        return scale.isFinite && scale > 0 ? (value * scale).rounded() / scale : value
    }

    /// The chance of a difference at least as large where the true one is no larger than `margin`:
    /// both tails of Student's t, measured from the margin instead of from nothing.
    private static func chance(
        of difference: Double, _ error: StandardError, beyond margin: Double
    ) -> Double {
        let size = difference.magnitude
        if error.size == 0 { return size > margin ? 0 : 1 }
        return min(
            1,
            Statistics.tail((size - margin) / error.size, degrees: error.degrees)
                + Statistics.tail((size + margin) / error.size, degrees: error.degrees))
    }

    /// Decides all at once: half of the chance of a false verdict goes to the main figures, so that
    /// many steps do not drown what a comparison is about, half to all others.
    private static func decide(
        _ rows: inout [FigureDifference], _ settings: Comparison.Settings
    ) {
        let judged = rows.indices.filter { rows[$0].chance != nil }
        let main = Double(judged.count { rows[$0].isMain })
        let others = Double(judged.count) - main
        let adjusted = Statistics.adjusted(
            judged.map { index in
                (rows[index].chance ?? 1, 1 / (rows[index].isMain ? main : others))
            })
        for (index, chance) in zip(judged, adjusted) {
            rows[index].chance = rows[index].chance.map(rounded)
            rows[index].adjustedChance = rounded(chance)
            rows[index].verdict =
                chance <= 1 - settings.confidence ? rows[index].direction : .noEvidence
        }
        markBiased(&rows)
    }

    /// Latencies are those of exchanges that succeeded: where their shares differ beyond chance,
    /// they are of different exchanges. Those of the whole run hold those of every step.
    private static func markBiased(_ rows: inout [FigureDifference]) {
        let failing = rows.filter(\.showsFailures).map(\.step)
        for index in rows.indices where rows[index].metric.isLatency && rows[index].chance != nil {
            let isWhole = rows[index].step == nil
            if isWhole ? !failing.isEmpty : failing.contains(rows[index].step) {
                rows[index].verdict = .biased
            }
        }
    }

    private var direction: Comparison.Verdict {
        let isHigher = (difference ?? 0) > 0
        if metric.isLatency { return isHigher ? .slower : .faster }
        return isHigher ? .more : .fewer
    }
}

extension ComparedFigure {
    /// All figures of a step, or of the whole run, in the order of reports.
    static func all(ofStep step: String?) -> [ComparedFigure] {
        Metric.allCases.flatMap { metric -> [ComparedFigure] in
            if step != nil, !metric.isOfSteps { return [] }
            if !metric.isLatency { return [ComparedFigure(metric: metric, step: step)] }
            return Statistic.compared.map {
                ComparedFigure(metric: metric, statistic: $0, step: step)
            }
        }
    }
}

extension DistributionMetric {
    /// Those of exchanges that are compared.
    static let comparedOfExchanges = compared.filter { $0.row.place == .exchanges }
}

/// One of the figures that two sides are compared by: `response.p99`, `step.refund.errors`.
package struct ComparedFigure: Hashable, Sendable, CustomStringConvertible {
    /// What is measured; in files by its name.
    package enum Metric: Hashable, Sendable, Codable, CaseIterable, RawRepresentable {
        case distribution(DistributionMetric)
        case derived(DerivedMetric)

        /// In the order of reports.
        package static let allCases =
            DistributionMetric.compared.map(Metric.distribution)
            + DerivedMetric.compared.map(Metric.derived)

        package init?(rawValue name: String) {
            guard let known = Self.allCases.first(where: { $0.rawValue == name }) else {
                return nil
            }
            self = known
        }

        package var rawValue: String {
            switch self {
            case .distribution(let metric): metric.row.name
            case .derived(let metric): metric.row.name
            }
        }

        /// Whether it is a time, of which there are statistics.
        package var isLatency: Bool {
            if case .distribution = self { true } else { false }
        }

        /// Whether it is a number per second, of which more is better.
        package var isRate: Bool {
            if case .derived(let metric) = self { metric.row.isRate } else { false }
        }

        /// Whether it follows from a number of tokens.
        var isOfTokens: Bool {
            switch self {
            case .distribution(let metric): metric.row.isOfTokens
            case .derived(let metric): metric.row.isOfTokens
            }
        }

        /// Whether steps have it too.
        var isOfSteps: Bool {
            switch self {
            case .distribution(let metric): metric.row.place == .exchanges
            case .derived(let metric): metric.row.isOfSteps
            }
        }

        /// `ms`, `share` (0 … 1) or `1/s`.
        package var unit: MetricUnit {
            switch self {
            case .distribution(let metric): metric.row.unit
            case .derived(let metric): metric.row.unit
            }
        }
    }

    package var metric: Metric
    /// Nil for a share or a rate.
    package var statistic: Statistic?
    /// The step's name; nil for the whole run.
    package var step: String?

    /// The figure's name, as `--fail-on` takes it.
    package var description: String {
        let scope = step.map { "step.\($0)." } ?? ""
        return scope + metric.rawValue + (statistic.map { ".\($0.rawValue)" } ?? "")
    }

    /// Whether it is one of those that a comparison is about in the first place: the response times,
    /// failures and throughput of the whole run.
    var isMain: Bool {
        if step != nil { return false }
        return metric == .distribution(.response) || !metric.isLatency
    }
}

extension Statistic {
    /// Those of a latency that are compared, in the order of reports.
    static let compared: [Statistic] = [.mean, .p50, .p90, .p95, .p99, .p99_9]
}
