import Base
import Networking

/// Sample of one side: what it has of one step, of all steps together, or of its conversations.
struct MetricSample: Sendable {
    /// Values beyond a percentile must be spread over so many blocks of time: if most of them
    /// come from a stall or two, another run's percentile can be anything.
    private static let leastSpread = 5.0

    let bootstrap: BlockBootstrap
    /// In the order in which the slices hold their latencies.
    let latencies: [Histogram]
    var counts: Counts = [:]

    private var exchanges: Int { counts[.exchanges] ?? 0 }

    /// A statistic of the latency with this number; nil where there is none at all.
    func estimate(_ statistic: Statistic, latency: Int) -> Estimate? {
        let histogram = latencies[latency]
        if histogram.count == 0 { return nil }
        guard let percentile = statistic.percentile else {
            return Estimate(
                value: histogram.mean.map(Distribution.milliseconds), samples: histogram.count,
                error: honest(histogram.count, errorOfMean(latency)))
        }
        let value = histogram.honestValue(at: percentile)
        return Estimate(
            value: value.map(Distribution.milliseconds), samples: histogram.count,
            error: value.flatMap { value in
                honest(histogram.count, error(of: percentile, at: value, latency: latency))
            })
    }

    /// The share of what `whole` counts that `part` does; nil where that is nothing.
    func share(_ part: CounterMetric, of whole: CounterMetric) -> Estimate? {
        guard let all = counts[whole], all > 0 else { return nil }
        let (count, total) = (Double(all), Double(counts[part] ?? 0))
        let error = bootstrap.standardError(
            of: bootstrap.slices.map { Double($0[part]) },
            to: bootstrap.slices.map { Double($0[whole]) })
        // Where nothing, or everything, failed the redraws all agree; chance does not.
        let smoothed = (total + 1) / (count + 2)
        let least = (smoothed * (1 - smoothed) / count).squareRoot()
        return Estimate(
            value: total / count, samples: all, error: honest(all, error?.atLeast(least)))
    }

    /// What `counter` counts, per second, `value` being what the reports say; for slices that know
    /// what time they cover.
    func rate(_ value: Double, _ counter: CounterMetric) -> Estimate? {
        if exchanges == 0 { return nil }
        let error = bootstrap.standardError(
            of: bootstrap.slices.map { Double($0[counter]) }, to: bootstrap.slices.map(\.seconds))
        return Estimate(value: value, samples: exchanges, error: honest(exchanges, error))
    }

    private func honest(_ samples: Int, _ error: StandardError?) -> StandardError? {
        samples < Estimate.leastSamples ? nil : error
    }

    private func errorOfMean(_ latency: Int) -> StandardError? {
        bootstrap.standardError(
            of: bootstrap.slices.map { Double($0.latencies[latency].sum) / 1e6 },
            to: counts(latency))
    }

    /// How many values each slice has.
    private func counts(_ latency: Int) -> [Double] {
        bootstrap.slices.map { Double($0.latencies[latency].count) }
    }

    /// How many values up to `slot` each slice has.
    private func counts(_ latency: Int, through slot: Int) -> [Double] {
        bootstrap.slices.map { Double($0.latencies[latency].count(through: slot)) }
    }

    /// The standard error of a percentile with this value.
    ///
    /// What is redrawn is the share of values up to there; a redraw in which that share is larger by
    /// δ is one whose percentile p is the sample's percentile p − δ (R. R. Bahadur, Annals of
    /// Mathematical Statistics 37, 1966; for samples drawn in clusters R. S. Woodruff, JASA 47,
    /// 1952). So a slice needs no more than two counts, and a redraw no sorting.
    private func error(
        of percentile: Percentile, at value: Nanoseconds, latency: Int
    ) -> StandardError? {
        let slot = LatencyCounts.slot(of: value)
        let counts = counts(latency)
        let below = self.counts(latency, through: slot - 1)
        if bootstrap.spread(of: zip(counts, below).map(-)) < Self.leastSpread { return nil }
        let parts = self.counts(latency, through: slot)
        let share = parts.reduce(0, +) / counts.reduce(0, +)
        let sought = Double(percentile.parts) / 100_000
        let quantiles = Quantiles(latencies[latency])
        guard
            let error = bootstrap.standardError(
                of: parts, to: counts, { quantiles.value(at: sought - ($0 - share)) })
        else { return nil }
        // Where a slot holds most values, its slices differ less than their values do; no more
        // than independent exchanges would give is known of a percentile in any case.
        let off = (sought * (1 - sought) / Double(latencies[latency].count)).squareRoot()
        let least = (quantiles.value(at: sought + off) - quantiles.value(at: sought - off)) / 2
        return error.atLeast(least).joined(with: Self.resolution(of: value))
    }

    /// What is not known of a value because the log's figures are kept to 1/1,024 of it.
    private static func resolution(of value: Nanoseconds) -> StandardError {
        StandardError(
            size: value.milliseconds / 1_024 / 12.0.squareRoot(), degrees: .greatestFiniteMagnitude)
    }
}
