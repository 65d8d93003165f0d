import Base
import Networking

/// Where the token counts of several exchanges come from.
enum TokenOrigin: String, Sendable, Codable {
    case none, reported, estimated, mixed

    /// The origin of two groups of exchanges taken together.
    func joined(with other: TokenOrigin) -> TokenOrigin {
        if self == .none || self == other { return other }
        return other == .none ? self : .mixed
    }
}

/// Everything counted about one step's exchanges: sums, minima and maxima of integers only.
struct StepTally: Sendable, Equatable {
    /// Latencies of the successes.
    var response = Histogram()
    /// Those of the response times that hold more of the generator's own lateness than they bear.
    var late = Histogram()
    /// The same exchanges' response times without that lateness.
    var lateInTime = Histogram()
    var service = Histogram()
    var reply = Histogram()
    var ttfb = Histogram()
    /// Response times of the failures, at the value they reached.
    var failed = Histogram()
    var rejected = 0
    /// Attempts beyond the first.
    var retries = 0
    /// Those of them that succeeded.
    var saved = 0
    /// How long quotas of ours held exchanges back, of those that they did.
    var throttled = Histogram()
    var bytesOut = 0
    var bytesIn = 0
    var promptTokens = 0
    var replyTokens = 0
    var tokenOrigin = TokenOrigin.none
    var interimResponses = 0

    var exchanges: Int { response.count + failed.count }

    mutating func add(_ exchange: borrowing Exchange) {
        switch exchange.outcome {
        case .ok: addLatencies(of: exchange)
        case .failed(let error):
            failed.record(exchange.responseTime)
            if error == .rejected { rejected &+= 1 }
        }
        if exchange.throttled > .zero { throttled.record(exchange.throttled) }
        if exchange.attempt > 1 { addRetry(exchange.outcome) }
        bytesOut &+= exchange.bytesOut
        bytesIn &+= exchange.bytesIn
        interimResponses &+= exchange.interimResponses
        if exchange.promptTokens != 0 || exchange.replyTokens != 0 { addTokens(of: exchange) }
    }

    mutating func merge(_ other: borrowing StepTally) {
        response.merge(other.response)
        late.merge(other.late)
        lateInTime.merge(other.lateInTime)
        service.merge(other.service)
        reply.merge(other.reply)
        ttfb.merge(other.ttfb)
        failed.merge(other.failed)
        rejected &+= other.rejected
        retries &+= other.retries
        saved &+= other.saved
        throttled.merge(other.throttled)
        bytesOut &+= other.bytesOut
        bytesIn &+= other.bytesIn
        promptTokens &+= other.promptTokens
        replyTokens &+= other.replyTokens
        tokenOrigin = tokenOrigin.joined(with: other.tokenOrigin)
        interimResponses &+= other.interimResponses
    }

    /// As much of it as the verdict rests on.
    var judged: StepTally {
        var part = StepTally()
        (part.response, part.failed) = (response, failed)
        (part.late, part.lateInTime) = (late, lateInTime)
        part.bytesOut = bytesOut
        return part
    }

    private mutating func addLatencies(of exchange: borrowing Exchange) {
        response.record(exchange.responseTime)
        if let inTime = exchange.responseInTime {
            late.record(exchange.responseTime)
            lateInTime.record(inTime)
        }
        if let time = exchange.serviceTime { service.record(time) }
        if let time = exchange.timeToFirstByte { ttfb.record(time) }
        if let time = exchange.reply { reply.record(time) }
    }

    private mutating func addRetry(_ outcome: Outcome) {
        retries &+= 1
        if outcome == .ok { saved &+= 1 }
    }

    private mutating func addTokens(of exchange: borrowing Exchange) {
        promptTokens &+= exchange.promptTokens
        replyTokens &+= exchange.replyTokens
        let origin = exchange.tokenSource == .reported ? TokenOrigin.reported : .estimated
        tokenOrigin = tokenOrigin.joined(with: origin)
    }
}

/// The conversations of a run by how they ended.
struct ConversationTally: Sendable, Equatable {
    var completed = 0
    var failed = 0
    var aborted = 0
    /// Start to end of the completed ones.
    var durations = Histogram()

    var started: Int { completed + failed + aborted }

    mutating func add(_ conversation: borrowing ConversationRecord) {
        switch conversation.outcome {
        case .completed:
            completed &+= 1
            durations.record(conversation.ended - conversation.started)
        case .failed: failed &+= 1
        case .aborted: aborted &+= 1
        }
    }

    mutating func merge(_ other: borrowing ConversationTally) {
        completed &+= other.completed
        failed &+= other.failed
        aborted &+= other.aborted
        durations.merge(other.durations)
    }
}

/// What is counted about one credential's exchanges.
struct CredentialTally: Sendable, Equatable {
    private(set) var exchanges = 0
    private(set) var failed = 0
    private(set) var rejected = 0
    private(set) var retries = 0
    private(set) var throttledTime: Int64 = 0
    private(set) var promptTokens = 0
    private(set) var replyTokens = 0
    /// Response times of the successes, to 1/32: there may be many credentials.
    private(set) var response = Histogram(layout: .coarse)

    init() {}

