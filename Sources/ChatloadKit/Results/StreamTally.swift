import Base
import Networking

/// Tally of streamed replies, beside what the table of metrics counts: how they ended, in what pieces
/// they came, and how they did by turn and by prompt. Integer sums and histograms only, so that neither
/// order nor grouping matters.
struct StreamTally: Sendable {
    /// Turns that are told of together, by their numbers.
    static let turns: [ClosedRange<Int>] = [1...1, 2...2, 3...3, 4...7, 8...Int.max]

    /// What one of these groups has.
    struct Turns: Sendable {
        /// To 1/256.
        var ttft = Histogram(layout: .gaps)
        /// Of the replies that have that.
        var promptTokens = 0

        mutating func merge(_ other: borrowing Turns) {
            ttft.merge(other.ttft)
            promptTokens &+= other.promptTokens
        }
    }

    /// Lengths that were asked for, in tokens, beside those that came of it.
    struct Lengths: Sendable, Equatable {
        private(set) var count = 0
        /// Those that differ at all, and by how much in all, whichever way.
        private(set) var missed = 0
        private(set) var difference = 0
        /// All of what was asked for, and of what came.
        private(set) var asked = 0
        private(set) var got = 0

        mutating func add(_ asked: Int, _ got: Int) {
            count &+= 1
            if asked != got { missed &+= 1 }
            difference &+= Int(clamping: (got &- asked).magnitude)
            self.asked &+= asked
            self.got &+= got
        }

        mutating func merge(_ other: Self) {
            count &+= other.count
            missed &+= other.missed
            difference &+= other.difference
            asked &+= other.asked
            got &+= other.got
        }
    }

    /// Whether a stream was seen at all, whatever became of it.
    private(set) var isNeeded = false
    /// Replies that came whole; those of them of which a stream was asked for.
    private(set) var whole = 0
    private(set) var onePiece = 0
    /// Replies beside which the service gave others, which are left out.
    private(set) var otherReplies = 0
    /// Streamed replies without their terminator, without a reason for their end, without output.
    private(set) var noEnd = 0
    private(set) var noFinish = 0
    private(set) var noOutput = 0
    private(set) var bursts = 0
    /// Failures because the prompt was too long.
    private(set) var contextOverflows = 0
    /// Tokens of the replies that have pieces.
    private(set) var tokensOfFrames = 0
    /// Replies with a time per token, and those of them of which the service told how many tokens the
    /// first piece had.
    private(set) var paced = 0
    private(set) var pacedByReport = 0
    /// Tokens of those of them of which it did not.
    private(set) var assumedTokens = 0
    /// By the reason's number.
    private(set) var finishes = StepTable(capacity: 50)
    private(set) var finishCounts: [Int] = []
    private(set) var byTurn: [Turns] = []
    private(set) var samples = PromptSamples()
    /// Replies and prompts of which a length was asked, as far as the service told what they had.
    private(set) var replyLengths = Lengths()
    private(set) var promptLengths = Lengths()

    /// Whether there is something to be told that the table of metrics does not have.
    var hasFigures: Bool {
        isNeeded || onePiece > 0 || otherReplies > 0 || contextOverflows > 0
            || replyLengths.count > 0
            || promptLengths.count > 0
    }

    /// Counts an exchange that is none of the warm-up.
    mutating func add(_ exchange: borrowing Exchange) {
        if exchange.isStreamed { isNeeded = true }
        guard exchange.outcome == .ok else {
            if exchange.outcome == .failed(.http4xx), exchange.detail.hasPrefix(Self.overflow) {
                contextOverflows &+= 1
            }
            return
        }
        if !exchange.finish.isEmpty { addFinish(exchange.finish) }
        addLengths(of: exchange)
        if exchange.stream.contains(.otherReplies) { otherReplies &+= 1 }
        guard exchange.isStreamed else {
            if exchange.reply != nil { whole &+= 1 }
            if exchange.stream.contains(.onePiece) { onePiece &+= 1 }
            return
        }
        addStreamed(exchange)
    }

    /// What the details of failures begin with that a prompt brought about because it was too long.
    static let overflow = "context length:"

    private mutating func addLengths(of exchange: borrowing Exchange) {
        guard exchange.reply != nil, exchange.tokenSource == .reported else { return }
        if let asked = exchange.askedReply { replyLengths.add(asked, exchange.replyTokens) }
        if let asked = exchange.askedPrompt { promptLengths.add(asked, exchange.promptTokens) }
    }

