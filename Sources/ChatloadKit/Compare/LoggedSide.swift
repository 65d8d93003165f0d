package import Base
import FoundationEssentials
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
    private let whole: Tally
    private let conversationLengths: Histogram

    init(_ runs: [RunTally], _ resampling: Resampling) {
        self.runs = runs
        self.resampling = resampling
        var whole = Tally(.step)
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
        for metric in DerivedMetric.rates where metric.row.isCompared && span.length > 0 {
            guard let counter = metric.row.counter else { continue }
            estimates[ComparedFigure(metric: .derived(metric))] = all.rate(
                span.rate(span[counter]), counter)
        }
        add(conversations: conversationCell, to: &estimates)
        for (place, step) in steps.enumerated() {
            let numbers = runs.map { run in
                (0..<run.steps.count).first { run.steps[StepID(index: $0)] == step } ?? -1
            }
            var figures = Tally(.step)
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
        guard case .distribution(let metric) = metric else { return [] }
        let histogram = metric.row.place == .exchanges ? whole[metric] : conversationLengths
        return histogram.count == 0 ? [] : histogram.curve
    }

    private var conversationCell: MetricSample {
        MetricSample(
            ladder: ladder(runs.map(\.conversations), place: 1), latencies: [conversationLengths],
            counts: [:])
    }

    /// The spans of load of all runs, one after the other.
    private var span: LoadSpan {
        runs.reduce(into: LoadSpan()) { sum, run in
            let span = run.aggregator.loadSpans.whole
            sum.length += span.length
            sum.addCounts(of: span)
        }
    }

    private func ladder(_ slices: [TimeSlices], place: Int) -> BlockBootstrap {
        var random = SeededRandom(
            seed: resampling.seed, stream: resampling.stream, index: UInt64(place))
        return BlockBootstrap(slices, draws: resampling.draws, random: &random)
    }

    private func cell(_ slices: [TimeSlices], of figures: Tally, place: Int) -> MetricSample {
        MetricSample(
            ladder: ladder(slices, place: place),
            latencies: DistributionMetric.comparedOfExchanges.map { figures[$0] },
            counts: Counts(CounterMetric.ofSteps, of: figures))
    }

    private func add(
        _ cell: MetricSample, step: String?, to estimates: inout [ComparedFigure: Estimate]
    ) {
        for (place, metric) in DistributionMetric.comparedOfExchanges.enumerated() {
            for statistic in Statistic.compared {
                let figure = ComparedFigure(
                    metric: .distribution(metric), statistic: statistic, step: step)
                estimates[figure] = cell.estimate(statistic, latency: place)
            }
        }
        for metric in DerivedMetric.compared {
            guard case .share(let part, let whole) = metric.row.formula else { continue }
            estimates[ComparedFigure(metric: .derived(metric), step: step)] =
                cell.share(part, of: whole)
        }
    }

    private func add(
        conversations cell: MetricSample, to estimates: inout [ComparedFigure: Estimate]
    ) {
        for statistic in Statistic.compared {
            let figure = ComparedFigure(
                metric: .distribution(.conversation), statistic: statistic)
            estimates[figure] = cell.estimate(statistic, latency: 0)
        }
    }
}

/// What the log of one run gives: every figure of its report, and the slices of time that say how
/// much chance there is in them.
struct RunTally: LogCounter, Sendable {
    /// So many steps have slices of their own, the first ones of the log; all others have one set of
    /// slices together, so that their number does not take memory.
    static let mostSteps = 100

    private(set) var aggregator: Aggregator
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

    /// What the generator said of itself.
    var generator: GeneratorFigures {
        get { aggregator.generator }
        set { aggregator.generator = newValue }
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

    /// How many exchanges the step with this number has.
    func exchanges(ofStep step: Int) -> Int {
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
    let summary: Summary
    /// What its log gives; nil where there is no log of every exchange, and the summary is all.
    let tally: RunTally?

    /// What its `run.json` or its summary says of how it was made.
    var run: RunDescription { summary.run }

    /// What a log says that has been read already.
    init(
        folder: String, run: RunDescription, tally: RunTally,
        drift: ReplyDiffFigures = ReplyDiffFigures(),
        notes: [String] = []
    ) {
        self.folder = folder
        var summary = tally.aggregator.summary(of: run)
        summary.drift = drift
        summary.notes = notes
        self.summary = summary
        self.tally = tally
    }

    /// What a summary says whose log is missing.
    init(folder: String, summary: Summary) {
        self.folder = folder
        self.summary = summary
        tally = nil
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
        throw Fault("\(folder): \(missing) and no \(RunFolder.summary): nothing to compare")
    }

    private static func logged(
        _ folder: String, _ run: RunDescription, _ progress: (Int) -> Void
    ) throws(Fault) -> RunSample {
        let generator = try RunReader.generator(of: folder)
        var tally = RunTally(
            phases: run.phases, until: generator.loadEnd.map { Nanoseconds($0) } ?? .never)
        let replies = try KeptReplies(in: folder)
        let notes = try replies.notes(on: run)
        let logNotes = try RunReader.read(folder, run, into: &tally, progress: progress)
        tally.generator = generator
        return RunSample(
            folder: folder, run: run, tally: tally, drift: try replies.drift().figures,
            notes: notes + logNotes)
    }

    private static func summarised(_ folder: String) throws(Fault) -> RunSample {
        let path = "\(folder)/\(RunFolder.summary)"
        let bytes = try Files.contents(of: path)
        let summary = try? JSONDecoder().decode(Summary.self, from: Data(bytes))
        guard let summary else {
            throw Fault("\(path): is not a summary that this version knows")
        }
        let known = Summary(run: RunDescription(name: "")).schema
        guard summary.schema == known else {
            throw Fault("\(path): is in a format this version does not know, \(summary.schema)")
        }
        if summary.isWithinBounds { return RunSample(folder: folder, summary: summary) }
        throw Fault("\(path): is damaged: it has counts that no run has")
    }
}
