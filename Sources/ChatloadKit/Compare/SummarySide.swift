import Base
import Networking

/// The side of a run whose log is missing, from its summary.
///
/// The timeline tells how response times, failures and throughput go up and down, and so how much
/// more chance there is in their means than in as many independent exchanges: the design effect of
/// L. Kish (Survey Sampling, 1965). It is taken to hold for every other figure too.
extension Side {
    /// What the timeline tells the course of.
    private static let told: Set<CounterMetric> = [
        .exchanges, .succeeded, .failed, .succeededTurns,
    ]

    init(_ summary: Summary, steps: [String], _ resampling: Resampling) {
        var slices = TimeSlices(latencies: 1)
        for point in summary.timeline { slices.add(point) }
        let totals = summary.totals
        slices.cover(from: .zero, to: Nanoseconds(seconds: totals.durationSeconds))
        let whole = MetricSample(
            bootstrap: BlockBootstrap([slices], resampling, place: 0), latencies: [Histogram()],
            counts: totals.counts)
        let effect = Self.effect(of: summary, whole.bootstrap)
        add(summary.latency, effect, step: nil)
        for metric in DistributionMetric.compared where metric.row.place != .exchanges {
            add(summary.figures(of: metric), metric, effect, step: nil)
        }
        for metric in DerivedMetric.compared {
            let figure = ComparedFigure(metric: .derived(metric))
            switch metric.row.formula {
            case .share(let part, let all):
                estimates[figure] =
                    Self.told.contains(part)
                    ? whole.share(part, of: all) : Self.share(totals[part], of: totals[all], effect)
            case .rate(let counter):
                // Summaries of old do not have all of them.
                guard let count = totals.span.counts[counter], Self.told.contains(counter) else {
                    continue
                }
                estimates[figure] = whole.rate(totals.span.rate(count), counter)
            case .ofReplies: break
            }
        }
        for step in steps {
            if let figures = summary.steps[step] { add(figures, effect, step: step) }
        }
        for (name, curve) in summary.percentiles {
            ComparedFigure.Metric(rawValue: name).map { curves[$0] = curve }
        }
    }

    private mutating func add(
        _ figures: StepSummary, _ effect: StandardError?, step: String
    ) {
        add(figures.latency, effect, step: step)
        for metric in DerivedMetric.compared {
            guard metric.row.isOfSteps, let (part, whole) = figures.share(metric) else { continue }
            estimates[ComparedFigure(metric: .derived(metric), step: step)] =
                Self.share(part, of: whole, effect)
        }
    }

    /// By what the standard error of the mean response time is larger than if exchanges were
    /// independent, and with how many degrees of freedom that is known; nil where the timeline is
    /// too short to tell.
    private static func effect(
        of summary: Summary, _ bootstrap: BlockBootstrap
    ) -> StandardError? {
        let figures = summary.latency[.response]
        guard let spread = figures.stddev, figures.count > 1 else { return nil }
        let slices = bootstrap.slices
        let error = bootstrap.standardError(
            of: slices.map { Double($0.latencies[0].sum) / 1e6 },
            to: slices.map { Double($0.latencies[0].count) })
        guard let error else { return nil }
        let independent = spread / Double(figures.count).squareRoot()
        let factor = independent > 0 ? max(1, error.size / independent) : 1
        return StandardError(size: factor, degrees: error.degrees)
    }

    private mutating func add(
        _ latencies: Latencies, _ effect: StandardError?, step: String?
    ) {
        for metric in DistributionMetric.comparedOfExchanges {
            add(latencies[metric], metric, effect, step: step)
        }
    }

    private mutating func add(
        _ figures: Distribution, _ metric: DistributionMetric, _ effect: StandardError?,
        step: String?
    ) {
        if figures.count == 0 { return }
        for statistic in Statistic.compared {
            let isEnough = figures.count >= Estimate.leastSamples
            let error = isEnough ? effect.flatMap { Self.error(statistic, figures, $0) } : nil
            let figure = ComparedFigure(
                metric: .distribution(metric), statistic: statistic, step: step)
            estimates[figure] = Estimate(
                value: statistic.value(in: figures), samples: figures.count, error: error)
        }
    }

    private static func error(
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
    private static func share(
        _ part: Int, of exchanges: Int, _ effect: StandardError?
    ) -> Estimate? {
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
