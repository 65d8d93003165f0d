import Base

/// Counts of a summary's record, by counter: in JSON each stands under its name, beside what else the
/// record holds.
package struct Counts: Equatable, Sendable, ExpressibleByDictionaryLiteral {
    private var values: [CounterMetric: Int] = [:]

    package init(dictionaryLiteral elements: (CounterMetric, Int)...) {
        values = Dictionary(elements) { $1 }
    }

    /// Nothing of each of these counters.
    init(noneOf counters: [CounterMetric]) { for counter in counters { values[counter] = 0 } }

    /// What a tally has of these counters, times to the microsecond.
    init(_ counters: [CounterMetric], of tally: Tally) {
        for counter in counters {
            let count = tally[counter]
            values[counter] =
                counter.row.unit == .seconds
                ? Int(Nanoseconds(Int64(count)).roundedMicroseconds * 1_000) : count
        }
    }

    /// Reads those of these counters that are there.
    init(_ counters: [CounterMetric], from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: NamedKey.self)
        for counter in counters {
            let path = counter.path
            var place = container
            if let object = path.object {
                guard container.contains(object) else { continue }
                place = try container.nestedContainer(keyedBy: NamedKey.self, forKey: object)
            }
            if counter.row.unit == .seconds {
                let seconds = try place.decodeIfPresent(Double.self, forKey: path.key)
                values[counter] = seconds.map { Int(Nanoseconds(seconds: $0).count) }
            } else {
                values[counter] = try place.decodeIfPresent(Int.self, forKey: path.key)
            }
        }
    }

    /// Writes each that is known.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: NamedKey.self)
        var objects: [String: KeyedEncodingContainer<NamedKey>] = [:]
        for (counter, count) in values {
            let path = counter.path
            var place = container
            if let object = path.object {
                place =
                    objects[object.stringValue]
                    ?? container.nestedContainer(keyedBy: NamedKey.self, forKey: object)
                objects[object.stringValue] = place
            }
            if counter.row.unit == .seconds {
                try place.encode(Nanoseconds(Int64(count)).roundedSeconds, forKey: path.key)
            } else {
                try place.encode(count, forKey: path.key)
            }
        }
    }

    /// How many there were; nil where nobody counted.
    package subscript(counter: CounterMetric) -> Int? {
        get { values[counter] }
        set { values[counter] = newValue }
    }
}

extension CounterMetric {
    /// Where it stands in JSON.
    fileprivate var path: (object: NamedKey?, key: NamedKey) {
        let parts = row.name.split(separator: ".").map { NamedKey(String($0)) }
        return (parts.count > 1 ? parts[0] : nil, parts[parts.count - 1])
    }
}

/// Record of a summary that has counts.
package protocol Counted {
    var counts: Counts { get set }
}

extension Counted {
    /// How many there were; 0 also where nobody counted.
    package subscript(counter: CounterMetric) -> Int {
        get { counts[counter] ?? 0 }
        set { counts[counter] = newValue }
    }

    /// A time that was counted, in seconds.
    package func seconds(_ counter: CounterMetric) -> Double {
        Nanoseconds(Int64(self[counter])).roundedSeconds
    }

    /// The two counts of a share; nil of anything else, and where nobody counted.
    package func share(_ metric: DerivedMetric) -> (part: Int, whole: Int)? {
        guard case .share(let part, let whole) = metric.row.formula, let part = counts[part] else {
            return nil
        }
        return (part, self[whole])
    }
}

/// What a run played to warm up.
package struct WarmupCounts: Codable, Equatable, Sendable {
    package var conversations = 0
    package var exchanges = 0
    package var failed = 0

    mutating func merge(_ other: WarmupCounts) {
        conversations &+= other.conversations
        exchanges &+= other.exchanges
        failed &+= other.failed
    }
}

/// The figures of the steady window.
package struct SteadySummary: Codable, Equatable, Sendable {
    package var totals = Totals()
    package var latency = Latencies()
    /// Start to end of the completed conversations.
    package var conversations = Distribution()

    enum CodingKeys: String, CodingKey {
        case totals
        case latency = "latency_ms"
        case conversations = "conversations_ms"
    }
}

/// What was counted over a run or a part of it.
package struct Totals: Counted, Equatable, Sendable {
    /// `goodTurns` is nil without limits, `interimResponses` in summaries of versions that did not
    /// count them.
    package var counts = Counts(noneOf: CounterMetric.allCases)
    package var tokenSource = TokenOrigin.none
    /// First intended send to last end; of merged runs the longest.
    package var durationSeconds = 0.0
    /// The time that the rates are of, with what they count.
    package var span = LoadSpan()

    /// A share or a rate; nil where there is nothing to take it of.
    package subscript(metric: DerivedMetric) -> Double? {
        if let counter = metric.row.counter { return span.rate(span[counter]) }
        guard let (part, whole) = share(metric), whole > 0 else { return nil }
        return (Double(part) / Double(whole) * 1e6).rounded() / 1e6
    }

    /// A rate; 0 where no time passed.
    package func rate(_ metric: DerivedMetric) -> Double { self[metric] ?? 0 }
}

