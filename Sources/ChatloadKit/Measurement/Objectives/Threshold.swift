package import Networking

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
