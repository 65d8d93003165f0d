package import Base
import Networking

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
    var steady = PhaseTally()
    /// What was due while the load was on its way up or down. The whole run is both together: so
    /// an exchange is counted once, and the figures of the whole run and of its steady window come
    /// at the price of one.
    var edges = PhaseTally()
    private(set) var warmup = WarmupCounts()
    /// By the credential's number.
    private(set) var credentialTallies: [Tally] = []
    /// Whether the exchanges are told apart by credential. With one credential, the ordinary case,
    /// its figures are those of the run; a log may name another at any time.
    var countsCredentials: Bool
    private(set) var errors = ErrorTally()
    var exhaustion = ResourceExhaustion()
    private(set) var series = LatencySeries()
    /// Latencies over time of the warm-up, where somebody watches it.
    private(set) var warmupSeries: LatencySeries?
    private(set) var slowest = SlowestConversations()
    private(set) var lateness = ScheduleLagTally()
    private(set) var streams = StreamTally()
    /// What the objectives need beside all this.
    private(set) var objectives: ObjectiveTally
    private var live = LiveFigures()
    /// What ended within the span of load.
    private var spans: SpanTally
    /// Those of the merged shards together.
    private var shardSpans: (whole: LoadSpan, steady: LoadSpan)?
    /// When the load of the longest of them ended, and what the first meant to do.
    private var shardEnd = Nanoseconds.zero
    private var shardPhases: LoadPhases?
    /// The longest duration among the merged shards.
    private var longestShard = Nanoseconds.zero
    private var shards = 0

    /// An aggregator that has seen nothing. Exchanges refer to their steps by number in `steps`, and
    /// to their credentials by number in `credentials`, the labels of the run's credentials. What is
    /// merged into it must have the same `objectives`. The run means to do what `phases` say, nil
    /// where nobody wrote that down, and its load ends at `end` at the latest.
    package init(
        steps: StepTable, credentials: [String] = [], objectives: Objectives = Objectives(),
        phases: LoadPhases? = nil, until end: Nanoseconds = .never
    ) {
        self.steps = steps
        spans = SpanTally(phases, until: end)
        self.objectives = ObjectiveTally(objectives)
        self.credentials = StepTable(names: credentials, capacity: 100_000)
        countsCredentials = credentials.count > 1
    }

    /// Counts one exchange. The hot path: no dictionary, no text on success.
    package mutating func add(_ exchange: borrowing Exchange) {
        spans.add(exchange)
        let goodput = objectives.judge(exchange)
        switch exchange.phase {
        case .main: steady.add(exchange, goodput)
        case .ramp, .drain: edges.add(exchange, goodput)
        case .warmup:
            addWarmup(exchange)
            return
        }
        generator.add(exchange)
        if countsCredentials { addToCredential(exchange) }
        if exchange.recorded != nil { lateness.add(exchange) }
        streams.add(exchange)
        if objectives.isNeeded {
            objectives.add(exchange, step: steps[exchange.step], goodput)
        }
        live.add(exchange)
        series.add(exchange)
        if case .failed(let error) = exchange.outcome { addFailure(exchange, error) }
    }

    /// Counts one played conversation.
    package mutating func add(_ conversation: borrowing ConversationRecord) {
        live.add(conversation)
        series.add(from: conversation.started, to: conversation.ended)
        slowest.add(conversation)
        if conversation.phase != .warmup, objectives.isNeeded { objectives.add(conversation) }
        switch conversation.phase {
        case .main: steady.add(conversation)
        case .ramp, .drain: edges.add(conversation)
        case .warmup: warmup.conversations &+= 1
        }
    }

    /// Counts everything `other` has counted on the same time axis: another worker of this run.
    /// Without figures over time that takes no longer the longer the run lasts.
    package mutating func merge(_ other: Aggregator, overTime: Bool = true) {
        let numbers = numbers(ofStepsOf: other)
        steady.merge(other.steady, steps: numbers)
        edges.merge(other.edges, steps: numbers)
        spans.merge(other.spans)
        slowest.merge(other.slowest)
        longestShard = max(longestShard, other.longestShard)
        mergeCounts(of: other, onOneClock: true)
        if overTime { series.merge(other.series) }
    }

    /// Counts what another worker of this run has counted over time.
    mutating func merge(overTime other: LatencySeries) { series.merge(other) }

    /// Counts everything `other` has counted on a time axis of its own: another shard or run. The
    /// duration becomes the longer one, as shards run side by side.
    package mutating func merge(shard other: Aggregator) {
        let numbers = numbers(ofStepsOf: other)
        steady.merge(shard: other.steady, steps: numbers)
        edges.merge(shard: other.edges, steps: numbers)
        shards += 1
        var ours = shardSpans ?? (LoadSpan(), LoadSpan())
        let theirs = other.loadSpans
        ours.whole.merge(theirs.whole)
        ours.steady.merge(theirs.steady)
        shardSpans = ours
        shardPhases = shardPhases ?? other.knownPhases
        shardEnd = max(shardEnd, other.loadEnd)
        slowest.merge(other.slowest, run: shards)
        longestShard = max(longestShard, other.duration)
        mergeCounts(of: other, onOneClock: false)
        series.merge(other.series)
    }

    /// From the first intended send to the last end; of several shards the longest.
    package var duration: Nanoseconds {
        var span = steady.span
        span.merge(edges.span)
        return max(longestShard, span.length)
    }

    /// The spans of the whole load and of the steady one.
    package var loadSpans: (whole: LoadSpan, steady: LoadSpan) {
        if let shardSpans { return shardSpans }
        var spans = self.spans
        let end = loadEnd
        spans.settle(until: end)
        var all = steady.span
        all.merge(edges.span)
        // Where nobody wrote the phases down, what was due tells.
        let isKnown = spans.phases != nil
        let window = isKnown ? all : steady.span
        return (
            spans.span(isSteady: false, from: all.first, to: isKnown ? end : min(all.last, end)),
            spans.span(
                isSteady: true, from: window.first, to: isKnown ? end : min(window.last, end))
        )
    }

    /// When the load ended: where the run says so, otherwise with the last exchange.
    var loadEnd: Nanoseconds {
        if shards > 0 { return shardEnd }
        if let end = generator.loadEnd { return Nanoseconds(end) }
        var times = steady.span
        times.merge(edges.span)
        return max(.zero, min(times.last, spans.horizon))
    }

    /// What the run means to do when; nil where nobody wrote it down.
    package var knownPhases: LoadPhases? { spans.phases ?? shardPhases }

    /// The run was cut short at a time counted from its start.
    mutating func cut(at time: Nanoseconds) { spans.cut(at: time) }

    /// A few figures for a live view; cheap enough for a few times a second.
    package func liveFigures() -> LiveFigures { live }

    private mutating func mergeCounts(of other: Aggregator, onOneClock: Bool) {
        for index in 0..<other.credentials.count {
            let number = credentials.id(for: other.credentials[StepID(index: index)]).index
            guard index < other.credentialTallies.count else { continue }
            makeRoom(forCredential: number)
            credentialTallies[number].merge(other.credentialTallies[index])
        }
        generator.merge(other.generator, onOneClock: onOneClock)
        warmup.merge(other.warmup)
        errors.merge(other.errors)
        exhaustion.merge(other.exhaustion)
        lateness.merge(other.lateness)
        streams.merge(other.streams)
        objectives.merge(other.objectives)
        live.merge(other.live)
    }

    /// Keeps latencies of the warm-up over time.
    mutating func watchWarmup() { warmupSeries = LatencySeries() }

    /// The run does otherwise than was meant, from now on.
    mutating func begin(_ phases: LoadPhases) {
        spans.begin(phases)
        warmupSeries = nil
    }

    private mutating func addWarmup(_ exchange: borrowing Exchange) {
        warmup.exchanges &+= 1
        warmupSeries?.add(exchange)
        series.addWarmup(end: exchange.end)
        live.add(exchange)
        if exchange.outcome != .ok { warmup.failed &+= 1 }
    }

    private mutating func addFailure(_ exchange: borrowing Exchange, _ error: ErrorClass) {
        let key = ErrorTally.Key(
            errorClass: error, step: steps[exchange.step], status: exchange.status)
        errors.add(key, end: exchange.end, detail: exchange.detail)
        if error == .exhausted { exhaustion.add(exchange.lacked) }
    }

    private mutating func addToCredential(_ exchange: borrowing Exchange) {
        guard exchange.credential >= 0 else {
            preconditionFailure("BUG: an exchange with a negative credential")
        }
        makeRoom(forCredential: exchange.credential)
        credentialTallies[exchange.credential].record(exchange)
    }

    private mutating func makeRoom(forCredential number: Int) {
        while credentialTallies.count <= number { credentialTallies.append(Tally(.credential)) }
    }
}