extension Totals: Codable {
    private enum CodingKeys: String, CodingKey {
        case tokenSource = "token_source"
        case durationSeconds = "duration_s"
        case span
    }

    /// Derived metrics that stand beside the counts.
    static let derived = DerivedMetric.allCases.filter { $0.row.csv != nil }

    package func encode(to encoder: any Encoder) throws {
        try counts.encode(to: encoder)
        var names = encoder.container(keyedBy: NamedKey.self)
        for metric in Self.derived {
            try names.encodeIfPresent(self[metric], forKey: NamedKey(metric.row.name))
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tokenSource, forKey: .tokenSource)
        try container.encode(durationSeconds, forKey: .durationSeconds)
        try container.encode(span, forKey: .span)
    }

    /// Reads totals; what an older version did not write follows from the rest.
    package init(from decoder: any Decoder) throws {
        counts = try Counts(CounterMetric.allCases, from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        tokenSource = try container.decode(TokenOrigin.self, forKey: .tokenSource)
        durationSeconds = try container.decode(Double.self, forKey: .durationSeconds)
        if let known = try container.decodeIfPresent(LoadSpan.self, forKey: .span) {
            span = known
        } else {
            (span.end, span.length) = (durationSeconds, durationSeconds)
            span.counts = [.exchanges: self[.exchanges], .succeeded: self[.succeeded]]
        }
    }
}

/// One step's figures.
package struct StepSummary: Counted, Equatable, Sendable {
    package var counts = Counts(noneOf: CounterMetric.ofSteps)
    package var tokenSource = TokenOrigin.none
    package var latency = Latencies()

    /// A step of which nothing but these counts is known.
    package init(counts: Counts = Counts(noneOf: CounterMetric.ofSteps)) { self.counts = counts }

    /// The figures of a step's tally.
    init(_ tally: Tally) {
        counts = Counts(CounterMetric.ofSteps, of: tally)
        tokenSource = tally.tokenOrigin
        latency = Latencies(tally)
    }
}

extension StepSummary: Codable {
    private enum CodingKeys: String, CodingKey {
        case tokenSource = "token_source"
        case latency = "latency_ms"
    }

    package func encode(to encoder: any Encoder) throws {
        try counts.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tokenSource, forKey: .tokenSource)
        try container.encode(latency, forKey: .latency)
    }

    package init(from decoder: any Decoder) throws {
        counts = try Counts(CounterMetric.ofSteps, from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        tokenSource = try container.decode(TokenOrigin.self, forKey: .tokenSource)
        latency = try container.decode(Latencies.self, forKey: .latency)
    }
}

/// One credential, how it fared, and what the service said of its limits.
package struct CredentialResult: Counted, Equatable, Sendable {
    package var label: String
    package var counts = Counts(noneOf: CounterMetric.ofCredentials)
    /// Response times of the successes in milliseconds, to 1/32; nil with too few of them.
    package var p50: Double?
    package var p99: Double?
    /// Whether it was taken out of use: rejected with `--on-reject stop`, or a quota spent.
    package var isOut = false
    /// The latest `x-ratelimit-*` and like headers of the service, by their lower-case names.
    package var serviceLimits: [String: String] = [:]

    /// The result of the credential called `label`, everything else to be filled in.
    package init(label: String) { self.label = label }

    /// Adds what another shard knows beyond the exchanges.
    mutating func mergeState(_ other: CredentialResult) {
        isOut = isOut || other.isOut
        serviceLimits.merge(other.serviceLimits) { _, theirs in theirs }
    }

    /// Fills in what follows from its exchanges.
    mutating func complete(by tally: Tally) {
        counts = Counts(CounterMetric.ofCredentials, of: tally)
        let response = tally[.response]
        p50 = response.honestValue(at: .p50).map(Distribution.milliseconds)
        p99 = response.honestValue(at: .p99).map(Distribution.milliseconds)
    }
}

extension CredentialResult: Codable {
    private enum CodingKeys: String, CodingKey {
        case label
        case p50 = "p50_ms"
        case p99 = "p99_ms"
        case isOut = "out"
        case serviceLimits = "service_limits"
    }

    package func encode(to encoder: any Encoder) throws {
        try counts.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(label, forKey: .label)
        try container.encodeIfPresent(p50, forKey: .p50)
        try container.encodeIfPresent(p99, forKey: .p99)
        try container.encode(isOut, forKey: .isOut)
        try container.encode(serviceLimits, forKey: .serviceLimits)
    }

    package init(from decoder: any Decoder) throws {
        counts = try Counts(CounterMetric.ofCredentials, from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        label = try container.decode(String.self, forKey: .label)
        p50 = try container.decodeIfPresent(Double.self, forKey: .p50)
        p99 = try container.decodeIfPresent(Double.self, forKey: .p99)
        isOut = try container.decode(Bool.self, forKey: .isOut)
        serviceLimits = try container.decode([String: String].self, forKey: .serviceLimits)
    }
}
