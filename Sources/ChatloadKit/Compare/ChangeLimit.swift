package import Base
import Networking

/// A limit on how a figure may change: `response.p99:+5%`, `errors:+1pp`, `turns_per_s:-5%`,
/// `step.refund.response.p95:+100ms`.
package struct ChangeLimit: Sendable, Equatable, CustomStringConvertible {
    /// How much the figure may change.
    enum Amount: Sendable, Equatable {
        /// A share of BASE's value.
        case relative(Double)
        /// In the figure's own unit.
        case absolute(Double)
    }

    /// As it was written.
    package let description: String
    let figure: ComparedFigure
    /// Whether it is an increase that fails; otherwise a decrease.
    let isIncrease: Bool
    let amount: Amount

    /// What a difference comes to. It breaks the limit where it is larger than allowed, and its
    /// confidence interval leaves no doubt that it goes in that direction. Nil without an interval.
    func state(of row: FigureDifference) -> LimitOutcome.State? {
        guard let difference = row.difference, let low = row.low, let high = row.high else {
            return nil
        }
        let change: Double
        let allowed: Double
        switch amount {
        case .absolute(let most): (change, allowed) = (difference, most)
        case .relative(let most):
            // What grows from nothing grows beyond every share of it.
            (change, allowed) = (row.relative ?? (difference == 0 ? 0 : .infinity), most)
        }
        let isBeyond = isIncrease ? change > allowed : change < -allowed
        if !isBeyond { return .kept }
        return (isIncrease ? low > 0 : high < 0) ? .broken : .unclear
    }
}

extension ChangeLimit {
    private static let example =
        "write it like response.p99:+5%, errors:+1pp or step.refund.response.p95:+100ms"

    /// Reads `FIGURE:+AMOUNT` or `FIGURE:-AMOUNT`: an amount in percent of BASE's value, a duration
    /// for latencies, percentage points (`pp`) for shares, a number per second for throughput.
    ///
    /// - Throws: what is wrong with the expression, with a suggestion.
    package init(parsing text: String) throws(Fault) {
        let compact = text.filter { $0 != " " }
        // A step's name may have colons in it.
        guard let colon = compact.lastIndex(of: ":") else {
            throw Fault("has no colon before the allowed change", hint: Self.example)
        }
        let change = compact[compact.index(after: colon)...]
        guard let sign = change.first, sign == "+" || sign == "-" else {
            throw Fault(
                "does not say which way",
                hint: "put + (an increase fails) or - (a decrease fails) before the amount; "
                    + Self.example)
        }
        description = compact
        isIncrease = sign == "+"
        var figure = try Self.figure(of: String(compact[..<colon]))
        // Failures are no throughput: a service that fails faster has not kept its rate.
        if figure.metric == .derived(.exchangesPerSecond), !isIncrease {
            figure.metric = .derived(.successesPerSecond)
        }
        self.figure = figure
        amount = try Self.amount(String(change.dropFirst()), of: figure.metric)
    }

    private static func figure(of name: String) throws(Fault) -> ComparedFigure {
        var parts = Statistic.parts(of: name)
        let statistic = parts.last.flatMap { Statistic(rawValue: $0) }
            .flatMap { Statistic.compared.contains($0) ? $0 : nil }
        if statistic != nil { parts.removeLast() }
        if parts.last == "itl" { throw .intertokenLatency }
        let metric = parts.last.flatMap { ComparedFigure.Metric(rawValue: $0) }
        let scope = parts.dropLast()
        guard let metric, scope.isEmpty || (scope.first == "step" && scope.count > 1) else {
            throw Fault(
                "names no figure",
                hint: "the figures are "
                    + ComparedFigure.Metric.allCases.map(\.rawValue).joined(separator: ", ")
                    + ", with step.NAME. before it for one step; \(example)")
        }
        if metric.isLatency == (statistic == nil) {
            throw Fault(
                metric.isLatency ? "names no statistic" : "needs no statistic",
                hint: "latencies have "
                    + Statistic.compared.map(\.rawValue).joined(separator: ", ")
                    + ", the others none")
        }
        let step = scope.isEmpty ? nil : scope.dropFirst().joined(separator: ".")
        if step != nil, !metric.isOfSteps {
            throw Fault(
                "names a figure that steps do not have",
                hint: "leave out step.NAME. before \(metric.rawValue)")
        }
        return ComparedFigure(metric: metric, statistic: statistic, step: step)
    }

