import Networking

/// The figures of the exchanges and conversations of one part of a run.
struct WindowTally: Sendable {
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
    mutating func merge(_ other: WindowTally, steps numbers: [Int]) {
        mergeCounts(of: other, steps: numbers)
        span.merge(other.span)
        longestShard = max(longestShard, other.longestShard)
    }

    /// Counts everything `other` has counted on a time axis of its own.
    mutating func merge(shard other: WindowTally, steps numbers: [Int]) {
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
    var judged: WindowTally {
        var part = WindowTally()
        part.tallies = tallies.map(\.judged)
        part.scheduleLag = scheduleLag
        return part
    }

    private mutating func mergeCounts(of other: WindowTally, steps numbers: [Int]) {
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
