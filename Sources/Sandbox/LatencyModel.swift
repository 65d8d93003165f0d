package import Base
import Networking

/// How long an imitated bot takes to answer.
package enum LatencyModel: Sendable, Equatable, CustomStringConvertible {
    /// Always the same.
    case fixed(Nanoseconds)
    /// Every value from the first to the second equally likely.
    case uniform(Nanoseconds, Nanoseconds)
    /// Log-normal with this median and this standard deviation of the logarithm, which is what
    /// response times of services usually look like.
    case logNormal(median: Nanoseconds, sigma: Double)
    /// Exponential with this mean.
    case exponential(mean: Nanoseconds)

    /// No draw takes longer, however long the distribution's tail is.
    package static let longest = Nanoseconds.seconds(3600)

    /// The model written as `0`, `50ms`, `fixed:50ms`, `uniform:10ms,50ms`, `lognormal:80ms,0.5`
    /// (median, sigma) or `exponential:50ms` (mean); nil when the text is none of these or a value
    /// makes no sense.
    package init?(parsing text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let values = (parts.last ?? "").split(separator: ",", omittingEmptySubsequences: false)
        let first = Units.parseDuration(String(values.first ?? ""))
        guard parts.count <= 2, let first, first >= .zero else { return nil }
        switch (parts.count == 1 ? "fixed" : String(parts[0]), values.count) {
        case ("fixed", 1): self = .fixed(first)
        case ("exponential", 1): self = .exponential(mean: first)
        case ("uniform", 2):
            guard let last = Units.parseDuration(String(values[1])), last >= first else {
                return nil
            }
            self = .uniform(first, last)
        case ("lognormal", 2):
            guard let sigma = Double(String(values[1])), (0...10).contains(sigma) else {
                return nil
            }
            self = .logNormal(median: first, sigma: sigma)
        default: return nil
        }
    }

    /// A draw, from zero to `longest`.
    package func draw(using random: inout SeededRandom) -> Nanoseconds {
        let drawn =
            switch self {
            case .fixed(let span): span
            case .uniform(let first, let last):
                first + Nanoseconds(seconds: (last - first).seconds * random.unit())
            case .logNormal(let median, let sigma):
                Nanoseconds(seconds: random.logNormal(median: median.seconds, sigma: sigma))
            case .exponential(let mean):
                Nanoseconds(seconds: random.exponential(mean: mean.seconds))
            }
        return min(max(drawn, .zero), Self.longest)
    }

    /// The model as `init(parsing:)` reads it.
    package var description: String {
        switch self {
        case .fixed(let span): "fixed:\(Units.exact(span))"
        case .uniform(let first, let last): "uniform:\(Units.exact(first)),\(Units.exact(last))"
        case .logNormal(let median, let sigma): "lognormal:\(Units.exact(median)),\(sigma)"
        case .exponential(let mean): "exponential:\(Units.exact(mean))"
        }
    }
}