    private static func amount(
        _ text: String, of metric: ComparedFigure.Metric
    ) throws(Fault) -> Amount {
        if text.hasSuffix("%"), let percent = Units.parseNumber(String(text.dropLast())) {
            return .relative(percent / 100)
        }
        let (absolute, units): (Double?, String) =
            switch metric.unit {
            case .share:
                (
                    text.hasSuffix("pp")
                        ? Units.parseNumber(String(text.dropLast(2))).map { $0 / 100 } : nil,
                    "percentage points such as 1pp"
                )
            case .perSecond: (Units.parseRate(text), "a number per second such as 10/s")
            default:
                (
                    text.last?.isLetter == true
                        ? Units.parseDuration(text)?.milliseconds : nil, "a duration such as 100ms"
                )
            }
        if let absolute { return .absolute(absolute) }
        throw Fault(
            "has no usable amount", hint: "the amount is a percentage such as 5%, or \(units)")
    }
}

/// A limit on a change and how the comparison did.
package struct LimitOutcome: Codable, Equatable, Sendable {
    /// How a limit can end.
    package enum State: String, Codable, Sendable {
        case kept
        case broken
        /// NEW shows nothing that could keep it: too few successes, or none that compare.
        case notKept = "not kept"
        /// The change is beyond it, but may be chance.
        case unclear
        /// BASE, and BASE alone, shows nothing to measure by.
        case notJudged = "not judged"

        /// Whether it fails a build. A gate is closed by what NEW does and by what it fails to
        /// show; never by BASE, nor by what may be chance.
        package var closes: Bool { self == .broken || self == .notKept }
    }

    package var expression: String
    /// The figure's name.
    package var figure: String
    package var state: State
    /// Why it is neither kept nor broken; nil where it is.
    package var reason: String?
}

extension LimitOutcome {
    /// A limit on a figure and both sides' values of it, which are not made of a step that only NEW
    /// has (`isNews`); `failures` is the row that says, with evidence, that the share of failures
    /// differs.
    init(
        _ limit: ChangeLimit, on figure: ComparedFigure, _ row: FigureDifference?, base: Estimate?,
        new: Estimate?, isNews: Bool, failures: FigureDifference?
    ) {
        let (state, reason) =
            (isNews ? (.notJudged, "BASE has no such figure") : Self.missing(base, new))
            ?? Self.judged(limit, row, failures: figure.metric.isLatency ? failures : nil)
        self.init(
            expression: limit.description, figure: figure.description, state: state,
            reason: reason)
    }

    private static func missing(_ base: Estimate?, _ new: Estimate?) -> (State, String?)? {
        if new?.value == nil, (new?.samples ?? 0) == 0 {
            return (.notKept, "NEW has no such figure")
        }
        if new?.value == nil || new?.error == nil { return (.notKept, few("NEW", new)) }
        if base?.value == nil, (base?.samples ?? 0) == 0 {
            return (.notJudged, "BASE has no such figure")
        }
        if base?.value == nil || base?.error == nil { return (.notJudged, few("BASE", base)) }
        return nil
    }

    private static func few(_ side: String, _ estimate: Estimate?) -> String {
        "\(side) has too few samples (\(estimate?.samples ?? 0)) to judge by"
    }

    private static func judged(
        _ limit: ChangeLimit, _ row: FigureDifference?, failures: FigureDifference?
    ) -> (State, String?) {
        guard let row, let state = limit.state(of: row) else {
            return (.notKept, "nothing is known of how it changed")
        }
        if state != .broken, failures?.verdict == .more {
            return (.notKept, "NEW fails more, and these are the latencies of what succeeded")
        }
        if state != .kept, failures?.verdict == .fewer {
            return (.notJudged, "BASE fails more, and its latencies are those of what succeeded")
        }
        return (state, state == .unclear ? "beyond it, but perhaps by chance" : nil)
    }
}
