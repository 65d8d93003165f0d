/// Random distribution of spans or counts, as an option spells it.
package enum RandomDistribution<Value: DistributedValue>: Sendable, Equatable,
    CustomStringConvertible
{
    /// Always the same.
    case fixed(Value)
    /// Every value from the first to the second equally likely.
    case uniform(Value, Value)
    /// Log-normal with this median and this standard deviation of the logarithm, which is what
    /// response times of services, and lengths of replies, usually look like.
    case logNormal(median: Value, sigma: Double)
    /// Exponential with this mean.
    case exponential(mean: Value)

    /// The distribution written as `50ms`, `fixed:50ms`, `uniform:10ms,50ms`, `lognormal:80ms,0.5`
    /// (median, sigma) or `exponential:50ms` (mean), counts without a unit; nil when the text is none
    /// of these or a value makes no sense.
    package init?(parsing text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let values = (parts.last ?? "").split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = Value(parsing: String(values.first ?? "")) else {
            return nil
        }
        switch (parts.count == 1 ? "fixed" : String(parts[0]), values.count) {
        case ("fixed", 1): self = .fixed(first)
        case ("exponential", 1): self = .exponential(mean: first)
        case ("uniform", 2):
            guard let last = Value(parsing: String(values[1])), last >= first else { return nil }
            self = .uniform(first, last)
        case ("lognormal", 2):
            guard let sigma = Double(String(values[1])), (0...10).contains(sigma) else {
                return nil
            }
            self = .logNormal(median: first, sigma: sigma)
        default: return nil
        }
    }

    /// A draw, from zero to the largest value there is.
    package func draw(using random: inout SeededRandom) -> Value {
        let drawn =
            switch self {
            case .fixed(let value): value
            case .uniform(let first, let last): first.moved(by: random.unit(), towards: last)
            case .logNormal(let median, let sigma):
                Value(number: random.logNormal(median: median.number, sigma: sigma))
            case .exponential(let mean):
                Value(number: random.exponential(mean: mean.number))
            }
        return min(max(drawn, Value(number: 0)), Value.largestDraw)
    }

    /// The distribution as `init(parsing:)` reads it.
    package var description: String {
        switch self {
        case .fixed(let value): "fixed:\(value.text)"
        case .uniform(let first, let last): "uniform:\(first.text),\(last.text)"
        case .logNormal(let median, let sigma): "lognormal:\(median.text),\(sigma)"
        case .exponential(let mean): "exponential:\(mean.text)"
        }
    }
}

/// Value that a distribution can have: a span of time or a count.
package protocol DistributedValue: Sendable, Comparable {
    /// No draw is larger, however long the distribution's tail is.
    static var largestDraw: Self { get }
    /// The value that is spelled so, zero or more.
    init?(parsing text: String)
    /// The nearest value to a number: seconds for a span.
    init(number: Double)
    /// The value as a number: seconds for a span.
    var number: Double { get }
    /// The value as it is spelled.
    var text: String { get }
    /// The value so far (0…1, the end excluded) on the way to another, both ends being values.
    func moved(by share: Double, towards last: Self) -> Self
}

/// How long something takes.
package typealias LatencyModel = RandomDistribution<Nanoseconds>

/// How many there are.
package typealias CountModel = RandomDistribution<Int>

extension Nanoseconds: DistributedValue {
    package static var largestDraw: Nanoseconds { .seconds(3600) }
    package init?(parsing text: String) {
        guard let span = Units.parseDuration(text), span >= .zero else { return nil }
        self = span
    }
    package init(number: Double) { self.init(seconds: number) }
    package var number: Double { seconds }
    package var text: String { Units.exact(self) }
    package func moved(by share: Double, towards last: Nanoseconds) -> Nanoseconds {
        self + Nanoseconds(seconds: (last - self).seconds * share)
    }
}

extension Int: DistributedValue {
    package static var largestDraw: Int { 10_000_000 }
    package init?(parsing text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy(\.isDigit), let count = Int(text),
            count <= Self.largestDraw
        else { return nil }
        self = count
    }
    package init(number: Double) {
        let largest = Double(Self.largestDraw)
        self = number < largest ? Int(number < 0 ? 0 : number.rounded()) : Self.largestDraw
    }
    package var number: Double { Double(self) }
    package var text: String { "\(self)" }
    package func moved(by share: Double, towards last: Int) -> Int {
        let count = last - self
        let steps = Int((Double(count) + 1) * share)
        return self + (steps < count ? steps : count)
    }
}
