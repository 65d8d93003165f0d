import Base
import Networking

/// What one side has of one step, of all steps together, or of its conversations.
struct MetricSample: Sendable {
    /// Values beyond a percentile must be spread over so many stretches of time: if most of them
    /// come from a stall or two, another run's percentile can be anything.
    private static let leastSpread = 5.0

    let ladder: BlockBootstrap
    /// In the order in which the slices hold their latencies.
    let latencies: [Histogram]
    let counts: Counts

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
        let error = ladder.standardError(
            of: ladder.slices.map { Double($0[part]) }, to: ladder.slices.map { Double($0[whole]) })
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
        let error = ladder.standardError(
            of: ladder.slices.map { Double($0[counter]) }, to: ladder.slices.map(\.seconds))
        return Estimate(value: value, samples: exchanges, error: honest(exchanges, error))
    }

    private func honest(_ samples: Int, _ error: StandardError?) -> StandardError? {
        samples < Estimate.leastSamples ? nil : error
    }

    private func errorOfMean(_ latency: Int) -> StandardError? {
        ladder.standardError(
            of: ladder.slices.map { Double($0.latencies[latency].sum) / 1e6 }, to: counts(latency))
    }

    /// How many values each slice has.
    private func counts(_ latency: Int) -> [Double] {
        ladder.slices.map { Double($0.latencies[latency].count) }
    }

    /// How many values up to `slot` each slice has.
    private func counts(_ latency: Int, through slot: Int) -> [Double] {
        ladder.slices.map { Double($0.latencies[latency].count(through: slot)) }
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
        if ladder.spread(of: zip(counts, below).map(-)) < Self.leastSpread { return nil }
        let parts = self.counts(latency, through: slot)
        let share = parts.reduce(0, +) / counts.reduce(0, +)
        let sought = Double(percentile.parts) / 100_000
        let quantiles = Quantiles(latencies[latency])
        guard
            let error = ladder.standardError(
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

/// One side of a comparison, with what is known of its runs.
enum Side: Sendable {
    case logged(LoggedSide)
    case summarised(SummarySide)

    /// - Throws: when one of several runs has no log.
    init(_ runs: [RunSample], _ resampling: LoggedSide.Resampling) throws(Fault) {
        if let only = runs.first, runs.count == 1, only.tally == nil {
            self = .summarised(SummarySide(only.summary, resampling))
            return
        }
        var tallies: [RunTally] = []
        for run in runs {
            guard let tally = run.tally else {
                throw Fault(
                    "\(run.folder): has no log of all exchanges, and can only be compared when it"
                        + " is the only run of its side")
            }
            tallies.append(tally)
        }
        self = .logged(LoggedSide(tallies, resampling))
    }

    /// How many exchanges each step has.
    var steps: [String: Int] {
        switch self {
        case .logged(let side): side.steps
        case .summarised(let side): side.steps
        }
    }

    /// The figures of the whole side and of these steps.
    func estimates(ofSteps steps: [String]) -> [ComparedFigure: Estimate] {
        switch self {
        case .logged(let side): side.estimates(ofSteps: steps)
        case .summarised(let side): side.estimates(ofSteps: steps)
        }
    }

    /// A latency of the whole side by its percentiles; nothing where it has none.
    func curve(of metric: ComparedFigure.Metric) -> [PercentilePoint] {
        switch self {
        case .logged(let side): side.curve(of: metric)
        case .summarised(let side): side.curve(of: metric)
        }
    }
}

extension ComparedCurves {
    /// Those of all latencies that both sides have.
    static func all(_ base: Side, _ new: Side) -> [ComparedCurves] {
        ComparedFigure.Metric.allCases.filter(\.isLatency).compactMap { metric in
            let curves = ComparedCurves(
                metric: metric, base: base.curve(of: metric), new: new.curve(of: metric))
            return curves.base.isEmpty || curves.new.isEmpty ? nil : curves
        }
    }
}

/// How far the replies of one side's runs are from the recorded ones.
///
/// Replies are taken for independent: nothing says when they came. What makes replies of one
/// conversation alike does so on both sides, since both play the same recording.
struct ReplyDiffSample: Sendable {
    /// Of each run that compared any.
    private let runs: [ReplyDiffFigures]

    init(_ runs: [RunSample]) {
        self.runs = runs.map(\.summary.drift).filter { $0.compared > 0 }
    }

    /// What there is to compare; nothing where no reply had a recorded one.
    var estimates: [ComparedFigure: Estimate] {
        if runs.isEmpty { return [:] }
        return [
            ComparedFigure(metric: .derived(.changedReplies)): estimate { Double($0.changed) },
            ComparedFigure(metric: .derived(.replyDistance)): estimate {
                ($0.meanDistance ?? 0) * Double($0.compared)
            },
        ]
    }

    /// The mean over all replies of something from 0 to 1, of which `sum` is a run's sum.
    private func estimate(_ sum: (ReplyDiffFigures) -> Double) -> Estimate {
        let counts = runs.map { Double($0.compared) }
        let sums = runs.map(sum)
        let count = counts.reduce(0, +)
        let mean = sums.reduce(0, +) / count
        var estimate = Estimate(value: mean, samples: runs.reduce(0) { $0 + $1.compared })
        if estimate.samples < Estimate.leastSamples { return estimate }
        // The variance of values from 0 to 1 is at most m(1 − m), which that of 0s and 1s is
        // (R. Bhatia and C. Davis, American Mathematical Monthly 107, 2000).
        let smoothed = (mean * count + 1) / (count + 2)
        let within = StandardError(
            size: (smoothed * (1 - smoothed) / count).squareRoot(), degrees: count - 1)
        estimate.error = within
        if runs.count > 1 {
            estimate.error = within.joined(with: Self.between(sums, counts, mean))
        }
        return estimate
    }

    /// What runs differ by: the standard error of a ratio of sums over several of them.
    private static func between(
        _ sums: [Double], _ counts: [Double], _ mean: Double
    ) -> StandardError {
        let runs = Double(counts.count)
        let squares = zip(sums, counts).reduce(0) { total, run in
            let rest = run.0 - mean * run.1
            return total + rest * rest
        }
        return StandardError(
            size: (squares * runs / (runs - 1)).squareRoot() / counts.reduce(0, +),
            degrees: runs - 1)
    }
}
