import Base

/// Rows of the table of metrics that are about tokens and streamed replies.
extension DistributionMetric {
    /// What there is to know of one of streamed replies.
    var rowOfStreams: DistributionRow {
        switch self {
        case .ttftDue:
            DistributionRow(
                name: "ttft_due", title: "Time to the first token, from when it was due",
                help: "Intended send to the first piece of output.",
                k6: ["chatload_ttft_due"], isOptional: true, isOfStreams: true)
        case .ttfa:
            DistributionRow(
                name: "ttfa", title: "Time to the answer",
                help: "Actual send to the first piece of the answer.", isCompared: true,
                goodput: ["ttfa"], k6: ["chatload_ttfa"], isOptional: true, isOfStreams: true)
        case .tpot:
            DistributionRow(
                name: "tpot", title: "Time per token",
                help: "First to last piece of output by the tokens after the first piece.",
                isOverTime: true, isCompared: true, goodput: ["tpot"], k6: ["chatload_tpot"],
                isOptional: true, isOfStreams: true, isOfTokens: true)
        case .icl:
            DistributionRow(
                name: "icl", title: "Gaps between pieces",
                help: "Gaps between pieces of output, of all replies together.",
                isOverTime: true, isCompared: true, goodput: ["icl"], k6: ["chatload_icl"],
                isOptional: true, isOfStreams: true)
        case .maxGap:
            DistributionRow(
                name: "max_gap", title: "Longest gap",
                help: "The longest gap between pieces of a reply.", k6: ["chatload_max_gap"],
                isOptional: true, isOfStreams: true)
        case .replyTokensPerSecond:
            DistributionRow(
                name: "reply_tokens_per_s", title: "Tokens a second of one reply",
                help: "Tokens after the first piece by the time to the last.", unit: .perSecond,
                place: .replies, k6: ["chatload_reply_tokens_per_s"], isOptional: true,
                isOfStreams: true, isOfTokens: true)
        default:
            DistributionRow(
                name: "ttft", title: "Time to the first token",
                help: "Actual send to the first piece of output.",
                isOverTime: true, isCompared: true, goodput: ["ttft"], k6: ["chatload_ttft"],
                isOptional: true, isOfStreams: true)
        }
    }

    /// The values of a streamed reply that succeeded, as `forEachValue` hands them out; the gaps are
    /// apart, since there are many.
    @inline(never)
    static func forEachValue(
        ofReply exchange: borrowing Exchange, where isWanted: (Self) -> Bool,
        _ body: (Self, Int64) -> Void
    ) {
        guard let first = exchange.firstToken else { return }
        if let sent = exchange.sent {
            if isWanted(.ttft) { body(.ttft, (first - sent).count) }
            if isWanted(.ttfa), let answer = exchange.answerToken {
                body(.ttfa, (answer - sent).count)
            }
        }
        if isWanted(.ttftDue) { body(.ttftDue, (first - exchange.intended).count) }
        if isWanted(.maxGap), let gap = exchange.pooledGaps?.longest { body(.maxGap, gap.count) }
        guard isWanted(.tpot) || isWanted(.replyTokensPerSecond), let pace = exchange.pace else {
            return
        }
        let (tokens, span) = (Int64(pace.tokens), pace.span.count)
        if isWanted(.tpot) {
            let (whole, rest) = span.quotientAndRemainder(dividingBy: tokens)
            body(.tpot, whole &+ (rest > (tokens &- 1) / 2 ? 1 : 0))
        }
        if isWanted(.replyTokensPerSecond) {
            let millionths = Int128(tokens) * 1_000_000_000_000_000 / Int128(span)
            body(.replyTokensPerSecond, Int64(clamping: millionths))
        }
    }

    /// The values that an exchange has of it alone, each with how often it has it. A gap is known to
    /// 1/256, and stands for no more than the longest.
    func forEachValue(of exchange: borrowing Exchange, _ body: (Int64, Int) -> Void) {
        guard self == .icl else {
            return Self.forEachValue(of: exchange, where: { $0 == self }) { body($1, 1) }
        }
        guard let gaps = exchange.pooledGaps else { return }
        for entry in gaps.counts.entries {
            let highest = GapCounts.layout.values(of: entry.slot).upperBound
            body(min(Int64(clamping: highest), gaps.longest.count), entry.count)
        }
    }

    /// Those of streamed replies, as `--goodput` may limit them.
    static let ofStreams = allCases.filter(\.row.isOfStreams)
    /// Those that are kept by the interval.
    static let overTime = allCases.filter(\.row.isOverTime)

    /// The layout of its histogram, in a tally whose others have `layout`.
    func layout(beside layout: HistogramLayout) -> HistogramLayout {
        self == .icl && layout == .fine ? .gaps : layout
    }
}

