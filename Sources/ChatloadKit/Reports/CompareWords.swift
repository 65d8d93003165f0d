import Base

/// How the rows of a comparison are told to people.
extension FigureDifference {
    /// Whether it is bad news.
    var isWorse: Bool {
        switch verdict {
        case .slower: true
        case .more: !metric.isRate
        case .fewer: metric.isRate
        default: false
        }
    }

    /// The figure without its step: `response p99.9`, `exchanges/s`.
    var name: String {
        let metric =
            metric.isRate
            ? metric.rawValue.replacing("_per_s", with: "/s")
            : String(metric.rawValue.map { $0 == "_" ? " " : $0 })
        guard let statistic else { return metric }
        return "\(metric) \(statistic == .p99_9 ? "p99.9" : statistic.rawValue)"
    }

    /// The figure with its step: `step refund, response p95`.
    var fullName: String { step.map { "step \(TextLayout.visible($0)), \(name)" } ?? name }

    /// A value in the figure's unit.
    func text(of value: Double?) -> String {
        guard let value else { return Figures.missing }
        if metric.isLatency { return Figures.duration(value) }
        if metric.isRate { return CompareWords.rate(value) }
        return "\(Figures.decimal(value * 100, places: 2)) %"
    }

    /// The difference in percent of BASE, of shares in percentage points.
    var change: String {
        hasPercent
            ? CompareWords.percent(relative) + " %" : CompareWords.signed(difference, unit.rawValue)
    }

    /// The bounds of the difference, as `change` has it; a dash where there are none.
    var interval: String {
        guard let low, let high else { return Figures.missing }
        if hasPercent {
            return "\(CompareWords.percent(relativeLow)) … \(CompareWords.percent(relativeHigh)) %"
        }
        if unit == .share {
            return CompareWords.points(low) + " … " + CompareWords.points(high) + " pp"
        }
        return CompareWords.signed(low, unit.rawValue) + " … "
            + CompareWords.signed(high, unit.rawValue)
    }

    /// Both in one: `+9.2 % (+6.0 … +12.4 %)`.
    var changeWithInterval: String { low == nil ? change : "\(change) (\(interval))" }

    /// Whether percent of BASE say more than the figure's own unit: not of shares, and not of what
    /// has grown a hundredfold.
    private var hasPercent: Bool {
        guard unit != .share, let relative else { return false }
        return [relative, relativeLow ?? 0, relativeHigh ?? 0].allSatisfy { $0.magnitude < 100 }
    }
}

/// Signed numbers, and the sentences of a comparison.
enum CompareWords {
    /// A share in percent, without the sign of percent: one decimal, none from 100 on.
    static func percent(_ share: Double?) -> String {
        guard let share else { return Figures.missing }
        return sign(of: share) + places(share.magnitude * 100)
    }

    /// A difference in its own unit.
    static func signed(_ difference: Double?, _ unit: String) -> String {
        guard let difference else { return Figures.missing }
        let size = difference.magnitude
        switch unit {
        case "ms": return sign(of: difference) + Figures.duration(size)
        case "share": return points(difference) + " pp"
        default: return sign(of: difference) + rate(size) + "/s"
        }
    }

    /// A number per second, with as many decimals as there is room for.
    static func rate(_ value: Double) -> String {
        Figures.decimal(value, places: value < 9_999.5 ? 2 : 0)
    }

    /// A difference of shares in percentage points, without their sign.
    static func points(_ difference: Double) -> String {
        sign(of: difference) + Figures.decimal(difference.magnitude * 100, places: 2)
    }

