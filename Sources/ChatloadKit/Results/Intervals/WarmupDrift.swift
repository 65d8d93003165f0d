import Base
import Networking

/// Drift of a warm-up: whether figures have stopped changing since the beginning of a run.
///
/// It looks at the latter half of the time so far, since the former is what a warm-up is for, and takes
/// a figure to be steady where the two halves of that are known to be alike. So the longer it has
/// drifted, the longer it must be steady.
enum WarmupDrift {
    /// Before, there are too few slices of time to tell.
    private static let least = Nanoseconds.seconds(2)

    /// Whether all these figures, by their names among intervals, have stopped drifting in what was
    /// measured until a time counted from the run's start.
    static func hasStopped(
        _ series: LatencySeries, until time: Nanoseconds, _ figures: [String]
    ) -> Bool {
        guard time >= least, !series.intervals.isEmpty else { return false }
        let window = time.count / 2..<time.count
        var intervals = RunIntervals(RunSlices(series, load: [window], steady: [window]))
        return figures.allSatisfy { figure in
            let named = try? Threshold.figure(named: figure).subject
            return intervals.isSteady(named ?? .distribution(.response, .p50))
        }
    }
}

/// A stretch of time of which nothing but its slices is known.
extension RunIntervals {
    /// By how much the halves of a stretch may differ that is steady, as a share of the figure.
    private static let steadyShare = 0.05

    /// Whether the halves of the stretch that is called steady are known to differ in a figure by a
    /// twentieth at most. Whatever is not kept over time goes by the median of the response times.
    fileprivate mutating func isSteady(_ subject: Threshold.Subject) -> Bool {
        begin(.steady)
        switch subject {
        case .derived(let metric):
            guard let counter = metric.row.counter,
                slices.counts.first?.count(of: counter) != nil
            else { break }
            let parts = counted.map { Double(slices.counts[$0].count(of: counter) ?? 0) }
            return areAlike(parts, counted.map { slices.steadySeconds[$0] })
        case .distribution(let metric, let statistic):
            guard let number = DistributionMetric.overTime.firstIndex(of: metric) else { break }
            return isSteady(number, statistic.percentile)
        case .counter, .errors: break
        }
        let response = DistributionMetric.overTime.firstIndex(of: .response)
        return response.map { isSteady($0, .p50) } ?? false
    }

    /// The same of a latency over time: of a percentile, or of the mean.
    private mutating func isSteady(_ number: Int, _ percentile: Percentile?) -> Bool {
        let histogram = slices.histogram(number, in: counted)
        guard histogram.count >= Estimate.leastSamples else { return false }
        let value = percentile.flatMap(histogram.value)
        let slot = value.map { histogram.layout.slot(of: UInt64(clamping: $0.count)) }
        let times = slices.times(number, through: slot.map { [$0] } ?? [])
        let counts = counted.map { times.counts[$0] }
        guard let percentile else { return areAlike(counted.map { times.sums[$0] }, counts) }
        guard let off = distance(counted.map { times.through[0][$0] }, counts) else { return false }
        let (quantiles, share) = (Quantiles(histogram), percentile.share)
        let range =
            quantiles.value(at: min(1, share + off / 2))
            - quantiles.value(at: max(0, share - off / 2))
        return range <= Self.steadyShare * quantiles.value(at: share)
    }

    /// Whether a ratio's halves are alike.
    private mutating func areAlike(_ parts: [Double], _ wholes: [Double]) -> Bool {
        distance(parts, wholes).map { $0 <= Self.steadyShare * Self.ratio(parts, wholes) } ?? false
    }

    /// By how much a ratio's halves differ at most, with 95 % confidence.
    private mutating func distance(_ parts: [Double], _ wholes: [Double]) -> Double? {
        guard let (first, second, error) = halfRatios(parts, wholes) else { return nil }
        return (second - first).magnitude + error.size * width(error.degrees)
    }
}
