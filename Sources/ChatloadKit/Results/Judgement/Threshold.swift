package import Base
import Networking

/// A limit on one figure of a run: `response.p99<800ms`, `step.refund.errors<1%`,
/// `turns_per_s>200 over 10s`.
package struct Threshold: Sendable, Equatable, CustomStringConvertible {
    /// What is measured.
    enum Subject: Sendable, Equatable {
        /// A statistic of a distribution, in its unit.
        case distribution(DistributionMetric, Statistic)
        case derived(DerivedMetric)
        /// A number that only grows.
        case counter(CounterMetric)
        /// The share of exchanges that failed in this way.
        case errors(ErrorClass)
    }

    /// What it is measured of.
    enum Scope: Sendable, Equatable {
        case run, steady
        case step(String)

        /// What stands before a figure's name.
        var prefix: String {
            switch self {
            case .run: ""
            case .steady: "steady."
            case .step(let name): "step.\(name)."
            }
        }
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
    package var needsGoodput: Bool { subject == .derived(.goodput) }
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

    /// What stands between the dots of a figure's name. The last of the percentiles has a dot of its
    /// own when people write it.
    static func parts(of name: String) -> [String] {
        var name = name[...]
        var last: [String] = []
        for ending in [".p99.9", ".p999"] where name.hasSuffix(ending) {
            name = name.dropLast(ending.count)
            last = ["p99_9"]
            break
        }
        return name.split(separator: ".", omittingEmptySubsequences: false).map(String.init) + last
    }

    /// Percentiles up to the 99th, the highest first.
    private static let upToP99: [Statistic] = [.p99, .p95, .p90, .p75, .p50]

    /// The highest of them that so many samples say something about; nil where they say nothing at
    /// all.
    static func highest<Value>(_ value: (Statistic) -> Value?) -> (name: String, value: Value)? {
        for statistic in upToP99 {
            if let value = value(statistic) { return (statistic.rawValue, value) }
        }
        return nil
    }

    /// The samples without which it says nothing.
    var samplesNeeded: Int { percentile?.samplesNeeded ?? (self == .count ? 0 : 1) }

    /// Its value of a histogram; nil with too few samples, and of the count.
    func value(of histogram: Histogram) -> Nanoseconds? {
        switch self {
        case .count: nil
        case .mean: histogram.mean
        case .stddev: histogram.standardDeviation
        case .min: histogram.min
        case .max: histogram.max
        case .p50, .p75, .p90, .p95, .p99, .p99_9: percentile.flatMap(histogram.honestValue)
        }
    }

    /// Its value in milliseconds, the count as it is; nil with too few samples.
    func value(in figures: Distribution) -> Double? {
        figures.statistics.first { $0.name == rawValue }?.value ?? nil
    }
}

extension Threshold {
    private static let example =
        "write it like response.p99<800ms, step.say.errors<1% or turns_per_s>200 over 10s"
    /// Those that exist without windows.
    private static let ofGenerator = DistributionMetric.allCases.filter {
        $0.row.place == .generator
    }
    /// Those that exist for the whole run alone.
    private static let ofRun = DistributionMetric.allCases.filter {
        $0.row.place == .generator || $0.row.place == .replies
    }
    private static let limited = DistributionMetric.allCases.filter { $0.row.place != .verdict }
    private static let derived = DerivedMetric.allCases.filter(\.row.isLimited)
    private static let counters = CounterMetric.allCases.filter(\.row.isLimited)

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
        let (scope, named) = try Self.figure(named: name)
        var subject = named
        // Failures are no throughput: a service that fails faster does not keep a rate up.
        if subject == .derived(.exchangesPerSecond), text[sign] == ">" {
            subject = .derived(.successesPerSecond)
        }
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

    /// What a figure's name says.
    ///
    /// - Throws: that there is no such figure, with a suggestion.
    static func figure(named name: String) throws(Fault) -> (scope: Scope, subject: Subject) {
        let (scope, figure) = try Self.scope(of: name)
        return (scope, try Self.subject(of: figure, in: scope))
    }

    /// The unit of the figure with a name; nil where there is no such figure.
    static func unit(of figure: String) -> MetricUnit? {
        (try? self.figure(named: figure))?.subject.unit
    }

    /// Takes a step's name off the front. It may have dots in it, so the figure is told from the end.
    private static func scope(
        of name: String
    ) throws(Fault) -> (Scope, figure: String) {
        if name.hasPrefix("steady.") { return (.steady, String(name.dropFirst(7))) }
        guard name.hasPrefix("step.") else { return (.run, name) }
        let parts = Statistic.parts(of: name).dropFirst()
        for length in [2, 1] where parts.count > length {
            let figure = parts.suffix(length).joined(separator: ".")
            let step = parts.dropLast(length).joined(separator: ".")
            if !step.isEmpty, let subject = try? subject(of: figure, in: .run), subject.isOfSteps {
                return (.step(step), figure)
            }
        }
        if parts.suffix(2).first == "itl" { throw .intertokenLatency }
        let names = derived.filter(\.row.isOfSteps).map(\.row.name)
        throw Fault(
            "names no figure of a step",
            hint: "write step.NAME. and "
                + DistributionMetric.ofSteps.map(\.row.name).joined(separator: ", ")
                + " with a statistic, "
                + (names.prefix(1) + ["errors.CLASS"]).joined(separator: ", ") + " or "
                + names.dropFirst().joined(separator: ", ") + ": step.say.response.p95<2s")
    }

    private static func subject(
        of name: String, in scope: Scope
    ) throws(Fault) -> Subject {
        if let metric = derived.first(where: { $0.row.name == name }) { return .derived(metric) }
        if let metric = counters.first(where: { $0.row.name == name }) { return .counter(metric) }
        let parts = Statistic.parts(of: name)
        if parts[0] == "itl" { throw .intertokenLatency }
        if parts.count == 2, parts[0] == "errors", scope != .steady {
            return .errors(try errorClass(parts[1]))
        }
        let metrics = scope == .run ? limited : limited.filter { !ofRun.contains($0) }
        guard parts.count == 2, let metric = metrics.first(where: { $0.row.name == parts[0] })
        else {
            throw Fault(
                "names no figure",
                hint: "the figures are "
                    + metrics.map(\.row.name).joined(separator: ", ") + " with a statistic, "
                    + (derived.map(\.row.name) + counters.map(\.row.name)).joined(separator: ", ")
                    + "; \(example)")
        }
        guard let statistic = Statistic(rawValue: parts[1]) else {
            throw Fault(
                "names no statistic",
                hint: "the statistics are "
                    + Statistic.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return .distribution(metric, statistic)
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
            switch subject.unit {
            case .milliseconds:
                (Units.parseDuration(text)?.milliseconds, "a duration, such as 800ms")
            case .share: (share(text), "a share, such as 1% or 0.01")
            case .perSecond: (Units.parseRate(text), "a rate, such as 200 or 300/m")
            case .count, .seconds, .bytes, .tokens:
                (Units.parseNumber(text), "a number, such as 1000")
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
        let whole =
            switch subject {
            case .distribution(let metric, _) where ofGenerator.contains(metric): metric.row.name
            case .counter(let metric): metric.row.name
            default: nil as String?
            }
        if let whole {
            throw Fault(
                "has a window, and \(whole) is known for the run as a whole only",
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
        if subject.unit == .share, !bound.isUpper, !bound.includesLimit, bound.limit == 1 {
            throw Fault(
                "can never be kept", hint: "nothing is above 100%; write >=100%")
        }
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
        case .distribution(let metric, _): metric.row.place == .exchanges
        case .derived(let metric): metric.row.isOfSteps
        case .counter: false
        case .errors: true
        }
    }

    /// The unit of its figure.
    var unit: MetricUnit {
        switch self {
        case .distribution(_, .count): .count
        case .distribution(let metric, _): metric.row.unit
        case .derived(let metric): metric.row.unit
        case .counter(let metric): metric.row.unit
        case .errors: .share
        }
    }
}

extension Threshold {
    /// How a run did, by the figures of its summary; not for a threshold with a window.
    func result(in summary: Summary) -> SLOResult {
        var result = SLOResult(expression: description, unit: subject.unit)
        if summary.isPartial {
            result.remark =
                summary.run.logMode == .errors
                ? "the log has only the failures" : "a part of the log is missing"
        } else {
            measure(summary, into: &result)
        }
        result.passed = result.value.map(bound.keeps) ?? (result.samples == 0 && isOfTrouble)
        if result.passed { result.remark = "" }
        return result
    }

    /// Whether no sample at all is the best that can be.
    private var isOfTrouble: Bool {
        if case .distribution(let metric, _) = subject {
            metric.row.place == .exchanges && metric.row.population != .successes
        } else {
            false
        }
    }

    /// Fills in the figure, or why there is none, and what it was measured by.
    private func measure(_ summary: Summary, into result: inout SLOResult) {
        let totals = scope == .steady ? summary.steady.totals : summary.totals
        var counted: any Counted = totals
        if case .step(let name) = scope {
            guard let step = summary.steps[name] else {
                result.remark = "no exchange had the step \(name)"
                return
            }
            counted = step
        }
        switch subject {
        case .distribution(let metric, let statistic):
            let figures = distribution(metric, in: summary)
            result.samples = figures.count
            result.value = statistic.value(in: figures)
            if figures.count > 0, result.value == nil {
                result.remark =
                    "too few samples: \(figures.count) of \(statistic.samplesNeeded)"
            }
        case .errors(let error):
            result.measure(count(of: error, in: summary), of: counted[.exchanges])
        case .counter(let metric):
            result.samples = totals[.exchanges]
            result.value = result.samples == 0 ? nil : Double(totals[metric])
        case .derived(let metric):
            if metric.row.isRate {
                result.samples = totals[.exchanges]
                result.value = result.samples == 0 ? nil : totals[metric]
            } else if case .share(let part, let whole) = metric.row.formula {
                result.measure(counted[part], of: counted[whole])
            }
        }
        if result.samples == 0, result.value == nil { result.remark = "nothing was measured" }
    }

    private func distribution(_ metric: DistributionMetric, in summary: Summary) -> Distribution {
        switch scope {
        case .run: summary.figures(of: metric)
        case .steady:
            metric == .conversation
                ? summary.steady.conversations : summary.steady.latency[metric]
        case .step(let name): summary.steps[name]?.latency[metric] ?? Distribution()
        }
    }

    private func count(of error: ErrorClass, in summary: Summary) -> Int {
        summary.errors.reduce(0) { sum, row in
            let isOfStep = if case .step(let name) = scope { row.step == name } else { true }
            return row.errorClass == error.rawValue && isOfStep ? sum + row.count : sum
        }
    }
}

extension SLOResult {
    /// Takes the share of some in a whole, where there is any.
    fileprivate mutating func measure(_ part: Int, of whole: Int) {
        samples = whole
        value = whole == 0 ? nil : Double(part) / Double(whole)
    }
}
