extension DistributionMetric {
    /// Those of exchanges that are compared.
    static let comparedOfExchanges = compared.filter { $0.row.place == .exchanges }
}

/// One of the figures that two sides are compared by: `response.p99`, `step.refund.errors`.
package struct ComparedFigure: Hashable, Sendable, CustomStringConvertible {
    /// What is measured; in files by its name.
    package enum Metric: Hashable, Sendable, Codable, CaseIterable, RawRepresentable {
        case distribution(DistributionMetric)
        case derived(DerivedMetric)

        /// In the order of reports.
        package static let allCases =
            DistributionMetric.compared.map(Metric.distribution)
            + DerivedMetric.compared.map(Metric.derived)

        package init?(rawValue name: String) {
            guard let known = Self.allCases.first(where: { $0.rawValue == name }) else {
                return nil
            }
            self = known
        }

        package var rawValue: String {
            switch self {
            case .distribution(let metric): metric.row.name
            case .derived(let metric): metric.row.name
            }
        }

        /// Whether it is a time, of which there are statistics.
        package var isLatency: Bool {
            if case .distribution = self { true } else { false }
        }

        /// Whether it is a number per second, of which more is better.
        package var isRate: Bool {
            if case .derived(let metric) = self { metric.row.isRate } else { false }
        }

        /// Whether steps have it too.
        var isOfSteps: Bool {
            switch self {
            case .distribution(let metric): metric.row.place == .exchanges
            case .derived(let metric): metric.row.isOfSteps
            }
        }

        /// `ms`, `share` (0 … 1) or `1/s`.
        package var unit: MetricUnit {
            switch self {
            case .distribution(let metric): metric.row.unit
            case .derived(let metric): metric.row.unit
            }
        }
    }

    package var metric: Metric
    /// Nil for a share or a rate.
    package var statistic: Statistic?
    /// The step's name; nil for the whole run.
    package var step: String?

    /// The figure's name, as `--fail-on` takes it.
    package var description: String {
        let scope = step.map { "step.\($0)." } ?? ""
        return scope + metric.rawValue + (statistic.map { ".\($0.rawValue)" } ?? "")
    }

    /// Whether it is one of those that a comparison is about in the first place: the response times,
    /// failures and throughput of the whole run.
    var isMain: Bool {
        if step != nil { return false }
        return metric == .distribution(.response) || !metric.isLatency
    }
}

extension Statistic {
    /// Those of a latency that are compared, in the order of reports.
    static let compared: [Statistic] = [.mean, .p50, .p90, .p95, .p99, .p99_9]
}
