import Base
import Networking

/// Side of a comparison: what its runs have of each figure, and how much chance there is in it.
///
/// There are two ways to fill one: from the logs of its runs, and, where its only run has no log of
/// every exchange, from that run's summary.
struct Side: Sendable {
    /// How redraws are made.
    struct Resampling: Sendable {
        /// How many redraws stand behind a standard error: its own error is 1/√(2n), 1.6 % with
        /// 2,000.
        var draws: Int
        var seed: UInt64
        /// Tells the two sides apart, which must not be drawn alike.
        var stream: UInt64
    }

    var estimates: [ComparedFigure: Estimate] = [:]
    /// Latencies of the whole side by their percentiles; empty, or missing, where it has none.
    var curves: [ComparedFigure.Metric: [PercentilePoint]] = [:]

    /// The side of these runs, with the figures of the whole and of these steps.
    ///
    /// - Throws: when one of several runs has no log.
    init(_ runs: [RunSample], steps: [String], _ resampling: Resampling) throws(Fault) {
        if let only = runs.first, runs.count == 1, only.tally == nil {
            self.init(only.summary, steps: steps, resampling)
        } else {
            var tallies: [RunTally] = []
            for run in runs {
                guard let tally = run.tally else {
                    throw Fault(
                        "\(run.folder): has no log of all exchanges, and can only be compared when"
                            + " it is the only run of its side")
                }
                tallies.append(tally)
            }
            self.init(tallies, steps: steps, resampling)
        }
        addReplies(of: runs.map(\.summary.drift).filter { $0.compared > 0 })
    }

    /// The side of these runs, from their logs.
    init(_ runs: [RunTally], steps: [String], _ resampling: Resampling) {
        let whole = runs.reduce(into: Tally(.step)) { whole, run in
            for step in 0..<run.steps.count { run.add(figuresOfStep: step, to: &whole) }
        }
        let all = MetricSample(runs.map(\.whole), of: whole, resampling, place: 0)
        add(all, step: nil)
        addRates(of: runs, all)
        let conversations = MetricSample(
            bootstrap: BlockBootstrap(runs.map(\.conversations), resampling, place: 1),
            latencies: [runs.reduce(into: Histogram()) { $1.addConversationLengths(to: &$0) }])
        add(conversations, 0, .conversation, step: nil)
        for (place, step) in steps.enumerated() {
            let numbers = runs.map { run in
                (0..<run.steps.count).first { run.steps[StepID(index: $0)] == step } ?? -1
            }
            var figures = Tally(.step)
            for (run, number) in zip(runs, numbers) {
                run.add(figuresOfStep: number, to: &figures)
            }
            let slices = zip(runs, numbers).map { $0.slices(ofStep: $1) }
            add(MetricSample(slices, of: figures, resampling, place: place + 2), step: step)
        }
        for metric in DistributionMetric.comparedOfExchanges {
            curves[.distribution(metric)] = whole[metric].curve
        }
        curves[.distribution(.conversation)] = conversations.latencies[0].curve
    }

    /// Forgets what follows from numbers of tokens.
    mutating func dropTokenFigures() {
        estimates = estimates.filter { !$0.key.metric.isOfTokens }
        curves = curves.filter { !$0.key.isOfTokens }
    }

    private mutating func add(_ sample: MetricSample, step: String?) {
        for (place, metric) in DistributionMetric.comparedOfExchanges.enumerated() {
            add(sample, place, metric, step: step)
        }
        for metric in DerivedMetric.compared {
            guard case .share(let part, let whole) = metric.row.formula else { continue }
            estimates[ComparedFigure(metric: .derived(metric), step: step)] =
                sample.share(part, of: whole)
        }
    }

    /// Adds all statistics of the latency with this number in a sample.
    private mutating func add(
        _ sample: MetricSample, _ latency: Int, _ metric: DistributionMetric, step: String?
    ) {
        for statistic in Statistic.compared {
            let figure = ComparedFigure(
                metric: .distribution(metric), statistic: statistic, step: step)
            estimates[figure] = sample.estimate(statistic, latency: latency)
        }
    }

    /// Adds what there was by the second of load, the spans of all runs one after the other.
    private mutating func addRates(of runs: [RunTally], _ sample: MetricSample) {
        let span = runs.reduce(into: LoadSpan()) { sum, run in
            let span = run.aggregator.loadSpans.whole
            sum.length += span.length
            sum.addCounts(of: span)
        }
        for metric in DerivedMetric.rates where metric.row.isCompared && span.length > 0 {
            guard let counter = metric.row.counter else { continue }
            estimates[ComparedFigure(metric: .derived(metric))] = sample.rate(
                span.rate(span[counter]), counter)
        }
    }
}

extension MetricSample {
    /// What several runs have, by their slices and by all their figures together; `place` tells
    /// samples apart, which must not be drawn alike.
    fileprivate init(
        _ slices: [TimeSlices], of figures: Tally, _ resampling: Side.Resampling, place: Int
    ) {
        self.init(
            bootstrap: BlockBootstrap(slices, resampling, place: place),
            latencies: DistributionMetric.comparedOfExchanges.map { figures[$0] },
            counts: Counts(CounterMetric.ofSteps, of: figures))
    }
}

/// How far the replies of the side's runs are from the recorded ones.
///
/// Replies are taken for independent: nothing says when they came. What makes replies of one
/// conversation alike does so on both sides, since both play the same recording.
extension Side {
    /// Adds what the runs say that compared any.
    private mutating func addReplies(of runs: [ReplyDiffFigures]) {
        if runs.isEmpty { return }
        estimates[ComparedFigure(metric: .derived(.changedReplies))] = Self.mean(of: runs) {
            Double($0.changed)
        }
        estimates[ComparedFigure(metric: .derived(.replyDistance))] = Self.mean(of: runs) {
            ($0.meanDistance ?? 0) * Double($0.compared)
        }
    }

    /// The mean over all replies of something from 0 to 1, of which `sum` is a run's sum.
    private static func mean(
        of runs: [ReplyDiffFigures], _ sum: (ReplyDiffFigures) -> Double
    ) -> Estimate {
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
            size: Statistics.errorOfShare(smoothed, of: count), degrees: count - 1)
        estimate.error = within
        if runs.count > 1 {
            estimate.error = within.joined(with: between(sums, counts, mean))
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
        let share = percentile.share
        let off = effect.size * Statistics.errorOfShare(share, of: count)
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
                size: $0.size * Statistics.errorOfShare(smoothed, of: count),
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
