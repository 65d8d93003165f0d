package import Base
import Networking

/// A limit on one figure of a run: `response.p99<800ms`, `step.refund.errors<1%`,
/// `turns_per_s>200 over 10s`.
package struct Threshold: Sendable, Equatable, CustomStringConvertible {
    /// What is measured.
    enum Subject: Sendable, Equatable {
        /// A statistic of a latency, in milliseconds.
        case latency(metric: String, Statistic)
        /// A part of a whole, from 0 to 1.
        case share(Share)
        case rate(Rate)
    }

    /// What is counted by the second, within the span of load.
    enum Rate: String, CaseIterable, Sendable, Equatable {
        /// Turns that succeeded.
        case turns = "turns_per_s"
        /// Exchanges that succeeded.
        case successes = "successes_per_s"
        /// Exchanges, however they ended.
        case exchanges = "exchanges_per_s"
    }

    /// A part of a whole.
    enum Share: Sendable, Equatable {
        /// Exchanges that failed, of all.
        case errors
        /// Exchanges that failed in this way, of all.
        case error(ErrorClass)
        /// Exchanges that the service answered with 429 or 529, of all.
        case rejected
        /// Turns within the limits of `--goodput`, of all that ended.
        case goodput
        /// Conversations in which something failed, of all that ended.
        case conversationsFailed
    }

    /// What it is measured of.
    enum Scope: Sendable, Equatable {
        case run, steady
        case step(String)
    }

    /// As it was written, without the spaces that mean nothing.
    package let description: String
    let subject: Subject
    let scope: Scope
    let bound: Bound
    /// It must be kept in every window of this length; nil for the run as a whole.
    package let window: Nanoseconds?

    /// The figure's name: the expression up to its sign.
    package var figure: String {
        let sign = description.lastIndex { $0 == "<" || $0 == ">" }
        return String(description[..<(sign ?? description.endIndex)])
    }

    /// The step it is on; nil where it is on the whole run.
    package var step: String? {
        if case .step(let name) = scope { name } else { nil }
    }

    /// Whether it can only be judged with `--goodput`.
    package var needsGoodput: Bool { subject == .share(.goodput) }
}

/// Which values keep a limit.
struct Bound: Sendable, Equatable {
    var isUpper: Bool
    var includesLimit: Bool
    var limit: Double

    func keeps(_ value: Double) -> Bool {
        if value == limit { return includesLimit }
        return isUpper ? value < limit : value > limit
    }
}

/// A figure of a distribution.
package enum Statistic: String, CaseIterable, Sendable, Codable {
    case count, mean, stddev, min, p50, p75, p90, p95, p99
    case p99_9
    case max

    /// Which percentile it is, if it is one.
    var percentile: Percentile? {
        switch self {
        case .p50: .p50
        case .p75: .p75
        case .p90: .p90
        case .p95: .p95
        case .p99: .p99
        case .p99_9: .p99_9
        case .count, .mean, .stddev, .min, .max: nil
        }
    }

    /// The samples without which it says nothing.
    var samplesNeeded: Int { percentile?.samplesNeeded ?? (self == .count ? 0 : 1) }

    /// Its value in milliseconds, the count as it is; nil with too few samples.
    func value(in figures: Distribution) -> Double? {
        figures.statistics.first { $0.name == rawValue }?.value ?? nil
    }
}

extension Threshold {
    private static let example =
        "write it like response.p99<800ms, step.say.errors<1% or turns_per_s>200 over 10s"
    /// Latencies that exist for the whole run alone.
    private static let generatorMetrics = ["schedule_lag", "loop_lag", "read_late"]
    private static let stepMetrics = Latencies().metrics.map(\.name)