    /// What is counted about the only credential of a run whose exchanges these are.
    init(of all: StepTally) {
        exchanges = all.exchanges
        failed = all.failed.count
        rejected = all.rejected
        retries = all.retries
        throttledTime = all.throttled.total.count
        promptTokens = all.promptTokens
        replyTokens = all.replyTokens
        response = all.response.coarse
    }

    mutating func add(_ exchange: borrowing Exchange) {
        exchanges &+= 1
        switch exchange.outcome {
        case .ok: response.record(exchange.responseTime)
        case .failed(let error):
            failed &+= 1
            if error == .rejected { rejected &+= 1 }
        }
        if exchange.attempt > 1 { retries &+= 1 }
        throttledTime &+= exchange.throttled.count
        promptTokens &+= exchange.promptTokens
        replyTokens &+= exchange.replyTokens
    }

    mutating func merge(_ other: borrowing CredentialTally) {
        exchanges &+= other.exchanges
        failed &+= other.failed
        rejected &+= other.rejected
        retries &+= other.retries
        throttledTime &+= other.throttledTime
        promptTokens &+= other.promptTokens
        replyTokens &+= other.replyTokens
        response.merge(other.response)
    }

    /// Fills in what follows from the exchanges.
    func complete(_ result: inout CredentialResult) {
        result.exchanges = exchanges
        result.failed = failed
        result.rejected = rejected
        result.retries = retries
        result.throttledSeconds = Nanoseconds(throttledTime).roundedSeconds
        result.promptTokens = promptTokens
        result.replyTokens = replyTokens
        result.p50 = response.honestValue(at: .p50).map(Distribution.milliseconds)
        result.p99 = response.honestValue(at: .p99).map(Distribution.milliseconds)
    }
}

/// The figures of the exchanges and conversations of one part of a run.
struct PhaseTally: Sendable {
    /// By the step's number.
    private(set) var tallies: [StepTally] = []
    /// How late the generator itself was (see `Exchange.scheduleLag`).
    private(set) var scheduleLag = Histogram()
    private(set) var conversations = ConversationTally()
    private(set) var turns = TurnCounts()
    private(set) var span = TimeSpan()
    /// The longest duration among the merged shards, which have clocks of their own.
    private var longestShard = Nanoseconds.zero

    /// From the first intended send to the last end; of several shards the longest.
    var duration: Nanoseconds { max(longestShard, span.length) }

    mutating func add(_ exchange: borrowing Exchange) {
        let step = exchange.step.index
        if step >= tallies.count { makeRoom(for: step) }
        guard step >= 0 else { preconditionFailure("BUG: an exchange without a step") }
        tallies[step].add(exchange)
        span.add(from: exchange.intended, to: exchange.end)
        if let lag = exchange.scheduleLag { scheduleLag.record(lag) }
    }

    mutating func add(_ conversation: borrowing ConversationRecord) {
        conversations.add(conversation)
    }

    /// Counts a turn that ended.
    mutating func addTurn(hasSucceeded: Bool, isGood: Bool) {
        turns.ended &+= 1
        if hasSucceeded { turns.succeeded &+= 1 }
        if isGood { turns.good &+= 1 }
    }

    /// Counts everything `other` has counted on the same time axis; `numbers` are ours of its steps.
    mutating func merge(_ other: PhaseTally, steps numbers: [Int]) {
        mergeCounts(of: other, steps: numbers)
        span.merge(other.span)
        longestShard = max(longestShard, other.longestShard)
    }

    /// Counts everything `other` has counted on a time axis of its own.
    mutating func merge(shard other: PhaseTally, steps numbers: [Int]) {
        mergeCounts(of: other, steps: numbers)
        longestShard = max(longestShard, other.duration)
    }

    /// All steps together.
    var all: StepTally {
        var all = StepTally()
        for tally in tallies { all.merge(tally) }
        return all
    }

    /// As much of them as the verdict rests on.
    var judged: PhaseTally {
        var part = PhaseTally()
        part.tallies = tallies.map(\.judged)
        part.scheduleLag = scheduleLag
        return part
    }

    private mutating func mergeCounts(of other: PhaseTally, steps numbers: [Int]) {
        for (tally, step) in zip(other.tallies, numbers) where tally.exchanges > 0 {
            if step >= tallies.count { makeRoom(for: step) }
            tallies[step].merge(tally)
        }
        scheduleLag.merge(other.scheduleLag)
        conversations.merge(other.conversations)
        turns.ended &+= other.turns.ended
        turns.succeeded &+= other.turns.succeeded
        turns.good &+= other.turns.good
    }

    private mutating func makeRoom(for step: Int) {
        while tallies.count <= step { tallies.append(StepTally()) }
    }
}

/// Turns by how they ended.
struct TurnCounts: Sendable, Equatable {
    var ended = 0
    /// Those whose reply was there and as expected.
    var succeeded = 0
    /// Those within the limits of the goodput.
    var good = 0
}

/// The stretch of time that something filled; empty as made.
struct TimeSpan: Sendable {
    private(set) var first = Nanoseconds.never
    private(set) var last = Nanoseconds(.min)

    var length: Nanoseconds { last < first ? .zero : last - first }

    mutating func add(from start: Nanoseconds, to end: Nanoseconds) {
        if start < first { first = start }
        if end > last { last = end }
    }

    mutating func merge(_ other: TimeSpan) {
        first = min(first, other.first)
        last = max(last, other.last)
    }
}