    /// The comparison's result in a sentence or two.
    static func sentence(of comparison: Comparison) -> String {
        let rows = comparison.decisive.compactMap { name in
            comparison.figures.first { $0.figure.description == name }
        }
        let slower = rows.filter { $0.verdict == .slower }
        let faster = rows.filter { $0.verdict == .faster }
        let rates = rows.filter { !$0.metric.isLatency }
        let also = rates.isEmpty ? "" : "; " + list(rates)
        switch comparison.verdict {
        case .failsMore, .failsLess:
            let failures = rows.filter(\.showsFailures)
            let others = rates.filter { !$0.showsFailures }
            return (comparison.verdict == .failsMore ? "NEW fails more: " : "NEW fails less: ")
                + list(failures + slower + faster + others) + "; " + bias
        case .slower: return "NEW is slower: \(list(slower))\(also)"
        case .faster: return "NEW is faster: \(list(faster))\(also)"
        case .mixed:
            return "NEW is slower and faster: slower in \(list(slower)); faster in"
                + " \(list(faster))\(also)"
        case .changed, .more, .fewer: return "Latencies do not differ, but NEW has \(list(rates))"
        case .tooFew: return "Too few samples to tell whether NEW differs from BASE"
        case .noEvidence, .biased:
            return "No evidence that NEW differs from BASE" + precision(comparison)
        }
    }

    /// Why no latency is called slower or faster.
    private static let bias =
        "latencies are those of the exchanges that succeeded, and cannot be compared where their"
        + " shares differ"

    /// What was allowed, what happened, and what that comes to.
    static func text(of limit: LimitOutcome, in comparison: Comparison) -> String {
        let row = comparison.figures.first { $0.figure.description == limit.figure }
        let change = row.flatMap { row in
            row.difference == nil ? nil : "\(limit.expression) is \(row.changeWithInterval)"
        }
        return (change ?? limit.expression) + (limit.reason.map { ": \($0)" } ?? "")
    }

    /// How the figures of a table are to be read.
    static func explanation(of comparison: Comparison) -> String {
        let settings = comparison.settings
        let confidence = Figures.round(settings.confidence * 100)
        let judged = comparison.figures.count { $0.adjustedChance != nil }
        if judged == 0 { return "There is too little on one side to judge any figure." }
        let late = ["p50", "p99"].compactMap { name in
            settings.lateness[name].flatMap { $0 > 0 ? "\(name) \(Figures.duration($0))" : nil }
        }
        let lateness =
            late.isEmpty
            ? ""
            : ", or of latencies what the generator itself was late by"
                + " (\(late.joined(separator: ", "))),"
        return
            "Changes and their \(confidence) % intervals are in percent of BASE, those of shares in"
            + " percentage points. An interval holds for its figure alone, the words beside it for"
            + " all \(judged) figures together. Differences up to"
            + " \(Figures.round(settings.margin * 100)) %\(lateness) count as none."
    }

    /// How well a difference would have been seen.
    private static func precision(_ comparison: Comparison) -> String {
        let wanted: [Statistic] = [.p50, .p95, .p99]
        let rows = comparison.figures.filter { row in
            row.metric == .distribution(.response) && row.step == nil && row.low != nil
                && row.statistic.map(wanted.contains) == true
        }
        return rows.isEmpty ? "" : ": " + rows.map(told).joined(separator: ", ")
    }

    private static func list(_ rows: [FigureDifference]) -> String {
        rows.map { row in
            let word = row.metric.isLatency ? "" : "\(row.verdict.rawValue) "
            return word + told(row)
        }.joined(separator: ", ")
    }

    private static func told(_ row: FigureDifference) -> String {
        "\(row.fullName) \(row.changeWithInterval)"
    }

    private static func sign(of value: Double) -> String { value < 0 ? "\u{2212}" : "+" }

    private static func places(_ value: Double) -> String {
        Figures.decimal(value, places: value < 99.95 ? 1 : 0)
    }
}

extension Comparison {
    /// The main figures, and of the others those with evidence that do not go the way of their
    /// step's response times.
    var shortFigures: [FigureDifference] {
        var told: [ComparedFigure: Verdict] = [:]
        for row in figures where row.metric == .distribution(.response) {
            told[row.figure] = row.verdict
        }
        return figures.filter { row in
            if row.isMain || !row.hasEvidence { return row.isMain }
            var response = row.figure
            response.metric = .distribution(.response)
            return row.metric == .distribution(.response) || told[response] != row.verdict
        }
    }
}
