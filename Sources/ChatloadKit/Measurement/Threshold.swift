import Networking

/// A limit on one figure of a summary: `response.p99<800ms`, `errors<1%`, `exchanges_per_s>200`.
package struct Threshold: Sendable, Equatable, CustomStringConvertible {
    /// What is measured.
    enum Subject: Sendable, Equatable {
        /// A statistic of a latency, in milliseconds; of one step where its name is given.
        case latency(metric: String, statistic: String, step: String?)
        /// The share of exchanges that failed, or that the service rejected, from 0 to 1.
        case errors
        case rejected
        case exchangesPerSecond
    }

    /// How a summary did.
    package struct Outcome: Sendable, Equatable {
        /// The figure: milliseconds, a share, or a number per second; nil where too few samples
        /// stand behind it.
        package var value: Double?
        /// Whether the limit was kept; nil where there is no figure.
        package var isKept: Bool?
    }

    /// As it was written.
    package let description: String
    let subject: Subject
    private let isUpperLimit: Bool
    private let includesLimit: Bool
    private let limit: Double

    /// How the summary did.
    package func outcome(in summary: Summary) -> Outcome {
        let value = self.value(in: summary)
        return Outcome(value: value, isKept: value.map(keeps))
    }

    /// The figure's name: the expression up to its sign.
    package var figure: String { String(description.prefix { $0 != "<" && $0 != ">" }) }

    /// A value of the figure in its unit.
    package func text(of value: Double) -> String {
        switch subject {
        case .latency: Units.format(Nanoseconds(seconds: value / 1_000))
        case .errors, .rejected: "\((value * 10_000).rounded() / 100) %"
        case .exchangesPerSecond: Units.format(rate: value)
        }
    }

    private func keeps(_ value: Double) -> Bool {
        if includesLimit, value == limit { return true }
        return isUpperLimit ? value < limit : value > limit
    }

    private func value(in summary: Summary) -> Double? {
        let totals = summary.totals
        switch subject {
        case .latency(let metric, let statistic, let step):
            let latencies = step.map { summary.steps[$0]?.latency } ?? summary.latency
            let conversations = metric == "conversation" ? summary.conversations : nil
            let figures =
                conversations ?? latencies?.metrics.first { $0.name == metric }?.figures
            return figures?.statistics.first { $0.name == statistic }?.value ?? nil
        case .errors: return Self.share(totals.failed, of: totals.exchanges)
        case .rejected: return Self.share(totals.rejected, of: totals.exchanges)
        case .exchangesPerSecond: return totals.exchangesPerSecond
        }
    }

    private static func share(_ part: Int, of whole: Int) -> Double? {
        whole == 0 ? nil : Double(part) / Double(whole)
    }
}

/// Why an expression is no threshold.
package struct ThresholdComplaint: Error, Equatable, Sendable {
    package var message: String
    package var suggestion: String
}

extension Threshold {
    private static let metrics = ["response", "service", "reply", "ttfb", "conversation"]
    private static let example =
        "write it like response.p99<800ms, errors<1% or exchanges_per_s>200"

    /// Reads `[step.NAME.]METRIC.STATISTIC OP VALUE`, `errors OP SHARE`, `rejected OP SHARE` or
    /// `exchanges_per_s OP NUMBER`, OP being one of `<`, `<=`, `>`, `>=`.
    ///
    /// - Throws: what is wrong with the expression, with a suggestion.
    package init(parsing text: String) throws(ThresholdComplaint) {
        guard let sign = text.firstIndex(where: { $0 == "<" || $0 == ">" }) else {
            throw ThresholdComplaint(message: "has no < or >", suggestion: Self.example)
        }
        description = text.filter { $0 != " " }
        isUpperLimit = text[sign] == "<"
        var value = text[text.index(after: sign)...]
        includesLimit = value.first == "="
        if includesLimit { value = value.dropFirst() }
        let name = text[..<sign].filter { $0 != " " }
        subject = try Self.subject(of: name)
        limit = try Self.limit(value.filter { $0 != " " }, of: subject)
    }

    private static func subject(of name: String) throws(ThresholdComplaint) -> Subject {
        switch name {
        case "errors": return .errors
        case "rejected": return .rejected
        case "exchanges_per_s": return .exchangesPerSecond
        default: break
        }
        var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        var step: String?
        if parts.first == "step", parts.count >= 4 {
            // A step's own name may have dots in it: the last two parts are metric and statistic.
            step = parts[1..<(parts.count - 2)].joined(separator: ".")
            parts = Array(parts.suffix(2))
        }
        guard parts.count == 2, metrics.contains(parts[0]) else {
            throw ThresholdComplaint(
                message: "names no figure",
                suggestion: "the figures are \(metrics.joined(separator: ", ")) with a statistic,"
                    + " errors, rejected, exchanges_per_s; \(example)")
        }
        let statistic = parts[1] == "p99.9" || parts[1] == "p999" ? "p99_9" : parts[1]
        let known = Distribution().statistics.map(\.name).filter { $0 != "count" }
        guard known.contains(statistic) else {
            throw ThresholdComplaint(
                message: "names no statistic",
                suggestion: "the statistics are \(known.joined(separator: ", "))")
        }
        return .latency(metric: parts[0], statistic: statistic, step: step)
    }

    private static func limit(
        _ text: String, of subject: Subject
    ) throws(ThresholdComplaint) -> Double {
        let limit: Double? =
            switch subject {
            case .latency: Units.parseDuration(text)?.milliseconds
            case .errors, .rejected: share(text)
            case .exchangesPerSecond: Units.parseRate(text)
            }
        guard let limit, limit.isFinite else {
            throw ThresholdComplaint(message: "has no usable limit", suggestion: example)
        }
        return limit
    }

    private static func share(_ text: String) -> Double? {
        let isPercent = text.last == "%"
        guard let number = Double(isPercent ? String(text.dropLast()) : text), number >= 0 else {
            return nil
        }
        return isPercent ? number / 100 : number
    }
}