    /// Reads `FIGURE OP LIMIT[ over SPAN]`, OP being one of `<`, `<=`, `>`, `>=`, and FIGURE
    /// `METRIC.STATISTIC`, a share or a rate, with `step.NAME.` or `steady.` before it.
    ///
    /// - Throws: what is wrong with the expression, with a suggestion.
    package init(parsing text: String) throws(Fault) {
        guard let sign = text.lastIndex(where: { $0 == "<" || $0 == ">" }) else {
            throw Fault("has no < or >", hint: Self.example)
        }
        let name = Self.trimmed(text[..<sign])
        var rest = text[text.index(after: sign)...]
        let includesLimit = rest.first == "="
        if includesLimit { rest = rest.dropFirst() }
        let parts = rest.split(separator: " over ", maxSplits: 1, omittingEmptySubsequences: false)
        let limit = parts[0].filter { $0 != " " }
        let (scope, figure) = try Self.scope(of: name)
        var subject = try Self.subject(of: figure, in: scope)
        // Failures are no throughput: a service that fails faster does not keep a rate up.
        if subject == .rate(.exchanges), text[sign] == ">" { subject = .rate(.successes) }
        self.subject = subject
        self.scope = scope
        bound = Bound(
            isUpper: text[sign] == "<", includesLimit: includesLimit,
            limit: try Self.limit(limit, of: subject))
        window = try parts.count > 1 ? Self.window(parts[1], subject, scope) : nil
        let sentence = name + String(text[sign]) + (includesLimit ? "=" : "") + limit
        description = window.map { sentence + " over " + Units.exact($0) } ?? sentence
        try requireMeaning()
    }

    /// Takes a step's name off the front. It may have dots in it, so the figure is told from the end.
    private static func scope(
        of name: String
    ) throws(Fault) -> (Scope, figure: String) {
        if name.hasPrefix("steady.") { return (.steady, String(name.dropFirst(7))) }
        guard name.hasPrefix("step.") else { return (.run, name) }
        let parts = tame(name).dropFirst(5)
            .split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        for length in [2, 1] where parts.count > length {
            let figure = parts.suffix(length).joined(separator: ".")
            let step = parts.dropLast(length).joined(separator: ".")
            if !step.isEmpty, let subject = try? subject(of: figure, in: .run), subject.isOfSteps {
                return (.step(step), figure)
            }
        }
        throw Fault(
            "names no figure of a step",
            hint: "write step.NAME. and \(stepMetrics.joined(separator: ", ")) with a"
                + " statistic, errors, errors.CLASS or rejected: step.say.response.p95<2s")
    }

