import Base

/// What was streamed: when the first token came and how fast the others followed.
extension TerminalReport {
    /// Nothing where nothing was streamed.
    var streaming: [TextLine] {
        guard let streams = summary.streams else { return [] }
        let names = ["p50", "p90", "p99", "max"]
        let table = TextTable(
            [.left("", 20), .right("count", 12)] + names.map { .right($0, 10 + extra / 8) })
        let rows = Self.rows.flatMap { metric, words -> [TextLine] in
            let figures = summary.latency[metric]
            if figures.count == 0 { return [] }
            let values = [figures.p50, figures.p90, figures.p99, figures.max]
            let row = table.row(
                ["  \(metric.row.name), \(words)", Figures.shortCount(figures.count)]
                    + values.map { Figures.duration($0) })
            let known = names.map {
                summary.intervals["\(metric.row.name).\($0)"]?.text ?? ""
            }
            return known.allSatisfy(\.isEmpty) ? [row] : [row, table.row(["", "±"] + known)]
        }
        return [TextLine("Streaming", .title), table.head] + rows
            + labelled(streams.lines(of: summary.totals).map { ($0.label, $0.words) })
            + turns(of: streams)
    }

    /// What is told of, and in how few words.
    private static let rows: [(DistributionMetric, String)] = [
        (.ttft, "first token"), (.ttfa, "answer"), (.tpot, "per token"), (.icl, "gaps"),
        (.maxGap, "longest"),
    ]

    private func turns(of streams: StreamFigures) -> [TextLine] {
        if streams.byTurn.count < 2 { return [] }
        let table = TextTable([
            .left("  by turn", 20), .right("count", 12), .right("ttft p50", 10),
            .right("ttft p99", 10), .right("prompt tokens", 16),
        ])
        return [table.head]
            + streams.byTurn.map { turns in
                table.row([
                    "  \(turns.turns)", Figures.shortCount(turns.ttft.count),
                    Figures.duration(turns.ttft.p50), Figures.duration(turns.ttft.p99),
                    turns.promptTokens.map { Figures.decimal($0, places: 1) } ?? Figures.missing,
                ])
            }
    }
}

extension StreamFigures {
    /// Sentences on them with their labels, for reports in words; empty ones are to be left out.
    func lines(of totals: Totals) -> [(label: String, words: String)] {
        [
            ("replies", replies), ("tokens/s", rates(of: totals)), ("frames", pieces),
            ("finishes", ends), ("lengths", lengths), ("prompts", madePrompts), ("cache", cache),
            (
                "lost",
                lostTokens == 0
                    ? "" : "\(Figures.count(lostTokens)) tokens of replies that failed half-way"
            ),
            (
                "context",
                contextOverflows == 0
                    ? ""
                    : "\(Figures.count(contextOverflows, "exchange")) failed because the prompt was "
                        + "too long"
            ),
        ]
    }

    private var replies: String {
        "\(Figures.count(streamed)) streamed"
            + (whole > 0 ? ", \(Figures.count(whole)) whole" : "")
            + (noOutput > 0 ? ", \(Figures.count(noOutput)) without output" : "")
            + (bursts > 0 ? ", \(Figures.count(bursts)) in a burst" : "")
    }

    private func rates(of totals: Totals) -> String {
        func decimal(_ value: Double?) -> String {
            value.map { Figures.decimal($0, places: 1) } ?? Figures.missing
        }
        return "\(decimal(outputTokensPerSecond)) out in all, "
            + "\(decimal(totals[.promptTokensPerSecond])) in; one reply p50 "
            + "\(decimal(replyTokensPerSecond.p50)) (\(totals.tokenSource) tokens)"
    }

    private var pieces: String {
        guard let tokens = tokensPerFrame else { return "" }
        let basis =
            switch tpotBasis {
            case .none: ""
            case .reported: "; tokens of the first one reported"
            case .assumed: "; the first one is taken to have one (tpot)"
            case .mixed: "; tokens of the first one not always reported (tpot)"
            }
        return "\(Figures.count(frames)), \(Figures.decimal(tokens, places: 2)) tokens each\(basis)"
    }

    private var ends: String {
        let named = finishes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\(TextLayout.visible($0.key)) \(Figures.count($0.value))" }
        let others = [
            noFinish > 0 ? "none given \(Figures.count(noFinish))" : nil,
            noEnd > 0 ? "without the stream's end \(Figures.count(noEnd))" : nil,
        ]
        return (named + others.compactMap(\.self)).joined(separator: ", ")
    }

    private var lengths: String {
        if lengthAsked == 0 { return "" }
        return "asked of \(Figures.count(lengthAsked, "reply")), another one in"
            + " \(Figures.count(lengthMissed)) of them"
    }

    private var madePrompts: String {
        guard let prompts else { return "" }
        func tokens(_ count: Double) -> String { Figures.decimal(count, places: 1) }
        return "made for \(tokens(prompts.tokensAsked)) tokens, \(tokens(prompts.tokensReported))"
            + " by the service's count; each off by \(tokens(prompts.meanMiss)) on average"
            + " (\(Figures.count(prompts.count, "first turn")))"
    }

    private var cache: String {
        guard let share = cacheHit else { return "" }
        return "\(Figures.decimal(share * 100, places: 1)) % of the prompts' tokens "
            + "(\(Figures.count(cachedTokens))), where services told"
    }
}
