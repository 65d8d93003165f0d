import Base

/// Figures of streamed replies: `streams` of a summary, present where something was streamed.
package struct StreamFigures: Codable, Equatable, Sendable {
    /// What is known of the first piece's tokens, without which no time per token can be told.
    package enum Basis: String, Codable, Sendable {
        /// No reply has a time per token.
        case none
        /// The service said how many it had.
        case reported
        /// It is taken to have one.
        case assumed
        case mixed
    }

    /// Figures of the turns of these numbers.
    package struct Turns: Codable, Equatable, Sendable {
        /// `1`, `4-7`, `8+`.
        package var turns: String
        package var ttft: Distribution
        /// The mean.
        @Nullable package var promptTokens: Double? = nil

        enum CodingKeys: String, CodingKey {
            case turns
            case ttft = "ttft_ms"
            case promptTokens = "prompt_tokens"
        }
    }

    /// Figures of the prompts that were made to have a length, first turns alone: what the service counts
    /// them as beside what was wanted.
    package struct Prompts: Codable, Equatable, Sendable {
        package var count = 0
        /// Means.
        package var tokensAsked = 0.0
        package var tokensReported = 0.0
        /// By how many tokens a prompt misses its length on average, whichever way.
        package var meanMiss = 0.0

        enum CodingKeys: String, CodingKey {
            case count
            case tokensAsked = "tokens_asked"
            case tokensReported = "tokens_reported"
            case meanMiss = "mean_miss"
        }

        init(count: Int, tokensAsked: Double, tokensReported: Double, meanMiss: Double) {
            (self.count, self.meanMiss) = (count, meanMiss)
            (self.tokensAsked, self.tokensReported) = (tokensAsked, tokensReported)
        }

        /// nil of no prompts.
        init?(_ tally: StreamTally.Lengths) {
            if tally.count == 0 { return nil }
            func mean(_ sum: Int) -> Double {
                (Double(sum) / Double(tally.count) * 1_000).rounded() / 1_000
            }
            count = tally.count
            (tokensAsked, tokensReported) = (mean(tally.asked), mean(tally.got))
            meanMiss = mean(tally.difference)
        }
    }

    /// Replies that succeeded: those that were streamed, and those that came whole.
    package var streamed = 0
    package var whole = 0
    /// Those of the latter of which a stream was asked for.
    package var onePiece = 0
    /// Replies, streamed or whole, beside which the service gave others, which are left out.
    @Default package var otherReplies = 0
    /// Pieces of output.
    package var frames = 0
    @Nullable package var tokensPerFrame: Double? = nil
    package var tpotBasis = Basis.none
    /// How often each reason for a reply's end was given.
    package var finishes: [String: Int] = [:]
    /// Streamed replies without a terminator, without a reason for their end, without output.
    package var noEnd = 0
    package var noFinish = 0
    package var noOutput = 0
    /// Replies that something between held back, so that most of their pieces came at once.
    package var bursts = 0
    /// Failures because the prompt was too long.
    package var contextOverflows = 0
    @Nullable package var outputTokensPerSecond: Double? = nil
    /// Of each reply.
    package var replyTokensPerSecond = Distribution()
    package var reasoningTokens = 0
    package var cachedTokens = 0
    /// The share of the prompts' tokens that a cache had; nil where no service told.
    @Nullable package var cacheHit: Double? = nil
    package var lostTokens = 0
    /// Replies of which a length was asked and told, and those of them that have another one.
    @Default package var lengthAsked = 0
    @Default package var lengthMissed = 0
    /// Prompts that were made to have a length.
    package var prompts: Prompts?
    package var byTurn: [Turns] = []
    /// By how much times per token are too short at most, as a share of them, where pieces have more
    /// than one and a half tokens and the service does not say how many the first has.
    package var tpotBias: Double?

    enum CodingKeys: String, CodingKey {
        case streamed, whole
        case onePiece = "one_piece"
        case otherReplies = "other_replies"
        case frames
        case tokensPerFrame = "tokens_per_frame"
        case tpotBasis = "tpot_basis"
        case finishes
        case noEnd = "no_end"
        case noFinish = "no_finish"
        case noOutput = "no_output"
        case bursts
        case contextOverflows = "context_overflows"
        case outputTokensPerSecond = "output_tokens_per_s"
        case replyTokensPerSecond = "reply_tokens_per_s"
        case reasoningTokens = "reasoning_tokens"
        case cachedTokens = "cached_tokens"
        case cacheHit = "cache_hit"
        case lostTokens = "lost_tokens"
        case lengthAsked = "length_asked"
        case lengthMissed = "length_missed"
        case prompts = "made_prompts"
        case byTurn = "by_turn"
        case tpotBias = "tpot_bias"
    }

    /// Figures of nothing.
    init() {}

    /// The figures of a tally, beside which `totals` and `replyTokens` are those of the table.
    init(_ tally: StreamTally, _ totals: Totals, replyTokens: Histogram) {
        (streamed, frames) = (totals[.streamed], totals[.frames])
        (whole, onePiece, otherReplies) = (tally.whole, tally.onePiece, tally.otherReplies)
        (noEnd, noFinish, noOutput) = (tally.noEnd, tally.noFinish, tally.noOutput)
        (bursts, contextOverflows) = (tally.bursts, tally.contextOverflows)
        if frames > 0 {
            tokensPerFrame = Self.rounded(Double(tally.tokensOfFrames) / Double(frames))
        }
        for (number, count) in tally.finishCounts.enumerated() {
            finishes[tally.finishes[StepID(index: number)], default: 0] += count
        }
        outputTokensPerSecond = totals[.outputTokensPerSecond]
        replyTokensPerSecond = Distribution(replyTokens)
        (reasoningTokens, cachedTokens) = (totals[.reasoningTokens], totals[.cachedTokens])
        (cacheHit, lostTokens) = (totals[.cacheHit], totals[.lostTokens])
        (lengthAsked, lengthMissed) = (tally.replyLengths.count, tally.replyLengths.missed)
        prompts = Prompts(tally.promptLengths)
        byTurn = zip(StreamTally.turns, tally.byTurn).compactMap(Self.turns)
        takeBasis(of: tally)
    }

    private mutating func takeBasis(of tally: StreamTally) {
        if tally.paced == 0 { return }
        let isReported = tally.pacedByReport == tally.paced
        tpotBasis = isReported ? .reported : tally.pacedByReport == 0 ? .assumed : .mixed
        let assumed = tally.paced - tally.pacedByReport
        guard assumed > 0, let first = tokensPerFrame, first > Self.manyTokens else { return }
        let rest = Double(tally.assumedTokens) / Double(assumed) - first
        if rest > 0 { tpotBias = Self.rounded(first / rest) }
    }

    private static func turns(
        _ range: ClosedRange<Int>, _ tally: StreamTally.Turns
    ) -> Turns? {
        if tally.ttft.count == 0 { return nil }
        let name =
            range.count == 1
            ? "\(range.lowerBound)"
            : range.upperBound == .max
                ? "\(range.lowerBound)+" : "\(range.lowerBound)-\(range.upperBound)"
        let prompt = Double(tally.promptTokens) / Double(tally.ttft.count)
        return Turns(turns: name, ttft: Distribution(tally.ttft), promptTokens: rounded(prompt))
    }

    private static func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }

    /// From where on a piece has more than one token.
    private static let manyTokens = 1.5
    /// The share of the replies from where on bursts are worth a note.
    private static let manyBursts = 0.05
}

