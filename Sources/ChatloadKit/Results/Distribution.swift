package import Base

/// The figures of one histogram, in milliseconds to three decimals (the microsecond).
///
/// A percentile with too few samples behind it is nil, and null in JSON (`Percentile.samplesNeeded`).
package struct Distribution: Codable, Equatable, Sendable {
    package var count = 0
    @Nullable package var mean: Double? = nil
    @Nullable package var stddev: Double? = nil
    @Nullable package var min: Double? = nil
    @Nullable package var p50: Double? = nil
    @Nullable package var p75: Double? = nil
    @Nullable package var p90: Double? = nil
    @Nullable package var p95: Double? = nil
    @Nullable package var p99: Double? = nil
    @Nullable package var p99_9: Double? = nil
    @Nullable package var max: Double? = nil

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

    /// The highest percentile up to the 99th that is shown; nil where there is none.
    package var highest: (name: String, value: Nanoseconds)? {
        Statistic.highest { $0.value(in: self) }.map { ($0, Nanoseconds(seconds: $1 / 1_000)) }
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

/// Latencies of a group of exchanges: the distributions that steps have, in JSON by their names.
package struct Latencies: Codable, Equatable, Sendable {
    private var figures: [DistributionMetric: Distribution] = [:]

    /// Those of nothing.
    package init() { for metric in DistributionMetric.ofSteps { figures[metric] = Distribution() } }

    /// Those of a tally.
    init(_ tally: Tally) {
        for metric in DistributionMetric.ofSteps { figures[metric] = Distribution(tally[metric]) }
    }

    /// The figures of a distribution.
    package subscript(metric: DistributionMetric) -> Distribution {
        get { figures[metric] ?? Distribution() }
        set { figures[metric] = newValue }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: NamedKey.self)
        for (metric, figures) in figures {
            try container.encode(figures, forKey: NamedKey(metric.row.name))
        }
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: NamedKey.self)
        for metric in DistributionMetric.ofSteps {
            let known = try container.decodeIfPresent(
                Distribution.self, forKey: NamedKey(metric.row.name))
            figures[metric] = known ?? Distribution()
        }
    }
}
