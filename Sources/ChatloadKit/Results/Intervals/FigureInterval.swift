package import Base

/// Interval in which a figure's true value lies with 95 % confidence, as far as one run can tell.
package struct FigureInterval: Codable, Equatable, Sendable {
    /// How sure it is.
    static let confidence = 0.95

    /// In the figure's unit, as are its bounds.
    package var value: Double
    package var low: Double
    package var high: Double
    /// Whether the two halves of the run differ in it beyond chance, and by more than a hundredth: then
    /// the run was no state that goes on, and the interval says little of the next one.
    package var drifts: Bool

    /// The larger of the distances from the value to its bounds.
    package var halfWidth: Double { max(high - value, value - low) }

    /// The same as a share of the value; nil of 0.
    package var relative: Double? { value > 0 ? halfWidth / value : nil }

    /// Half its width as a share of the value, for people; a ~ behind it where it drifts.
    package var text: String {
        guard let relative else { return "" }
        let percent = relative * 100
        let digits = Figures.decimal(percent, places: percent < 9.95 ? 1 : 0)
        return "\(percent < 0.05 ? "<0.1" : digits)%" + (drifts ? "~" : "")
    }

    enum CodingKeys: String, CodingKey {
        case value, low, high, drifts
    }
}

/// Precision goal: how well a run is to know a figure before it ends, such as `response.p99 ±5%` or
/// `step.say.reply.p95 ±20ms`.
package struct PrecisionGoal: RecordedAsText, Equatable, Sendable {
    /// How far the bounds of an interval may be from the value.
    enum Tolerance: Equatable, Sendable {
        /// As a share of it.
        case relative(Double)
        /// In its unit.
        case absolute(Double)
    }

    package let description: String
    /// The figure's name among the intervals.
    let figure: String
    let unit: MetricUnit
    let tolerance: Tolerance
    /// The step that it is of; nil where it is of the whole run.
    package let step: String?
    /// Whether there is no such figure without `--goodput`.
    package let needsGoodput: Bool

    private static let example =
        "write it like 'response.p99 ±5%', 'ttft.p50 ±20ms', 'errors ±0.5pp' or 'turns_per_s ±2%'"

    /// Reads `FIGURE ±TOLERANCE`; `+-` does for `±`.
    ///
    /// - Throws: what is wrong with it, with a suggestion.
    package init(parsing text: String) throws(Fault) {
        let parts = text.replacing("+-", with: "±").split(
            separator: "±", omittingEmptySubsequences: false
        ).map { String($0.filter { $0 != " " }) }
        guard parts.count == 2, !parts[0].isEmpty else {
            throw Fault("does not say how well a figure is to be known", hint: Self.example)
        }
        let (scope, subject) = try Threshold.figure(named: parts[0])
        guard let name = subject.nameOfInterval(in: scope) else {
            throw Fault(
                "is a figure without an interval",
                hint: "means, percentiles, rates and shares of turns and exchanges have one")
        }
        figure = scope.prefix + name
        unit = subject.unit
        step = if case .step(let name) = scope { name } else { nil }
        needsGoodput = subject == .derived(.goodput)
        tolerance = try Self.tolerance(parts[1], unit)
        description = parts[0] + " ±" + parts[1]
    }

    private static func tolerance(
        _ text: String, _ unit: MetricUnit
    ) throws(Fault) -> Tolerance {
        if text.hasSuffix("%"), let percent = Units.parseNumber(String(text.dropLast())) {
            if percent > 0, percent < 100 { return .relative(percent / 100) }
            throw Fault("has no usable tolerance", hint: "it is between 0 % and 100 %")
        }
        let number: Double? =
            switch unit {
            case .milliseconds: Units.parseDuration(text)?.milliseconds
            case .share:
                text.hasSuffix("pp")
                    ? Units.parseNumber(String(text.dropLast(2))).map { $0 / 100 } : nil
            default: Units.parseNumber(text)
            }
        if let number, number > 0 { return .absolute(number) }
        throw Fault("has no usable tolerance", hint: example)
    }

    /// How well the figures of a summary know it.
    func result(in summary: Summary, isRequired: Bool) -> PrecisionResult {
        var result = PrecisionResult(expression: description, unit: unit)
        result.isRequired = isRequired
        guard let interval = summary.intervals[figure] else { return result }
        (result.value, result.low, result.high) = (interval.value, interval.low, interval.high)
        result.drifts = interval.drifts
        let wanted =
            switch tolerance {
            case .relative(let share): share * interval.value
            case .absolute(let number): number
            }
        result.isKnown = interval.halfWidth <= wanted && !interval.drifts
        let seconds = summary.totals.span.length
        if !result.isKnown, !interval.drifts, wanted > 0 {
            // An interval is half as wide after four times as long.
            let ratio = interval.halfWidth / wanted
            result.remaining = (seconds * (ratio * ratio - 1)).rounded(.up)
        }
        return result
    }
}

/// Result of a precision goal: how well a run knows a figure.
package struct PrecisionResult: Codable, Equatable, Sendable {
    /// The goal as it was written.
    package var expression: String
    /// The figure and the bounds of its interval; nil where the run cannot tell.
    @Nullable package var value: Double? = nil
    @Nullable package var low: Double? = nil
    @Nullable package var high: Double? = nil
    package var unit: MetricUnit
    /// Whether it is known as well as it should be, and does not drift.
    package var isKnown = false
    package var drifts = false
    /// About how much longer it would have taken, in seconds; nil where it is known, or where nothing
    /// tells.
    @Nullable package var remaining: Double? = nil
    /// Whether a run in which it is not known has failed.
    package var isRequired = false

    enum CodingKeys: String, CodingKey {
        case expression, value, low, high, unit
        case isKnown = "known"
        case drifts
        case remaining = "remaining_s"
        case isRequired = "required"
    }

    /// How well it is known, and what it would take, in a sentence without its full stop.
    package var sentence: String {
        guard let value, let low, let high else {
            return "\(expression): too little was measured to tell"
        }
        let width = max(high - value, value - low)
        let reached =
            value > 0
            ? "±\(Figures.decimal(width / value * 100, places: 1)) %"
            : "±\(Figures.decimal(width, places: 3))"
        if isKnown { return "\(expression): known to \(reached)" }
        if drifts { return "\(expression): not known, since it still drifts (\(reached))" }
        let rest = remaining.map {
            ", about \(Units.format(.seconds(Int64(min($0, 1e9))))) longer would do"
        }
        return "\(expression): known to \(reached) only" + (rest ?? "")
    }
}

extension Threshold.Subject {
    /// Its name among the intervals of a part of a run; nil where it has none.
    fileprivate func nameOfInterval(in scope: Threshold.Scope) -> String? {
        switch self {
        case .distribution(let metric, let statistic):
            let metrics = scope == .run ? RunIntervals.metrics : DistributionMetric.overTime
            guard metrics.contains(metric), RunIntervals.statistics.contains(statistic) else {
                return nil
            }
            return metric.row.name + "." + statistic.rawValue
        case .derived(let metric): return metric.hasInterval ? metric.row.name : nil
        case .counter, .errors: return nil
        }
    }
}

extension DerivedMetric {
    /// Whether there are intervals of it: there are none of shares of tokens, which come by the reply.
    var hasInterval: Bool {
        switch row.formula {
        case .share(let part, _): part.row.unit == .count
        case .rate: true
        case .ofReplies: false
        }
    }
}
