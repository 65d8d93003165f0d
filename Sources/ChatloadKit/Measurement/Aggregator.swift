package import Networking

/// Every figure of a run, accumulated exchange by exchange: by each worker while it runs, and by
/// `report` from the log. One implementation for both, and for several shards at once.
///
/// It holds only integer sums, minima, maxima and counts, so the result does not depend on the
/// order of exchanges or on how they were spread over aggregators that are merged.
package struct Aggregator: Sendable {
    /// The names behind the exchanges' step numbers.
    package var steps: StepTable
    /// The labels behind the exchanges' credential numbers.
    package var credentials: StepTable
    /// What the generator says of itself; of merged aggregators all of it.
    package var generator = GeneratorFigures()
    private(set) var tallies: [StepTally] = []
    private(set) var errors = ErrorTally()
    private(set) var timeline = Timeline()
    /// Actual minus intended send of all that was sent, without what quotas held back and without
    /// the time it took to connect: how late the generator itself was.
    private(set) var scheduleLag = Histogram()
    private(set) var conversations = ConversationTally()
    private var live = LiveFigures()
    private var firstIntended = Nanoseconds.never
    private var lastEnd = Nanoseconds(.min)
    /// The longest duration among the merged shards, which have clocks of their own.
    private var longestShard = Nanoseconds.zero

    /// An aggregator that has seen nothing. Exchanges refer to their steps by number in `steps`, and
    /// to their credentials by number in `credentials`, the labels of the run's credentials.
    package init(steps: StepTable, credentials: [String] = []) {
        self.steps = steps
        self.credentials = StepTable(names: credentials, capacity: 100_000)
    }

    /// Counts one exchange. The hot path: no dictionary, no text on success.
    package mutating func add(_ exchange: borrowing Exchange) {
        let step = exchange.step.index
        if step >= tallies.count { makeRoom(for: step) }
        guard step >= 0 else { preconditionFailure("BUG: an exchange without a step") }
        tallies[step].add(exchange)
        if exchange.intended < firstIntended { firstIntended = exchange.intended }
        if exchange.end > lastEnd { lastEnd = exchange.end }
        addLag(of: exchange)
        switch exchange.outcome {
        case .ok:
            let response = exchange.responseTime
            timeline.add(end: exchange.end, response: response)
            live.add(response: response)
        case .failed(let error): addFailure(exchange, error)
        }
    }

    /// Counts one played conversation.
    package mutating func add(_ conversation: borrowing ConversationRecord) {
        conversations.add(conversation)
        live.add(conversation.outcome)
    }

    /// Counts everything `other` has counted on the same time axis: another worker of this run.
    package mutating func merge(_ other: Aggregator) {
        mergeCounts(of: other)
        firstIntended = min(firstIntended, other.firstIntended)
        lastEnd = max(lastEnd, other.lastEnd)
        longestShard = max(longestShard, other.longestShard)
    }

    /// Counts everything `other` has counted on a time axis of its own: another shard or run. The
    /// duration becomes the longer one, as shards run side by side.
    package mutating func merge(shard other: Aggregator) {
        mergeCounts(of: other)
        longestShard = max(longestShard, other.duration)
    }

    /// From the first intended send to the last end; of several shards the longest.
    package var duration: Nanoseconds {
        lastEnd < firstIntended ? longestShard : max(longestShard, lastEnd - firstIntended)
    }

    /// A few figures for a progress line; cheap enough for once a second.
    package func liveFigures() -> LiveFigures { live }

    private mutating func mergeCounts(of other: Aggregator) {
        for (index, tally) in other.tallies.enumerated() where tally.exchanges > 0 {
            let step = steps.id(for: other.steps[StepID(index: index)])
            if step.index >= tallies.count { makeRoom(for: step.index) }
            tallies[step.index].merge(tally)
        }
        generator.merge(other.generator)
        errors.merge(other.errors)
        timeline.merge(other.timeline)
        scheduleLag.merge(other.scheduleLag)
        conversations.merge(other.conversations)
        live.merge(other.live)
    }

    private mutating func addLag(of exchange: borrowing Exchange) {
        guard let sent = exchange.sent else { return }
        let connecting =
            (exchange.dns ?? .zero) + (exchange.connect ?? .zero) + (exchange.tls ?? .zero)
        scheduleLag.record(sent - exchange.intended - exchange.throttled - connecting)
    }

    private mutating func addFailure(_ exchange: borrowing Exchange, _ error: ErrorClass) {
        let key = ErrorTally.Key(
            errorClass: error, step: steps[exchange.step], status: exchange.status)
        errors.add(key, end: exchange.end, detail: exchange.detail)
        timeline.add(end: exchange.end, response: nil)
        live.addFailure()
    }

    private mutating func makeRoom(for step: Int) {
        while tallies.count <= step { tallies.append(StepTally()) }
    }
}
