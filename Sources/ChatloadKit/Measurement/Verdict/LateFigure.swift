import Networking

/// Figure of the response time that holds some of the generator's own lateness, beside what it
/// would be if all requests had left in time.
///
/// Samples that were late are taken for what they would have been, and not left out: of a few
/// hundred samples any dozen that is left out moves percentiles by chance.
package struct LateFigure: Codable, Equatable, Sendable {
    /// Of which exchanges the figure is: `run`, `steady`, or `step`.
    package enum Scope: String, Codable, Sendable {
        case run, steady, step
    }

    package var scope: Scope
    /// The step's name; nil but of a step's figure.
    package var step: String?
    /// As in `Distribution.statistics`.
    package var statistic: String
    /// The figure, in milliseconds.
    package var value: Double
    /// The figure without that lateness, in milliseconds.
    package var without: Double
    /// The late samples in its scope.
    package var samples: Int
    /// Whether their lateness changes it by more than a millisecond and by more than a twentieth.
    package var isMaterial: Bool

    enum CodingKeys: String, CodingKey {
        case scope, step, statistic, value, without, samples
        case isMaterial = "material"
    }

    /// The most that are kept of one run.
    static let most = 100

    /// The figures of one scope that would be others if all requests had left in time.
    static func figures(
        of tally: borrowing StepTally, _ scope: Scope, step: String? = nil
    ) -> [LateFigure] {
        if tally.late.count == 0 { return [] }
        let all = tally.response
        let samples = tally.late.count
        var inTime = all.since(tally.late)
        inTime.merge(tally.lateInTime)
        return Statistic.judged.compactMap { statistic in
            guard let value = statistic.value(all), let without = statistic.value(inTime) else {
                return nil
            }
            let change = max(value - without, without - value)
            // Less than a hundredth is less than three digits show.
            if change.count <= value.count / 100 { return nil }
            return LateFigure(
                scope: scope, step: step, statistic: statistic.name,
                value: Distribution.milliseconds(value),
                without: Distribution.milliseconds(without), samples: samples,
                isMaterial: change > Exchange.tolerance(of: value))
        }
    }

    /// What it is a figure of: `response of the step say`.
    var subject: String {
        switch scope {
        case .run: "response"
        case .steady: "response in the steady window"
        case .step: "response of the step \(step ?? "")"
        }
    }

    /// A figure that is shown and judged.
    private struct Statistic: Sendable {
        var name: String
        /// The figure as it is shown.
        var value: @Sendable (Histogram) -> Nanoseconds?

        /// The lowest percentile first: the more a run's figures stand on it, the worse it is when
        /// it is the generator's.
        static let judged: [Statistic] =
            [
                ("p50", .p50), ("p75", .p75), ("p90", .p90), ("p95", .p95), ("p99", .p99),
                ("p99_9", .p99_9),
            ].map { (name: String, percentile: Percentile) in
                Statistic(name: name, value: { $0.honestValue(at: percentile) })
            } + [
                Statistic(name: "max", value: { $0.max }),
                Statistic(name: "mean", value: { $0.mean }),
            ]
    }
}

extension [LateFigure] {
    /// Of all these as many as are kept, those that make the run suspect before the others.
    var kept: [LateFigure] {
        if count <= LateFigure.most { return self }
        return Array((filter(\.isMaterial) + filter { !$0.isMaterial }).prefix(LateFigure.most))
    }
}