extension CounterMetric {
    /// What there is to know of one of tokens and streamed replies.
    var rowOfStreams: CounterRow {
        switch self {
        case .outputTokens:
            CounterRow(
                name: "output_tokens", help: "Tokens of replies that succeeded.", unit: .tokens,
                level: .run, isLive: true, csv: ("tokens", "output"))
        case .totalTokens:
            CounterRow(
                name: "total_tokens", help: "Tokens of exchanges that succeeded, both ways.",
                unit: .tokens, level: .run, csv: ("tokens", "total"))
        case .lostTokens:
            CounterRow(
                name: "lost_tokens", help: "Tokens of replies that failed half-way.",
                unit: .tokens, level: .run, isLimited: true, csv: ("tokens", "lost"),
                k6: "chatload_lost_tokens", openMetrics: "lost_tokens")
        case .reasoningTokens:
            CounterRow(
                name: "reasoning_tokens", help: "Tokens of reasoning, where services tell.",
                unit: .tokens, level: .run, csv: ("tokens", "reasoning"))
        case .cachedTokens:
            CounterRow(
                name: "cached_tokens", help: "Tokens of prompts that a cache had.", unit: .tokens,
                level: .run, csv: ("tokens", "cached"), openMetrics: "cached_tokens")
        case .cacheableTokens:
            CounterRow(
                name: "cacheable_tokens",
                help: "Tokens of prompts of which services told what a cache had.", unit: .tokens,
                level: .run, csv: ("tokens", "cacheable"))
        case .streamed:
            CounterRow(
                name: "streamed", help: "Streamed replies that succeeded.", level: .run,
                isLive: true, csv: ("streams", "streamed"), k6: "chatload_streamed",
                openMetrics: "streamed_replies")
        case .frames:
            CounterRow(
                name: "frames", help: "Pieces of output of streamed replies that succeeded.",
                level: .run, csv: ("streams", "frames"), openMetrics: "frames")
        case .unjudgedTurns:
            CounterRow(
                name: "unjudged_turns",
                help: "Turns that succeeded and have not every figure that the goodput limits.",
                level: .run, needsGoodput: true, csv: ("turns", "unjudged"))
        default:
            CounterRow(
                name: "input_tokens", help: "Tokens of prompts of exchanges that succeeded.",
                unit: .tokens, level: .run, csv: ("tokens", "input"))
        }
    }

    /// What an exchange that succeeded adds to those of tokens, where that is something.
    @inline(__always)
    static func forEachTokenCount(of exchange: borrowing Exchange, _ body: (Self, Int) -> Void) {
        if exchange.promptTokens != 0 { body(.inputTokens, exchange.promptTokens) }
        if exchange.replyTokens != 0 { body(.outputTokens, exchange.replyTokens) }
        body(.totalTokens, exchange.promptTokens &+ exchange.replyTokens)
        if exchange.isPlain { return }
        if exchange.isStreamed { body(.streamed, 1) }
        if exchange.chunks > 0 { body(.frames, exchange.chunks) }
        if let reasoning = exchange.reasoningTokens { body(.reasoningTokens, reasoning) }
        guard let cached = exchange.cachedTokens, exchange.tokenSource == .reported else { return }
        body(.cachedTokens, cached)
        body(.cacheableTokens, exchange.promptTokens)
    }
}

extension DerivedMetric {
    /// What there is to know of one of tokens.
    var rowOfStreams: DerivedRow {
        switch self {
        case .promptTokensPerSecond:
            DerivedRow(
                name: "prompt_tokens_per_s",
                help: "Prompt tokens of exchanges that succeeded, by the second of load.",
                formula: .rate(.inputTokens), isOfTokens: true, csv: ("tokens", "prompt_rate"))
        case .totalTokensPerSecond:
            DerivedRow(
                name: "total_tokens_per_s",
                help: "Tokens of exchanges that succeeded, both ways, by the second of load.",
                formula: .rate(.totalTokens), isOfTokens: true, csv: ("tokens", "total_rate"))
        case .cacheHit:
            DerivedRow(
                name: "cache_hit",
                help: "The share of prompt tokens that a cache had, where services tell.",
                formula: .share(.cachedTokens, of: .cacheableTokens), isOfTokens: true,
                csv: ("tokens", "cache_hit"), k6: "chatload_cache_hit")
        default:
            DerivedRow(
                name: "output_tokens_per_s",
                help: "Tokens of replies that succeeded, by the second of load.",
                formula: .rate(.outputTokens), isCompared: true, isOfTokens: true,
                csv: ("tokens", "output_rate"))
        }
    }
}
