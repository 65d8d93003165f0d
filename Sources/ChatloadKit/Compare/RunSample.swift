package import Base
import Networking

/// Tally of one run's log: every figure of its report, and the slices of time that say how much
/// chance there is in them.
struct RunTally: LogCounter, Sendable {
    /// So many steps have slices of their own, the first ones of the log; all others have one set of
    /// slices together, so that their number does not take memory.
    static let mostSteps = 100

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
        (summary.drift, summary.notes) = (drift.figures, notes)
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