    private static func subject(
        of name: String, in scope: Scope
    ) throws(Fault) -> Subject {
        switch name {
        case "errors": return .share(.errors)
        case "rejected": return .share(.rejected)
        case "goodput": return .share(.goodput)
        case "conversations_failed": return .share(.conversationsFailed)
        default: if let rate = Rate(rawValue: name) { return .rate(rate) }
        }
        let parts = tame(name).split(separator: ".", omittingEmptySubsequences: false)
            .map(String.init)
        if parts.count == 2, parts[0] == "errors", scope != .steady {
            return .share(.error(try errorClass(parts[1])))
        }
        let metrics =
            stepMetrics + ["conversation"] + (scope == .run ? generatorMetrics : [])
        guard parts.count == 2, metrics.contains(parts[0]) else {
            throw Fault(
                "names no figure",
                hint: "the figures are \(metrics.joined(separator: ", ")) with a statistic,"
                    + " errors, rejected, goodput, conversations_failed, "
                    + Rate.allCases.map(\.rawValue).joined(separator: ", ") + ";"
                    + " \(example)")
        }
        guard let statistic = Statistic(rawValue: parts[1]) else {
            throw Fault(
                "names no statistic",
                hint: "the statistics are "
                    + Statistic.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return .latency(metric: parts[0], statistic)
    }

    private static func errorClass(_ name: String) throws(Fault) -> ErrorClass {
        if let known = ErrorClass(rawValue: name) { return known }
        throw Fault(
            "names no error class",
            hint: "the classes are "
                + ErrorClass.allCases.map(\.rawValue).joined(separator: ", "))
    }

    private static func limit(
        _ text: String, of subject: Subject
    ) throws(Fault) -> Double {
        let (limit, advice): (Double?, String) =
            switch subject {
            case .latency(_, .count): (Units.parseNumber(text), "a number, such as 1000")
            case .latency: (Units.parseDuration(text)?.milliseconds, "a duration, such as 800ms")
            case .share: (share(text), "a share, such as 1% or 0.01")
            case .rate: (Units.parseRate(text), "a rate, such as 200 or 300/m")
            }
        if let limit { return limit }
        throw Fault("has no usable limit", hint: "the limit is \(advice)")
    }

    private static func share(_ text: String) -> Double? {
        let isPercent = text.last == "%"
        guard let number = Units.parseNumber(isPercent ? String(text.dropLast()) : text) else {
            return nil
        }
        let share = isPercent ? number / 100 : number
        return share <= 1 ? share : nil
    }

    private static func window(
        _ text: Substring, _ subject: Subject, _ scope: Scope
    ) throws(Fault) -> Nanoseconds {
        guard let span = Units.parseDuration(trimmed(text)), span >= .seconds(1) else {
            throw Fault(
                "has no usable window",
                hint: "a window lasts a second or longer:"
                    + " response.p99<800ms over 30s")
        }
        if case .latency(let metric, _) = subject, generatorMetrics.contains(metric) {
            throw Fault(
                "has a window, and \(metric) is known for the run as a whole only",
                hint: "leave out the window")
        }
        if scope == .steady {
            throw Fault("has two windows", hint: "leave out either steady. or over")
        }
        return span
    }

    /// Refuses what nothing can keep.
    private func requireMeaning() throws(Fault) {
        if bound.isUpper, !bound.includesLimit, bound.limit == 0 {
            throw Fault("can never be kept", hint: "nothing is below 0; write <=0")
        }
        if case .share = subject, !bound.isUpper, !bound.includesLimit, bound.limit == 1 {
            throw Fault("can never be kept", hint: "nothing is above 100%; write >=100%")
        }
    }

    /// The last of the percentiles has a dot of its own when people write it.
    private static func tame(_ name: String) -> String {
        for ending in [".p99.9", ".p999"] where name.hasSuffix(ending) {
            return name.dropLast(ending.count) + ".p99_9"
        }
        return name
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0 == " " }
        let end = start.lastIndex { $0 != " " }
        return end.map { String(start[...$0]) } ?? ""
    }
}

extension Threshold.Subject {
    /// Whether each step has it.
    fileprivate var isOfSteps: Bool {
        switch self {
        case .latency(let metric, _): Latencies().metrics.contains { $0.name == metric }
        case .share(.errors), .share(.error), .share(.rejected): true
        case .share, .rate: false
        }
    }
}

/// A figure with what stands behind it.
struct Figure: Sendable, Equatable {
    /// Milliseconds, a share, a number per second or a count; nil where there is none.
    var value: Double?
    /// What it was measured by.
    var samples: Int
    /// Why there is none; empty where there is one.
    var remark = ""
}

extension Threshold {
    /// How a run did, by the figures of its summary; not for a threshold with a window.
    func result(in summary: Summary) -> SLOResult {
        let figure = summary.isPartial ? Self.partial(summary) : self.figure(in: summary)
        var result = SLOResult(expression: description, unit: unit)
        result.value = figure.value
        result.samples = figure.samples
        result.passed = figure.value.map(bound.keeps) ?? (figure.samples == 0 && isOfTrouble)
        result.remark = result.passed ? "" : figure.remark
        return result
    }

    /// The unit of its figure.
    var unit: SLOResult.Unit {
        switch subject {
        case .latency(_, .count): .count
        case .latency: .milliseconds
        case .share: .share
        case .rate: .perSecond
        }
    }

    private static func partial(_ summary: Summary) -> Figure {
        let isOfFailures = summary.run.logMode == .errors
        return Figure(
            samples: 0,
            remark: isOfFailures ? "the log has only the failures" : "a part of the log is missing")
    }

