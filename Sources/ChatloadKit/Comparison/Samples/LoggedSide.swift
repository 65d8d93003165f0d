import Networking

/// One side of a comparison, from the logs of its runs.
struct LoggedSide: Sendable {
    /// How redraws are made.
    struct Resampling: Sendable {
        /// How many redraws stand behind a standard error: its own error is 1/√(2n), 1.6 % with
        /// 2,000.
        var draws = 2_000
        var seed: UInt64 = 1
        /// Tells the two sides apart, which must not be drawn alike.
        var stream: UInt64 = 0
    }

    private let runs: [RunTally]
    private let resampling: Resampling
    /// The figures of all runs and steps together.
    private let whole: StepTally
    private let conversationLengths: Histogram

    init(_ runs: [RunTally], _ resampling: Resampling) {
        self.runs = runs
        self.resampling = resampling
        var whole = StepTally()
        var lengths = Histogram()
        for run in runs {
            for step in 0..<run.steps.count { run.add(figuresOfStep: step, to: &whole) }
            run.addConversationLengths(to: &lengths)
        }
        self.whole = whole
        conversationLengths = lengths
    }

    /// How many exchanges each step has that has slices of its own.
    var steps: [String: Int] {
        var steps: [String: Int] = [:]
        for run in runs {
            for index in 0..<min(run.steps.count, RunTally.mostSteps) {
                let count = run.exchanges(ofStep: index)
                if count > 0 { steps[run.steps[StepID(index: index)], default: 0] += count }
            }
        }
        return steps
    }

    /// The figures of the whole side and of these steps.
    func estimates(ofSteps steps: [String]) -> [ComparedFigure: Estimate] {
        var estimates: [ComparedFigure: Estimate] = [:]
        let all = cell(runs.map(\.whole), of: whole, place: 0)
        add(all, step: nil, to: &estimates)
        let span = span
        for (metric, count, part) in [
            (ComparedFigure.Metric.turnsPerSecond, span.turns, \Slice.turns),
            (.successesPerSecond, span.successes, \.succeeded),
            (.exchangesPerSecond, span.exchanges, \.exchanges),
        ] as [(ComparedFigure.Metric, Int, KeyPath<Slice, Int>)] where span.length > 0 {
            estimates[ComparedFigure(metric: metric)] = all.rate(span.rate(count)) {
                $0[keyPath: part]
            }
        }
        add(conversations: conversationCell, to: &estimates)
        for (place, step) in steps.enumerated() {
            let numbers = runs.map { run in
                (0..<run.steps.count).first { run.steps[StepID(index: $0)] == step } ?? -1
            }
            var figures = StepTally()
            for (run, number) in zip(runs, numbers) {
                run.add(figuresOfStep: number, to: &figures)
            }
            let slices = zip(runs, numbers).map { $0.slices(ofStep: $1) }
            add(cell(slices, of: figures, place: place + 2), step: step, to: &estimates)
        }
        return estimates
    }

    /// A latency of the whole side by its percentiles; nothing where it has none.
    func curve(of metric: ComparedFigure.Metric) -> [PercentilePoint] {
        let latency = ComparedLatency.allCases.first { $0.metric == metric }
        let histogram = latency.map { $0.histogram(of: whole) } ?? conversationLengths
        return histogram.count == 0 ? [] : histogram.curve
    }

    private var conversationCell: CellSample {
        CellSample(
            ladder: ladder(runs.map(\.conversations), place: 1), latencies: [conversationLengths],
            tally: CellSample.Counts())
    }

    /// The spans of load of all runs, one after the other.
    private var span: LoadSpan {
        runs.reduce(into: LoadSpan()) { sum, run in
            let span = run.aggregator.loadSpans.whole
            sum.length += span.length
            sum.exchanges += span.exchanges
            sum.successes += span.successes
            sum.turns += span.turns
        }
    }

    private func ladder(_ slices: [TimeSlices], place: Int) -> Ladder {
        var random = SeededRandom(
            seed: resampling.seed, stream: resampling.stream, index: UInt64(place))
        return Ladder(slices, draws: resampling.draws, random: &random)
    }

    private func cell(_ slices: [TimeSlices], of figures: StepTally, place: Int) -> CellSample {
        CellSample(
            ladder: ladder(slices, place: place),
            latencies: ComparedLatency.allCases.map { $0.histogram(of: figures) },
            tally: CellSample.Counts(
                exchanges: figures.exchanges, failed: figures.failed.count,
                rejected: figures.rejected))
    }

    private func add(
        _ cell: CellSample, step: String?, to estimates: inout [ComparedFigure: Estimate]
    ) {
        for (place, latency) in ComparedLatency.allCases.enumerated() {
            for statistic in Statistic.compared {
                let figure = ComparedFigure(
                    metric: latency.metric, statistic: statistic, step: step)
                estimates[figure] = cell.estimate(statistic, latency: place)
            }
        }
        estimates[ComparedFigure(metric: .errors, step: step)] = cell.share(
            cell.tally.failed, \.failed)
        estimates[ComparedFigure(metric: .rejected, step: step)] =
            cell.share(cell.tally.rejected, \.rejected)
    }

    private func add(conversations cell: CellSample, to estimates: inout [ComparedFigure: Estimate])
    {
        for statistic in Statistic.compared {
            let figure = ComparedFigure(metric: .conversation, statistic: statistic)
            estimates[figure] = cell.estimate(statistic, latency: 0)
        }
    }
}
