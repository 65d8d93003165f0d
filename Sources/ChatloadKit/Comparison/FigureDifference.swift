/// Both sides' values of a figure, and how they differ.
package struct FigureDifference: Codable, Equatable, Sendable {
    package var metric: ComparedFigure.Metric
    /// Nil for the whole run.
    package var step: String?
    /// Nil for a share or a rate.
    package var statistic: Statistic?
    /// `ms`, `share` (0 … 1) or `1/s`, of the values, the difference and its bounds.
    package var unit: String
    package var base: Double?
    package var new: Double?
    package var baseSamples: Int
    package var newSamples: Int
    /// NEW minus BASE.
    package var difference: Double?
    /// The bounds of its confidence interval, each figure for itself.
    package var low: Double?
    package var high: Double?
    /// The difference in shares of BASE's value, and its bounds; nil where that is 0.
    package var relative: Double?
    package var relativeLow: Double?
    package var relativeHigh: Double?
    /// The chance of such a difference where there is none beyond the margin; adjusted, of one such
    /// among all figures.
    package var chance: Double?
    package var adjustedChance: Double?
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
        metric == .errors && (verdict == .more || verdict == .fewer)
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
    /// Writes every figure, null where there is none.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(metric, forKey: .metric)
        try container.encode(step, forKey: .step)
        try container.encode(statistic, forKey: .statistic)
        try container.encode(unit, forKey: .unit)
        try container.encode(base, forKey: .base)
        try container.encode(new, forKey: .new)
        try container.encode(baseSamples, forKey: .baseSamples)
        try container.encode(newSamples, forKey: .newSamples)
        try container.encode(difference, forKey: .difference)
        try container.encode(low, forKey: .low)
        try container.encode(high, forKey: .high)
        try container.encode(relative, forKey: .relative)
        try container.encode(relativeLow, forKey: .relativeLow)
        try container.encode(relativeHigh, forKey: .relativeHigh)
        try container.encode(chance, forKey: .chance)
        try container.encode(adjustedChance, forKey: .adjustedChance)
        try container.encode(verdict, forKey: .verdict)
    }
}