extension Aggregator {
    /// As much of the figures as the verdict rests on, with storage of its own.
    var judged: Aggregator {
        var part = Aggregator(steps: steps)
        part.steady = steady.judged
        part.edges = edges.judged
        part.exhaustion = exhaustion
        part.generator.merge(generator, onOneClock: true)
        return part
    }

    /// Our numbers of the steps of another, which get one where they have none yet.
    mutating func numbers(ofStepsOf other: Aggregator) -> [Int] {
        (0..<other.steps.count).map { steps.id(for: other.steps[StepID(index: $0)]).index }
    }
}

/// What a live view shows of a run under way. Each worker has its own; they are merged where they
/// are shown, and what happened between two looks is the difference of both.
package struct LiveFigures: Sendable, Equatable {
    private var tally = Tally(.live)
    /// Failures by their class's place.
    private var failures = [Int](repeating: 0, count: ErrorClass.allCases.count)
    /// What the first failure said of itself, secrets masked; empty where nothing has failed.
    package private(set) var firstFailure = ""
    private var firstFailureEnd = Nanoseconds.never

    /// Nothing yet.
    package init() {}

    /// How many there were of something that a live view tells.
    package subscript(counter: CounterMetric) -> Int { tally[counter] }

    /// A percentile of the successes' response times, to 1/32; nil with too few of them.
    package func response(at percentile: Percentile) -> Nanoseconds? {
        tally[.response].honestValue(at: percentile)
    }

    /// The same of those that ended after an earlier look.
    package func response(
        at percentile: Percentile, since earlier: borrowing LiveFigures
    ) -> Nanoseconds? {
        tally[.response].since(earlier.tally[.response]).honestValue(at: percentile)
    }

    /// A percentile of the times to the first token of streamed replies, to 1/32; nil with too few of
    /// them.
    package func firstToken(at percentile: Percentile) -> Nanoseconds? {
        tally[.ttft].honestValue(at: percentile)
    }

    /// How often each class of failure came, the most frequent first.
    package var failuresByClass: [(errorClass: ErrorClass, count: Int)] {
        zip(ErrorClass.allCases, failures).filter { $0.1 > 0 }.map { ($0.0, $0.1) }
            .sorted { $0.count > $1.count }
    }

    /// Adds another worker's figures.
    package mutating func merge(_ other: borrowing LiveFigures) {
        note(other.firstFailure, at: other.firstFailureEnd)
        tally.merge(other.tally)
        for place in other.failures.indices { failures[place] &+= other.failures[place] }
    }

    mutating func add(_ exchange: borrowing Exchange) {
        tally.record(exchange)
        guard case .failed(let failure) = exchange.outcome else { return }
        note(exchange.detail, at: exchange.end)
        guard let place = ErrorClass.allCases.firstIndex(of: failure) else { return }
        failures[place] &+= 1
    }

    mutating func add(_ conversation: borrowing ConversationRecord) { tally.record(conversation) }

    /// Keeps the earliest failure's text, of two at once the one that comes first in an index.
    private mutating func note(_ detail: String, at end: Nanoseconds) {
        if (end, detail) < (firstFailureEnd, firstFailure) {
            (firstFailureEnd, firstFailure) = (end, detail)
        }
    }
}