    private mutating func addStreamed(_ exchange: borrowing Exchange) {
        if exchange.stream.contains(.noEnd) { noEnd &+= 1 }
        if exchange.stream.contains(.burst) { bursts &+= 1 }
        if exchange.finish.isEmpty { noFinish &+= 1 }
        guard let first = exchange.firstToken, let sent = exchange.sent else {
            noOutput &+= 1
            return
        }
        tokensOfFrames &+= exchange.replyTokens
        if exchange.pace != nil {
            paced &+= 1
            if exchange.firstTokens == nil {
                assumedTokens &+= exchange.replyTokens
            } else {
                pacedByReport &+= 1
            }
        }
        samples.add(exchange, ttft: first - sent)
        guard let place = Self.turns.firstIndex(where: { $0.contains(exchange.turn) }) else {
            return
        }
        if byTurn.isEmpty { byTurn = Array(repeating: Turns(), count: Self.turns.count) }
        byTurn[place].ttft.record(first - sent)
        byTurn[place].promptTokens &+= exchange.promptTokens
    }

    private mutating func addFinish(_ name: String, _ count: Int = 1) {
        let name = name.utf8.count > 64 ? String(name.unicodeScalars.prefix(64)) : name
        let number = finishes.id(for: name).index
        while finishCounts.count <= number { finishCounts.append(0) }
        finishCounts[number] &+= count
    }

    /// Counts everything `other` has counted.
    mutating func merge(_ other: StreamTally) {
        isNeeded = isNeeded || other.isNeeded
        whole &+= other.whole
        onePiece &+= other.onePiece
        otherReplies &+= other.otherReplies
        noEnd &+= other.noEnd
        noFinish &+= other.noFinish
        noOutput &+= other.noOutput
        bursts &+= other.bursts
        contextOverflows &+= other.contextOverflows
        tokensOfFrames &+= other.tokensOfFrames
        paced &+= other.paced
        pacedByReport &+= other.pacedByReport
        assumedTokens &+= other.assumedTokens
        for (number, count) in other.finishCounts.enumerated() {
            addFinish(other.finishes[StepID(index: number)], count)
        }
        if byTurn.isEmpty {
            byTurn = other.byTurn
        } else {
            for (place, turns) in other.byTurn.enumerated() { byTurn[place].merge(turns) }
        }
        samples.merge(other.samples)
        replyLengths.merge(other.replyLengths)
        promptLengths.merge(other.promptLengths)
    }
}

/// Sample of streamed replies: how long their first token took beside how long their prompts were.
struct PromptSample: Sendable, Equatable {
    /// The most that are kept of a run.
    static let most = 2_000

    /// Follows from the reply alone, and decides whether it is kept.
    fileprivate var order: UInt64
    var promptTokens: Int
    var ttft: Nanoseconds

    fileprivate func precedes(_ other: PromptSample) -> Bool {
        (order, promptTokens, ttft) < (other.order, other.promptTokens, other.ttft)
    }
}

/// Samples of some replies, spread evenly over all of them. Which are kept follows from the
/// replies, so that those of several workers are the same whoever had which.
struct PromptSamples: Sendable {
    private var held: [PromptSample] = []
    /// Beyond this none is kept any more.
    private var last = UInt64.max

    /// The samples that are kept, in an order of no meaning.
    var kept: [PromptSample] {
        Array(held.sorted { $0.precedes($1) }.prefix(PromptSample.most))
    }

    mutating func add(_ exchange: borrowing Exchange, ttft: Nanoseconds) {
        var random = SeededRandom(
            seed: UInt64(bitPattern: (exchange.sent ?? .zero).count),
            stream: UInt64(bitPattern: exchange.end.count), index: UInt64(bitPattern: ttft.count))
        insert(
            PromptSample(
                order: random.next(), promptTokens: exchange.promptTokens, ttft: ttft))
    }

    mutating func merge(_ other: PromptSamples) {
        for sample in other.held { insert(sample) }
    }

    private mutating func insert(_ sample: PromptSample) {
        if sample.order > last { return }
        held.append(sample)
        if held.count < 2 * PromptSample.most { return }
        held = kept
        last = held.last?.order ?? .max
    }
}
