package import Base
import Networking

/// What a run is to keep: its thresholds, and the limits that make a turn a good one; and how well it
/// is to know what before it ends.
package struct Objectives: Codable, Sendable, Equatable {
    package var thresholds: [Threshold]
    /// nil without `--goodput`.
    package var goodput: GoodputLimits?
    @Default package var precision: [PrecisionGoal] = []
    /// Whether a run that ends before all that is known has failed.
    @Default package var requiresPrecision = false

    package init(thresholds: [Threshold] = [], goodput: GoodputLimits? = nil) {
        self.thresholds = thresholds
        self.goodput = goodput
    }

    enum CodingKeys: String, CodingKey {
        case thresholds, goodput
        case precision = "until"
        case requiresPrecision = "until_required"
    }

    /// These, and the other's where these say nothing.
    func or(_ other: Objectives) -> Objectives {
        var joined = Objectives(
            thresholds: thresholds.isEmpty ? other.thresholds : thresholds,
            goodput: goodput ?? other.goodput)
        let known = precision.isEmpty ? other : self
        (joined.precision, joined.requiresPrecision) = (known.precision, known.requiresPrecision)
        return joined
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

    /// How the exchange did by the limits of the goodput, if it ended a turn.
    func judge(_ exchange: borrowing Exchange) -> TurnJudgement {
        guard exchange.turnTime != nil, let goodput = objectives.goodput else {
            return TurnJudgement()
        }
        return goodput.judge(exchange)
    }

    mutating func add(_ exchange: borrowing Exchange, step: String, _ goodput: TurnJudgement) {
        for index in series.indices { series[index].add(exchange, step: step, goodput) }
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

/// Judgement on a turn by the limits of the goodput; neither of anything else.
struct TurnJudgement: Sendable, Equatable {
    /// It succeeded, and keeps every limit on a figure that it has.
    var isGood = false
    /// It succeeded, and has not every figure that is limited: of a reply that came whole nobody knows
    /// how long a token took.
    var isUnjudged = false
}

/// What a turn must keep to be a good one: `ttft:300,tpot:50,e2e:5000`, in milliseconds, or with a
/// unit.
package struct GoodputLimits: Sendable, Equatable, CustomStringConvertible {
    /// As it was written.
    package let description: String
    private let limits: [(metric: DistributionMetric, limit: Nanoseconds)]

    package static func == (left: GoodputLimits, right: GoodputLimits) -> Bool {
        left.description == right.description
    }

    /// Reads `MEASURE:LIMIT,…`; a bare number is in milliseconds.
    ///
    /// - Throws: what is wrong with it, with a suggestion.
    package init(parsing text: String) throws(Fault) {
        var limits: [(metric: DistributionMetric, limit: Nanoseconds)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            limits.append(try Self.limit(part.filter { $0 != " " }))
        }
        description = text.filter { $0 != " " }
        self.limits = limits
    }

    private static func limit(
        _ text: String
    ) throws(Fault) -> (metric: DistributionMetric, limit: Nanoseconds) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if parts[0] == "itl" { throw .intertokenLatency }
        let named = DistributionMetric.allCases.first { $0.row.goodput.contains(parts[0]) }
        guard let metric = named else {
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
        return (metric, limit)
    }

    /// How a turn did, by the exchange that ended it.
    func judge(_ exchange: borrowing Exchange) -> TurnJudgement {
        guard exchange.outcome == .ok else { return TurnJudgement() }
        var judgement = TurnJudgement(isGood: true)
        for (metric, limit) in limits {
            guard let time = Self.time(metric, of: exchange) else {
                judgement.isUnjudged = true
                continue
            }
            if time > limit { judgement.isGood = false }
        }
        return judgement
    }

    /// A turn's time; of several values of an exchange the greatest.
    private static func time(
        _ metric: DistributionMetric, of exchange: borrowing Exchange
    ) -> Nanoseconds? {
        switch metric {
        // From when the turn was due, which may be before the exchange that ended it was.
        case .response: return exchange.turnTime
        // Of a call its service time.
        case .reply: return exchange.reply ?? exchange.serviceTime
        // No gap is above the longest.
        case .icl: return exchange.pooledGaps?.longest
        default:
            var greatest: Int64?
            metric.forEachValue(of: exchange) { value, _ in
                greatest = max(greatest ?? value, value)
            }
            return greatest.map { Nanoseconds($0) }
        }
    }
}

extension Fault {
    /// What tools call inter-token latency is two things.
    static let intertokenLatency = Fault(
        "itl is not one figure",
        hint:
            "icl (vLLM's ITL: gaps between frames) or tpot (AIPerf's and guidellm's ITL: mean time"
            + " per token of a reply)?")
}
