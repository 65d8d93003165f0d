package import Base
import Networking

/// The figures of one histogram, in milliseconds to three decimals (the microsecond).
///
/// A percentile with too few samples behind it is nil, and null in JSON (`Percentile.samplesNeeded`).
package struct Distribution: Codable, Equatable, Sendable {
    package var count = 0
    package var mean: Double?
    package var stddev: Double?
    package var min: Double?
    package var p50: Double?
    package var p75: Double?
    package var p90: Double?
    package var p95: Double?
    package var p99: Double?
    package var p99_9: Double?
    package var max: Double?

    /// The figures of nothing.
    package init() {}

    /// The figures of `histogram`.
    package init(_ histogram: Histogram) {
        count = histogram.count
        mean = histogram.mean.map(Self.milliseconds)
        stddev = histogram.standardDeviation.map(Self.milliseconds)
        min = histogram.min.map(Self.milliseconds)
        p50 = histogram.honestValue(at: .p50).map(Self.milliseconds)
        p75 = histogram.honestValue(at: .p75).map(Self.milliseconds)
        p90 = histogram.honestValue(at: .p90).map(Self.milliseconds)
        p95 = histogram.honestValue(at: .p95).map(Self.milliseconds)
        p99 = histogram.honestValue(at: .p99).map(Self.milliseconds)
        p99_9 = histogram.honestValue(at: .p99_9).map(Self.milliseconds)
        max = histogram.max.map(Self.milliseconds)
    }

    /// A span in milliseconds, rounded to the microsecond.
    package static func milliseconds(_ span: Nanoseconds) -> Double {
        Double((span + Nanoseconds(500)).count / 1_000) / 1_000
    }

    /// Writes every figure, null where there is none.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(count, forKey: .count)
        try container.encode(mean, forKey: .mean)
        try container.encode(stddev, forKey: .stddev)
        try container.encode(min, forKey: .min)
        try container.encode(p50, forKey: .p50)
        try container.encode(p75, forKey: .p75)
        try container.encode(p90, forKey: .p90)
        try container.encode(p95, forKey: .p95)
        try container.encode(p99, forKey: .p99)
        try container.encode(p99_9, forKey: .p99_9)
        try container.encode(max, forKey: .max)
    }

    /// The highest percentile up to the 99th that is shown; nil where there is none.
    package var highest: (name: String, value: Nanoseconds)? {
        let shown = [("p99", p99), ("p95", p95), ("p90", p90), ("p75", p75), ("p50", p50)]
        for (name, value) in shown {
            if let value { return (name, Nanoseconds(seconds: value / 1_000)) }
        }
        return nil
    }

    /// The figures with their names, in the order of reports.
    package var statistics: [(name: String, value: Double?)] {
        [
            ("count", Double(count)), ("mean", mean), ("stddev", stddev), ("min", min),
            ("p50", p50), ("p75", p75), ("p90", p90), ("p95", p95), ("p99", p99),
            ("p99_9", p99_9), ("max", max),
        ]
    }
}

/// The latencies of a group of exchanges: those of the successes, and apart from them the response
/// times of the failures and the times held back of both.
package struct Latencies: Codable, Equatable, Sendable {
    /// Intended send → complete reply.
    package var response = Distribution()
    /// Actual send → complete reply.
    package var service = Distribution()
    /// Send of the say → reply in the user's hands.
    package var reply = Distribution()
    /// Actual send → first byte.
    package var ttfb = Distribution()
    /// How long quotas of ours held exchanges back, successes and failures, of those that they did.
    package var throttled = Distribution()
    /// Intended send → failure.
    package var failed = Distribution()

    /// The distributions with their names, in the order of reports.
    package var metrics: [(name: String, figures: Distribution)] {
        [
            ("response", response), ("service", service), ("reply", reply), ("ttfb", ttfb),
            ("throttled", throttled), ("failed", failed),
        ]
    }
}
