import Networking

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
            slices.append(TimeSlices(latencies: ComparedLatency.allCases.count))
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
        var whole = TimeSlices(latencies: ComparedLatency.allCases.count)
        for part in slices { whole.merge(part) }
        whole.cover(from: start, to: end)
        return whole
    }

    /// The slices of the step with this number; none where it has none.
    func slices(ofStep step: Int) -> TimeSlices {
        step < Self.mostSteps && slices.indices.contains(step)
            ? slices[step] : TimeSlices(latencies: ComparedLatency.allCases.count)
    }

    /// How many exchanges the step with this number has.
    func exchanges(ofStep step: Int) -> Int {
        [aggregator.steady, aggregator.edges].reduce(0) { count, window in
            window.tallies.indices.contains(step) ? count + window.tallies[step].exchanges : count
        }
    }

    /// Adds the figures of the step with this number.
    func add(figuresOfStep step: Int, to figures: inout StepTally) {
        for window in [aggregator.steady, aggregator.edges]
        where window.tallies.indices.contains(step) {
            figures.merge(window.tallies[step])
        }
    }

    /// Adds the lengths of the completed conversations.
    func addConversationLengths(to lengths: inout Histogram) {
        lengths.merge(aggregator.steady.conversations.durations)
        lengths.merge(aggregator.edges.conversations.durations)
    }
}
