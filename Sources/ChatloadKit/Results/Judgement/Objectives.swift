package import Base
import Networking

/// What a run is to keep: its thresholds, and the limits that make a turn a good one.
package struct Objectives: Codable, Sendable, Equatable {
    package var thresholds: [Threshold]
    /// nil without `--goodput`.
    package var goodput: GoodputLimits?

    package init(thresholds: [Threshold] = [], goodput: GoodputLimits? = nil) {
        self.thresholds = thresholds
        self.goodput = goodput
    }

    /// These, and the other's where these say nothing.
    func or(_ other: Objectives) -> Objectives {
        Objectives(
            thresholds: thresholds.isEmpty ? other.thresholds : thresholds,
            goodput: goodput ?? other.goodput)
    }

    /// Refuses thresholds on a goodput that has no limits.
    ///
    /// - Throws: the threshold, and what is missing.
    package func requireGoodput() throws(Fault) {
        guard goodput == nil, let threshold = thresholds.first(where: \.needsGoodput) else {
            return
        }
        throw Fault(
            "\(threshold) needs --goodput",
            hint: "say when a turn is good: --goodput response:800ms,ttfb:200")
    }
}

/// A value whose record is the text that it is read from.
package protocol RecordedAsText: Codable, CustomStringConvertible {
    /// - Throws: what is wrong with the text.
    init(parsing text: String) throws(Fault)
}

extension RecordedAsText {
    package init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Threshold: RecordedAsText {}
extension GoodputLimits: RecordedAsText {}

/// What is counted for the objectives alone, beside every run's figures.
struct ObjectiveTally: Sendable {
    let objectives: Objectives
    /// For the thresholds that have windows.
    private(set) var series: [WindowSeries]

    init(_ objectives: Objectives) {
        self.objectives = objectives
        series = objectives.thresholds.compactMap(WindowSeries.init)
    }

    /// Whether exchanges and conversations must be counted.
    var isNeeded: Bool { !series.isEmpty }

    /// Whether the exchange ended a turn within the limits of the goodput.
    func isGood(_ exchange: borrowing Exchange) -> Bool {
        objectives.goodput?.isKept(by: exchange) ?? false
    }

    mutating func add(_ exchange: borrowing Exchange, step: String, isGood: Bool) {
        for index in series.indices { series[index].add(exchange, step: step, isGood: isGood) }
    }

    mutating func add(_ conversation: borrowing ConversationRecord) {
        for index in series.indices { series[index].add(conversation) }
    }

    /// Counts everything `other` has counted for the same objectives.
    mutating func merge(_ other: ObjectiveTally) {
        for (index, theirs) in zip(series.indices, other.series) { series[index].merge(theirs) }
    }

    /// The first threshold that must be given up at a time counted from the run's start; `summary`
    /// has the figures of the run so far.
    func brokenThreshold(in summary: Summary, at time: Nanoseconds) -> SLOResult? {
        var windowed = series[...]
        for threshold in objectives.thresholds {
            let result: SLOResult
            if threshold.window != nil, let series = windowed.popFirst() {
                result = series.result(until: time)
            } else {
                result = threshold.result(in: summary)
                if result.samples < threshold.earlySamples { continue }
            }
            if result.value != nil, !result.passed { return result }
        }
        return nil
    }

