import Networking

/// Why an expression is no threshold.
package struct ThresholdComplaint: Error, Equatable, Sendable {
    package var message: String
    package var suggestion: String
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
    package init(parsing text: String) throws(ThresholdComplaint) {
        guard let sign = text.lastIndex(where: { $0 == "<" || $0 == ">" }) else {
            throw ThresholdComplaint(message: "has no < or >", suggestion: Self.example)
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
    ) throws(ThresholdComplaint) -> (Scope, figure: String) {
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
        throw ThresholdComplaint(
            message: "names no figure of a step",
            suggestion: "write step.NAME. and \(stepMetrics.joined(separator: ", ")) with a"
                + " statistic, errors, errors.CLASS or rejected: step.say.response.p95<2s")
    }

    private static func subject(
        of name: String, in scope: Scope
    ) throws(ThresholdComplaint) -> Subject {
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
            throw ThresholdComplaint(
                message: "names no figure",
                suggestion: "the figures are \(metrics.joined(separator: ", ")) with a statistic,"
                    + " errors, rejected, goodput, conversations_failed, "
                    + Rate.allCases.map(\.rawValue).joined(separator: ", ") + ";"
                    + " \(example)")
        }
        guard let statistic = Statistic(rawValue: parts[1]) else {
            throw ThresholdComplaint(
                message: "names no statistic",
                suggestion: "the statistics are "
                    + Statistic.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return .latency(metric: parts[0], statistic)
    }

    private static func errorClass(_ name: String) throws(ThresholdComplaint) -> ErrorClass {
        if let known = ErrorClass(rawValue: name) { return known }
        throw ThresholdComplaint(
            message: "names no error class",
            suggestion: "the classes are "
                + ErrorClass.allCases.map(\.rawValue).joined(separator: ", "))
    }

    private static func limit(
        _ text: String, of subject: Subject
    ) throws(ThresholdComplaint) -> Double {
        let (limit, advice): (Double?, String) =
            switch subject {
            case .latency(_, .count): (Units.parseNumber(text), "a number, such as 1000")
            case .latency: (Units.parseDuration(text)?.milliseconds, "a duration, such as 800ms")
            case .share: (share(text), "a share, such as 1% or 0.01")
            case .rate: (Units.parseRate(text), "a rate, such as 200 or 300/m")
            }
        if let limit { return limit }
        throw ThresholdComplaint(
            message: "has no usable limit", suggestion: "the limit is \(advice)")
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
    ) throws(ThresholdComplaint) -> Nanoseconds {
        guard let span = Units.parseDuration(trimmed(text)), span >= .seconds(1) else {
            throw ThresholdComplaint(
                message: "has no usable window",
                suggestion: "a window lasts a second or longer:"
                    + " response.p99<800ms over 30s")
        }
        if case .latency(let metric, _) = subject, generatorMetrics.contains(metric) {
            throw ThresholdComplaint(
                message: "has a window, and \(metric) is known for the run as a whole only",
                suggestion: "leave out the window")
        }
        if scope == .steady {
            throw ThresholdComplaint(
                message: "has two windows", suggestion: "leave out either steady. or over")
        }
        return span
    }

    /// Refuses what nothing can keep.
    private func requireMeaning() throws(ThresholdComplaint) {
        if bound.isUpper, !bound.includesLimit, bound.limit == 0 {
            throw ThresholdComplaint(
                message: "can never be kept", suggestion: "nothing is below 0; write <=0")
        }
        if case .share = subject, !bound.isUpper, !bound.includesLimit, bound.limit == 1 {
            throw ThresholdComplaint(
                message: "can never be kept", suggestion: "nothing is above 100%; write >=100%")
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
