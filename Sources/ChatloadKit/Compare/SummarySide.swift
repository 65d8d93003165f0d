import Base
import Networking

/// One side of a comparison, from the summary of a run whose log is missing.
///
/// The timeline tells how response times, failures and throughput go up and down, and so how much
/// more chance there is in their means than in as many independent exchanges: the design effect of
/// L. Kish (Survey Sampling, 1965). It is taken to hold for every other figure too.
struct SummarySide: Sendable {
    /// What the timeline tells the course of.
    private static let told: Set<CounterMetric> = [
        .exchanges, .succeeded, .failed, .succeededTurns,
    ]

    private let summary: Summary
    private let whole: MetricSample

    init(_ summary: Summary, _ resampling: LoggedSide.Resampling) {
        self.summary = summary
        var slices = TimeSlices(latencies: 1)
        for point in summary.timeline { slices.add(point) }
        slices.cover(
            from: .zero, to: Nanoseconds(seconds: summary.totals.durationSeconds))
        var random = SeededRandom(seed: resampling.seed, stream: resampling.stream)
        let totals = summary.totals
        whole = MetricSample(
            ladder: BlockBootstrap([slices], draws: resampling.draws, random: &random),
            latencies: [Histogram()], counts: totals.counts)
    }

    /// How many exchanges each step has.
    var steps: [String: Int] { summary.steps.mapValues { $0[.exchanges] }.filter { $0.value > 0 } }

    /// The figures of the whole side and of these steps.
    func estimates(ofSteps steps: [String]) -> [ComparedFigure: Estimate] {
        var estimates: [ComparedFigure: Estimate] = [:]
        let effect = self.effect
        add(summary.latency, effect, step: nil, to: &estimates)
        let totals = summary.totals
        for metric in DistributionMetric.compared where metric.row.place != .exchanges {
            add(summary.figures(of: metric), metric, effect, step: nil, to: &estimates)
        }
        for metric in DerivedMetric.compared {
            let figure = ComparedFigure(metric: .derived(metric))
            switch metric.row.formula {
            case .share(let part, let whole):
                estimates[figure] =
                    Self.told.contains(part)
                    ? self.whole.share(part, of: whole) : share(totals[part], of: totals[whole])
            case .rate(let counter):
                // Summaries of old do not have all of them.
                guard let count = totals.span.counts[counter], Self.told.contains(counter) else {
                    continue
                }
                estimates[figure] = self.whole.rate(totals.span.rate(count), counter)
            case .ofReplies: break
            }
        }
        for step in steps {
            guard let figures = summary.steps[step] else { continue }
            add(figures.latency, effect, step: step, to: &estimates)
            for metric in DerivedMetric.compared {
                guard metric.row.isOfSteps, let (part, whole) = figures.share(metric) else {
                    continue
                }
                estimates[ComparedFigure(metric: .derived(metric), step: step)] =
                    share(part, of: whole)
            }
        }
        return estimates
    }

    /// A latency of the whole side by its percentiles; nothing where the summary has none.
    func curve(of metric: ComparedFigure.Metric) -> [PercentilePoint] {
        summary.percentiles[metric.rawValue] ?? []
    }

    /// By what the standard error of the mean response time is larger than if exchanges were
    /// independent, and with how many degrees of freedom that is known; nil where the timeline is
    /// too short to tell.
    private var effect: StandardError? {
        let figures = summary.latency[.response]
        guard let spread = figures.stddev, figures.count > 1 else { return nil }
        let slices = whole.ladder.slices
        let error = whole.ladder.standardError(
            of: slices.map { Double($0.latencies[0].sum) / 1e6 },
            to: slices.map { Double($0.latencies[0].count) })
        guard let error else { return nil }
        let independent = spread / Double(figures.count).squareRoot()
        let factor = independent > 0 ? max(1, error.size / independent) : 1
        return StandardError(size: factor, degrees: error.degrees)
    }

    private func add(
        _ latencies: Latencies, _ effect: StandardError?, step: String?,
        to estimates: inout [ComparedFigure: Estimate]
    ) {
        for metric in DistributionMetric.comparedOfExchanges {
            add(latencies[metric], metric, effect, step: step, to: &estimates)
        }
    }

    private func add(
        _ figures: Distribution, _ metric: DistributionMetric, _ effect: StandardError?,
        step: String?,
        to estimates: inout [ComparedFigure: Estimate]
    ) {
        if figures.count == 0 { return }
        for statistic in Statistic.compared {
            let isEnough = figures.count >= Estimate.leastSamples
            let error = isEnough ? effect.flatMap { self.error(statistic, figures, $0) } : nil
            let figure = ComparedFigure(
                metric: .distribution(metric), statistic: statistic, step: step)
            estimates[figure] = Estimate(
                value: statistic.value(in: figures), samples: figures.count, error: error)
        }
    }

    private func error(
        _ statistic: Statistic, _ figures: Distribution, _ effect: StandardError
    ) -> StandardError? {
        let count = Double(figures.count)
        guard let percentile = statistic.percentile else {
            return figures.stddev.map {
                StandardError(
                    size: $0 / count.squareRoot() * effect.size, degrees: effect.degrees)
            }
        }
        let share = Double(percentile.parts) / 100_000
        let off = effect.size * (share * (1 - share) / count).squareRoot()
        let known = KnownPercentiles(figures)
        guard let low = known.value(at: share - off), let high = known.value(at: share + off)
        else { return nil }
        return StandardError(size: (high - low) / 2, degrees: effect.degrees)
    }

    /// A share of which no more is known than the two numbers.
    private func share(_ part: Int, of exchanges: Int) -> Estimate? {
        if exchanges == 0 { return nil }
        let count = Double(exchanges)
        let smoothed = (Double(part) + 1) / (count + 2)
        let error = effect.map {
            StandardError(
                size: $0.size * (smoothed * (1 - smoothed) / count).squareRoot(),
                degrees: $0.degrees)
        }
        return Estimate(
            value: Double(part) / count, samples: exchanges,
            error: exchanges < Estimate.leastSamples ? nil : error)
    }
}

extension Summary {
    /// More than any run has of anything, and few enough to be added up.
    private static let most = 1_000_000_000_000_000

    /// Whether everything that is calculated with is within bounds: a summary is a file, and files
    /// get damaged.
    var isWithinBounds: Bool {
        let judged: [CounterMetric] = [.exchanges, .failed, .rejected]
        let counts =
            judged.map { totals[$0] } + [drift.compared, drift.changed]
            + steps.values.flatMap { step in judged.map { step[$0] } }
            + timeline.flatMap { [$0.exchanges, $0.failed, $0.turns] }
        let limit = Double(Self.most)
        return counts.allSatisfy { (0...Self.most).contains($0) }
            && timeline.flatMap { [$0.mean ?? 0, $0.start, $0.seconds] }.allSatisfy {
                (0...limit).contains($0)
            }
            && (0...1).contains(drift.meanDistance ?? 0)
            && (0...limit).contains(totals.durationSeconds)
    }
}
