package import Base
import Networking

/// Tally of one run's log: every figure of its report, and the slices of time that say how much
/// chance there is in them.
struct RunTally: LogCounter, Sendable {
    /// So many steps have slices of their own, the first ones of the log; all others have one set of
    /// slices together, so that their number does not take memory.
    static let mostSteps = RunIntervals.mostSteps

    var aggregator: Aggregator
    /// By the step's number; like the figures of a report without what was due in the warm-up.
    private(set) var slices: [TimeSlices] = []
    /// The lengths of the completed conversations, by when they began.
    private(set) var conversations = TimeSlices(latencies: 1)
    private var start = Nanoseconds.never
    private var end = Nanoseconds(.min)

    /// A tally that has seen nothing, of a run that meant to do what `phases` say and whose load ended
    /// at `end` at the latest.
    init(
        steps: StepTable = StepTable(), phases: LoadPhases? = nil, until end: Nanoseconds = .never
    ) {
        aggregator = Aggregator(steps: steps, phases: phases, until: end)
    }

    var steps: StepTable {
        get { aggregator.steps }
        _modify { yield &aggregator.steps }
    }

    var credentials: StepTable {
        get { aggregator.credentials }
        _modify { yield &aggregator.credentials }
    }

    mutating func expectLog() { aggregator.expectLog() }

    mutating func add(_ exchange: borrowing Exchange) {
        aggregator.add(exchange)
        let step = min(exchange.step.index, Self.mostSteps)
        if exchange.phase == .warmup || step < 0 { return }
        while slices.count <= step {
            slices.append(TimeSlices(latencies: DistributionMetric.comparedOfExchanges.count))
        }
        start = min(start, exchange.intended)
        end = max(end, exchange.end)
        slices[step].add(exchange)
    }

    mutating func add(_ conversation: borrowing ConversationRecord) {
        aggregator.add(conversation)
        if conversation.phase == .warmup || conversation.outcome != .completed { return }
        conversations.add(conversation)
    }

    /// The slices of all steps together, with the time that they cover.
    var whole: TimeSlices {
        var whole = TimeSlices(latencies: DistributionMetric.comparedOfExchanges.count)
        for part in slices { whole.merge(part) }
        whole.cover(from: start, to: end)
        return whole
    }

    /// The slices of the step with this number; none where it has none.
    func slices(ofStep step: Int) -> TimeSlices {
        step < Self.mostSteps && slices.indices.contains(step)
            ? slices[step] : TimeSlices(latencies: DistributionMetric.comparedOfExchanges.count)
    }

    /// How many exchanges each step has that has slices of its own.
    var exchangesOfSteps: [String: Int] {
        var counts: [String: Int] = [:]
        for index in 0..<min(steps.count, Self.mostSteps) {
            let count = exchanges(ofStep: index)
            if count > 0 { counts[steps[StepID(index: index)]] = count }
        }
        return counts
    }

    private func exchanges(ofStep step: Int) -> Int {
        [aggregator.steady, aggregator.edges].reduce(0) { count, window in
            window.steps.indices.contains(step) ? count + window.steps[step][.exchanges] : count
        }
    }

    /// Adds the figures of the step with this number.
    func add(figuresOfStep step: Int, to figures: inout Tally) {
        for window in [aggregator.steady, aggregator.edges]
        where window.steps.indices.contains(step) {
            figures.merge(window.steps[step])
        }
    }

    /// Adds the lengths of the completed conversations.
    func addConversationLengths(to lengths: inout Histogram) {
        lengths.merge(aggregator.steady.others[.conversation])
        lengths.merge(aggregator.edges.others[.conversation])
    }
}

/// One run as a comparison sees it.
package struct RunSample: Sendable {
    /// Where it was read from: what tells runs of the same name apart.
    let folder: String
    var summary: Summary
    /// What its log gives; nil where there is no log of every exchange, and the summary is all.
    var tally: RunTally?

    /// What its `run.json` or its summary says of how it was made.
    var run: RunDescription { summary.run }

    /// How many exchanges each step has whose figures can be compared.
    var exchangesOfSteps: [String: Int] {
        tally?.exchangesOfSteps
            ?? summary.steps.mapValues { $0[.exchanges] }.filter { $0.value > 0 }
    }

    /// The run in a folder (or that of the log at this path): its log, or where it has none of all
    /// exchanges, its `summary.json`. `progress` hears how many bytes more of a log have been read.
    ///
    /// - Throws: when neither can be read.
    package static func read(
        _ path: String, progress: (Int) -> Void = { _ in }
    ) throws(Fault) -> RunSample {
        let folder = RunReader.folder(of: path)
        let hasSummary = Files.exists("\(folder)/\(RunFolder.summary)")
        let hasLog = Files.exists("\(folder)/\(RunFolder.log)")
        if hasSummary, !hasLog { return try summarised(folder) }
        let run = try RunReader.description(of: folder)
        if run.logMode == .all, hasLog { return try logged(folder, run, progress) }
        if hasSummary { return try summarised(folder) }
        let missing = hasLog ? "has a log of failures only" : "has no \(RunFolder.log)"
        throw Fault(
            "\(folder): \(missing) and no \(RunFolder.summary): nothing to compare")
    }

    private static func logged(
        _ folder: String, _ run: RunDescription, _ progress: (Int) -> Void
    ) throws(Fault) -> RunSample {
        let (tally, notes, drift) = try RunReader.rebuilt(folder, run, progress) { generator in
            var tally = RunTally(phases: run.phases, until: generator.end)
            tally.aggregator.generator = generator
            return tally
        }
        var summary = tally.aggregator.summary(of: run)
        summary.drift = drift.figures
        summary.note(notes)
        return RunSample(folder: folder, summary: summary, tally: tally)
    }

    private static func summarised(_ folder: String) throws(Fault) -> RunSample {
        let path = "\(folder)/\(RunFolder.summary)"
        let summary = try RunReader.record(
            path, \.schema, as: Summary(run: RunDescription(name: "")),
            otherwise: "is not a summary that this version knows")
        if summary.isWithinBounds { return RunSample(folder: folder, summary: summary) }
        throw Fault("\(path): is damaged: it has counts that no run has")
    }
}

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
        let least = Statistics.errorOfShare(smoothed, of: count)
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
        let sought = percentile.share
        let quantiles = Quantiles(latencies[latency])
        guard
            let error = bootstrap.standardError(
                of: parts, to: counts, { quantiles.value(at: sought - ($0 - share)) })
        else { return nil }
        // Where a slot holds most values, its slices differ less than their values do; no more
        // than independent exchanges would give is known of a percentile in any case.
        let off = Statistics.errorOfShare(sought, of: Double(latencies[latency].count))
        let least = (quantiles.value(at: sought + off) - quantiles.value(at: sought - off)) / 2
        return error.atLeast(least).joined(
            with: Self.resolution(of: value, in: latencies[latency].layout))
    }

    /// What is not known of a value because the log's figures are kept to a slot: 1/1,024 of it, of a
    /// gap 1/256.
    private static func resolution(
        of value: Nanoseconds, in layout: HistogramLayout
    ) -> StandardError {
        StandardError(
            size: value.milliseconds / Double(layout.half) / 12.0.squareRoot(),
            degrees: .greatestFiniteMagnitude)
    }
}
