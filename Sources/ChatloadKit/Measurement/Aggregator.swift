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
    /// What the generator says of itself; of merged aggregators all of it. How responses were read is
    /// counted here, the rest comes from elsewhere.
    package var generator = GeneratorFigures()
    /// What was due while the load was what was asked for.
    private(set) var steady = WindowTally()
    /// What was due while the load was on its way up or down. The whole run is both together: so
    /// an exchange is counted once, and the figures of the whole run and of its steady window come
    /// at the price of one.
    private(set) var edges = WindowTally()
    private(set) var warmup = WarmupCounts()
    /// By the credential's number.
    private(set) var credentialTallies: [CredentialTally] = []
    /// Whether the exchanges are told apart by credential. With one credential, the ordinary case,
    /// its figures are those of the run; a log may name another at any time.
    var countsCredentials: Bool
    private(set) var errors = ErrorTally()
    private(set) var exhaustion = Exhaustion()
    private(set) var timeline = Timeline()
    private(set) var slowest = SlowestConversations()
    private(set) var lateness = LatenessTally()
    /// The latencies of the successes, interval by interval.
    private(set) var intervals = IntervalLog()
    /// What the objectives need beside all this.
    private(set) var objectives: ObjectiveTally
    private var live = LiveFigures()
    /// The longest duration among the merged shards.
    private var longestShard = Nanoseconds.zero
    private var shards = 0

    /// An aggregator that has seen nothing. Exchanges refer to their steps by number in `steps`, and
    /// to their credentials by number in `credentials`, the labels of the run's credentials. What is
    /// merged into it must have the same `objectives`.
    package init(
        steps: StepTable, credentials: [String] = [], objectives: Objectives = Objectives()
    ) {
        self.steps = steps
        self.objectives = ObjectiveTally(objectives)
        self.credentials = StepTable(names: credentials, capacity: 100_000)
        countsCredentials = credentials.count > 1
    }

    /// Counts one exchange. The hot path: no dictionary, no text on success.
    package mutating func add(_ exchange: borrowing Exchange) {
        switch exchange.phase {
        case .main: steady.add(exchange)
        case .ramp, .drain: edges.add(exchange)
        case .warmup:
            addWarmup(exchange)
            return
        }
        generator.add(exchange)
        if countsCredentials { addToCredential(exchange) }
        if let lag = exchange.scheduleLag, let sent = exchange.sent {
            timeline.add(lag: lag, sent: sent)
        }
        if exchange.recorded != nil { lateness.add(exchange) }
        if exchange.turnTime != nil { addTurn(exchange) }
        if objectives.isNeeded { objectives.add(exchange, step: steps[exchange.step]) }
        switch exchange.outcome {
        case .ok:
            let response = exchange.responseTime
            timeline.add(end: exchange.end, response: response)
            live.add(response: response)
            intervals.add(exchange)
        case .failed(let error): addFailure(exchange, error)
        }
    }

    /// Counts one played conversation.
    package mutating func add(_ conversation: borrowing ConversationRecord) {
        live.add(conversation.outcome)
        timeline.add(from: conversation.started, to: conversation.ended)
        slowest.add(conversation)
        if conversation.phase != .warmup, objectives.isNeeded { objectives.add(conversation) }
        switch conversation.phase {
        case .main: steady.add(conversation)
        case .ramp, .drain: edges.add(conversation)
        case .warmup: warmup.conversations &+= 1
        }
    }

    /// Counts everything `other` has counted on the same time axis: another worker of this run.
    package mutating func merge(_ other: Aggregator) {
        let numbers = numbers(ofStepsOf: other)
        steady.merge(other.steady, steps: numbers)
        edges.merge(other.edges, steps: numbers)
        slowest.merge(other.slowest)
        longestShard = max(longestShard, other.longestShard)
        mergeCounts(of: other)
    }

    /// Counts everything `other` has counted on a time axis of its own: another shard or run. The
    /// duration becomes the longer one, as shards run side by side.
    package mutating func merge(shard other: Aggregator) {
        let numbers = numbers(ofStepsOf: other)
        steady.merge(shard: other.steady, steps: numbers)
        edges.merge(shard: other.edges, steps: numbers)
        shards += 1
        slowest.merge(other.slowest, run: shards)
        longestShard = max(longestShard, other.duration)
        mergeCounts(of: other)
    }

    /// Hands over what has been counted second by second, which would grow with the run.
    mutating func takeHistory() -> TimeHistory {
        TimeHistory(timeline: timeline.take(), pieces: intervals.take())
    }

    /// Takes back what was handed over.
    mutating func add(_ history: TimeHistory) {
        timeline.merge(history.timeline)
        intervals.merge(history.pieces)
    }

    /// From the first intended send to the last end; of several shards the longest.
    package var duration: Nanoseconds {
        var span = steady.span
        span.merge(edges.span)
        return max(longestShard, span.length)
    }

    /// A few figures for a live view; cheap enough for a few times a second.
    package func liveFigures() -> LiveFigures { live }

    /// How late requests left so far, to 1/32; cheap enough for a few times a second.
    package func liveLag() -> Histogram { steady.scheduleLag.coarse }

    private mutating func numbers(ofStepsOf other: Aggregator) -> [Int] {
        (0..<other.steps.count).map { steps.id(for: other.steps[StepID(index: $0)]).index }
    }

    private mutating func mergeCounts(of other: Aggregator) {
        for index in 0..<other.credentials.count {
            let number = credentials.id(for: other.credentials[StepID(index: index)]).index
            guard index < other.credentialTallies.count else { continue }
            makeRoom(forCredential: number)
            credentialTallies[number].merge(other.credentialTallies[index])
        }
        generator.merge(other.generator)
        warmup.merge(other.warmup)
        errors.merge(other.errors)
        exhaustion.merge(other.exhaustion)
        timeline.merge(other.timeline)
        lateness.merge(other.lateness)
        intervals.merge(other.intervals)
        objectives.merge(other.objectives)
        live.merge(other.live)
    }

    private mutating func addWarmup(_ exchange: borrowing Exchange) {
        warmup.exchanges &+= 1
        switch exchange.outcome {
        case .ok: live.add(response: exchange.responseTime)
        case .failed(let error):
            warmup.failed &+= 1
            live.add(error, exchange.detail)
        }
    }

    private mutating func addTurn(_ exchange: borrowing Exchange) {
        let isGood = objectives.isGood(exchange)
        if exchange.phase == .main {
            steady.addTurn(isGood: isGood)
        } else {
            edges.addTurn(isGood: isGood)
        }
    }

    private mutating func addFailure(_ exchange: borrowing Exchange, _ error: ErrorClass) {
        let key = ErrorTally.Key(
            errorClass: error, step: steps[exchange.step], status: exchange.status)
        errors.add(key, end: exchange.end, detail: exchange.detail)
        if error == .exhausted { exhaustion.add(exchange.lacked) }
        timeline.add(end: exchange.end, response: nil, isRejected: error == .rejected)
        live.add(error, exchange.detail)
    }

    private mutating func addToCredential(_ exchange: borrowing Exchange) {
        guard exchange.credential >= 0 else {
            preconditionFailure("BUG: an exchange with a negative credential")
        }
        makeRoom(forCredential: exchange.credential)
        credentialTallies[exchange.credential].add(exchange)
    }

    private mutating func makeRoom(forCredential number: Int) {
        while credentialTallies.count <= number { credentialTallies.append(CredentialTally()) }
    }
}