    /// Whether no sample at all is the best that can be.
    private var isOfTrouble: Bool {
        if case .latency(let metric, _) = subject {
            metric == "failed" || metric == "throttled"
        } else {
            false
        }
    }

    private func figure(in summary: Summary) -> Figure {
        switch subject {
        case .latency(let metric, let statistic):
            guard let figures = distribution(metric, in: summary) else { return missingStep }
            return Self.figure(statistic, of: figures)
        case .share(let share):
            guard let (part, whole) = counts(of: share, in: summary) else { return missingStep }
            if whole == 0 { return Figure(samples: 0, remark: "nothing was measured") }
            return Figure(value: Double(part) / Double(whole), samples: whole)
        case .rate(let rate):
            let totals = scope == .steady ? summary.steady.totals : summary.totals
            if totals.exchanges == 0 { return Figure(samples: 0, remark: "nothing was measured") }
            return Figure(value: rate.value(in: totals), samples: totals.exchanges)
        }
    }

    private var missingStep: Figure {
        guard case .step(let name) = scope else { return Figure(samples: 0) }
        return Figure(samples: 0, remark: "no exchange had the step \(name)")
    }

    private static func figure(_ statistic: Statistic, of figures: Distribution) -> Figure {
        var figure = Figure(value: statistic.value(in: figures), samples: figures.count)
        if figure.value == nil {
            let needed = statistic.samplesNeeded
            figure.remark =
                figures.count == 0
                ? "nothing was measured" : "too few samples: \(figures.count) of \(needed)"
        }
        return figure
    }

    private func distribution(_ metric: String, in summary: Summary) -> Distribution? {
        let latency: Latencies?
        switch scope {
        case .run:
            switch metric {
            case "conversation": return summary.conversations
            case "schedule_lag": return summary.verdict.scheduleLag
            case "loop_lag": return summary.verdict.loopLag
            case "read_late": return summary.verdict.readLate
            default: latency = summary.latency
            }
        case .steady:
            if metric == "conversation" { return summary.steady.conversations }
            latency = summary.steady.latency
        case .step(let name): latency = summary.steps[name]?.latency
        }
        return latency?.metrics.first { $0.name == metric }?.figures
    }

    private func counts(of share: Share, in summary: Summary) -> (part: Int, whole: Int)? {
        let step: StepSummary?
        if case .step(let name) = scope {
            guard let found = summary.steps[name] else { return nil }
            step = found
        } else {
            step = nil
        }
        let totals = scope == .steady ? summary.steady.totals : summary.totals
        let exchanges = step?.exchanges ?? totals.exchanges
        switch share {
        case .errors: return (step?.failed ?? totals.failed, exchanges)
        case .rejected: return (step?.rejected ?? totals.rejected, exchanges)
        case .error(let error): return (count(of: error, in: summary), exchanges)
        case .goodput: return (totals.goodTurns ?? 0, totals.turns)
        case .conversationsFailed:
            return (totals.conversations.failed, totals.conversations.started)
        }
    }

    private func count(of error: ErrorClass, in summary: Summary) -> Int {
        summary.errors.reduce(0) { sum, row in
            let isOfStep = if case .step(let name) = scope { row.step == name } else { true }
            return row.errorClass == error.rawValue && isOfStep ? sum + row.count : sum
        }
    }
}

extension Threshold.Rate {
    /// What a run, or a part of it, came to.
    func value(in totals: Totals) -> Double {
        switch self {
        case .turns: totals.turnsPerSecond
        case .successes: totals.successesPerSecond
        case .exchanges: totals.exchangesPerSecond
        }
    }

    /// Whether an exchange is counted.
    func counts(_ exchange: borrowing Exchange) -> Bool {
        switch self {
        case .turns: exchange.outcome == .ok && exchange.turnTime != nil
        case .successes: exchange.outcome == .ok
        case .exchanges: true
        }
    }
}