    /// How every threshold did, in their order; `summary` has the figures of the whole run.
    func results(in summary: Summary) -> [SLOResult] {
        var windowed = series[...]
        return objectives.thresholds.map { threshold in
            guard !summary.isPartial, threshold.window != nil, let series = windowed.popFirst()
            else { return threshold.result(in: summary) }
            return series.result()
        }
    }
}

/// One threshold and how the run did.
package struct SLOResult: Codable, Equatable, Sendable {
    /// How the windows of a threshold that has them did.
    package struct Windows: Codable, Equatable, Sendable {
        /// The length of each, in seconds.
        package var seconds: Double
        /// Those with enough samples.
        package var judged = 0
        package var failed = 0
        /// When the worst one began, in seconds since the run's start.
        package var worstStart: Double

        enum CodingKeys: String, CodingKey {
            case seconds = "length_s"
            case judged, failed
            case worstStart = "worst_start_s"
        }
    }

    /// The threshold as it was written.
    package var expression: String
    /// The figure, of windows that of the worst; nil where too little was measured.
    @Nullable package var value: Double? = nil
    package var unit: MetricUnit
    /// What the figure was measured by.
    package var samples = 0
    /// Whether the limit was kept; where there is no figure, it was not seen to be.
    package var passed = false
    /// Why there is no figure, in words; otherwise empty.
    package var remark = ""
    /// Whether it was not put to the test: the figures are not those of the service under the load
    /// that was asked for. Then it is neither kept nor failed.
    @Default package var isVoid = false
    @Nullable package var windows: Windows? = nil

    /// The result of the threshold `expression`, everything else to be filled in.
    init(expression: String, unit: MetricUnit) {
        self.expression = expression
        self.unit = unit
    }

    enum CodingKeys: String, CodingKey {
        case expression, value, unit, samples, passed, remark
        case isVoid = "void"
        case windows
    }

    /// The same, void for this reason.
    func voided(because reason: String) -> SLOResult {
        var result = self
        result.isVoid = true
        result.passed = false
        result.remark = "void: \(reason)"
        return result
    }

    /// Whether the limit was kept; nil where there is no figure to tell by, or none that counts.
    package var isKept: Bool? { isVoid || value == nil && !passed ? nil : passed }

    /// The figure for people, `–` where there is none.
    package var valueText: String {
        guard let value else { return "–" }
        switch unit {
        case .milliseconds: return Units.format(Nanoseconds(seconds: value / 1_000))
        case .perSecond: return Figures.rate(value)
        case .count, .seconds, .bytes, .tokens:
            return Figures.count(Int(exactly: value.rounded()) ?? 0)
        case .share: return Self.percent(value * 100)
        }
    }

    /// A part that is there never reads as nothing, and one that is missing never as everything.
    private static func percent(_ value: Double) -> String {
        if value > 0, value < 0.01 { return "<0.01 %" }
        if value < 100, value > 99.99 { return ">99.99 %" }
        return "\((value * 100).rounded() / 100) %"
    }
}

/// What a turn must keep to be a good one: `ttfb:200,e2e:5000`, in milliseconds, or with a unit.
package struct GoodputLimits: Sendable, Equatable, CustomStringConvertible {
    /// A time of a turn.
    enum Measure: Sendable, Equatable {
        case metric(DistributionMetric)
        /// Send → first token; of a reply that comes in one piece the whole of it.
        case ttft
        /// (end − first token) / (tokens − 1); a reply that comes in one piece has none and keeps
        /// every limit.
        case tpot

        /// By the words for them. Those of streams are none that replies in one piece have; runs
        /// were recorded with them.
        init?(_ word: String) {
            switch word {
            case "ttft": self = .ttft
            case "tpot": self = .tpot
            default:
                let metric = DistributionMetric.allCases.first { $0.row.goodput.contains(word) }
                guard let metric else { return nil }
                self = .metric(metric)
            }
        }
    }

    /// As it was written.
    package let description: String
    private let limits: [(measure: Measure, limit: Nanoseconds)]

    package static func == (left: GoodputLimits, right: GoodputLimits) -> Bool {
        left.description == right.description
    }

    /// Reads `MEASURE:LIMIT,…`; a bare number is in milliseconds.
    ///
    /// - Throws: what is wrong with it, with a suggestion.
    package init(parsing text: String) throws(Fault) {
        var limits: [(measure: Measure, limit: Nanoseconds)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            limits.append(try Self.limit(part.filter { $0 != " " }))
        }
        description = text.filter { $0 != " " }
        self.limits = limits
    }

    private static func limit(
        _ text: String
    ) throws(Fault) -> (measure: Measure, limit: Nanoseconds) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let measure = Measure(parts[0]) else {
            let words = DistributionMetric.allCases.map(\.row.goodput)
            let known = words.compactMap(\.first) + words.flatMap { $0.dropFirst() }
            throw Fault(
                "limits no time of a turn",
                hint: "the times are \(known.joined(separator: ", ")):"
                    + " --goodput ttfb:200,e2e:5000")
        }
        let number = parts.count == 2 ? parts[1] : ""
        let milliseconds = Units.parseNumber(number).map { Nanoseconds(seconds: $0 / 1_000) }
        guard let limit = milliseconds ?? Units.parseDuration(number), limit > .zero else {
            throw Fault(
                "has no usable limit for \(parts[0])",
                hint: "write milliseconds or a duration: \(parts[0]):800 or \(parts[0]):5s")
        }
        return (measure, limit)
    }

    /// Refuses limits that no reply could break, because no service streams.
    ///
    /// - Throws: which limit, and what to write instead.
    package func requireMeasured() throws(Fault) {
        guard let one = limits.first(where: { $0.measure == .ttft || $0.measure == .tpot }) else {
            return
        }
        throw Fault(
            "limits \(one.measure), a time of streamed tokens, and no service"
                + " streams yet",
            hint: "replies come in one piece: limit reply (e2e) or ttfb")
    }

    /// Whether a turn was good, by the exchange that ended it.
    func isKept(by exchange: borrowing Exchange) -> Bool {
        guard exchange.outcome == .ok else { return false }
        for (measure, limit) in limits {
            if let time = Self.time(measure, of: exchange), time > limit { return false }
        }
        return true
    }

    /// A turn's time; of several values of an exchange the greatest.
    private static func time(_ measure: Measure, of exchange: borrowing Exchange) -> Nanoseconds? {
        switch measure {
        // From when the turn was due, which may be before the exchange that ended it was.
        case .metric(.response): return exchange.turnTime
        // Of a call its service time.
        case .metric(.reply): return exchange.reply ?? exchange.serviceTime
        case .metric(let metric):
            var greatest: Int64?
            metric.forEachValue(of: exchange) { greatest = max(greatest ?? $0, $0) }
            return greatest.map { Nanoseconds($0) }
        case .ttft:
            guard let sent = exchange.sent, let first = exchange.firstToken else {
                return exchange.reply ?? exchange.serviceTime
            }
            return first - sent
        case .tpot:
            guard let first = exchange.firstToken, exchange.replyTokens > 1 else { return nil }
            return Nanoseconds((exchange.end - first).count / Int64(exchange.replyTokens - 1))
        }
    }
}