extension StreamFigures {
    /// What a reader of the figures must know of the streams, a sentence each.
    var notes: [String] {
        var notes: [String] = []
        if let bias = tpotBias {
            notes.append(
                "tpot is too short by up to \(Figures.decimal(bias * 100, places: 0)) %: frames have "
                    + "\(Figures.decimal(tokensPerFrame ?? 0, places: 1)) tokens, and the service "
                    + "does not say how many the first one has")
        }
        if Double(bursts) > Self.manyBursts * Double(streamed) {
            notes.append(
                "\(Figures.count(bursts)) of \(Figures.count(streamed)) streamed replies came in a "
                    + "burst, most frames in one read: something between holds them back, a proxy "
                    + "or gzip")
        }
        let counted: [(Int, String)] = [
            (noEnd, "a finish, but without the stream's end"),
            (noFinish, "the stream's end, but without a finish"),
        ]
        for (count, what) in counted where count > 0 {
            notes.append("\(Figures.count(count, "streamed reply")) ended with \(what)")
        }
        if onePiece > 0 {
            notes.append(
                "asked for a stream, got one piece: \(Figures.count(onePiece, "reply"))")
        }
        if otherReplies > 0 {
            notes.append(
                "the service gave several replies at once, of which all but the first are left "
                    + "out: beside \(Figures.count(otherReplies, "reply"))")
        }
        return notes
    }
}
