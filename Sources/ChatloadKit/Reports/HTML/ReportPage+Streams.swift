import Base

/// What was streamed.
extension ReportPage {
    /// Nothing where nothing was streamed.
    var streaming: Markup {
        guard let streams = summary.streams else { return "" }
        let times = Table(
            caption: "Streamed replies", columns: Self.columns("figure"),
            rows: DistributionMetric.ofStreams.filter { summary.latency[$0].count > 0 }
                .map { Self.row("\($0.row.name): \($0.row.title)", summary.latency[$0]) })
        let words = streams.lines(of: summary.totals).filter { !$0.words.isEmpty }
        let facts = Table(
            caption: "How they came", columns: [.text("name"), .text("value")],
            rows: words.map { [.text($0.label), .text($0.words)] }, isSortable: false,
            isNarrow: true)
        return times.html + facts.html + turns(of: streams) + scatter
    }

    /// The figures that most people came for, where something was streamed.
    var streamTiles: [Markup] {
        guard let streams = summary.streams else { return [] }
        let ttft = summary.latency[.ttft]
        return [
            tile(
                "First token p50", Figures.duration(ttft.p50),
                "p99 \(Figures.duration(ttft.p99)), \(Figures.count(streams.streamed)) streamed "
                    + "replies"),
            tile(
                "Tokens/s", Figures.decimal(streams.outputTokensPerSecond ?? 0, places: 1),
                "of replies that succeeded, \(summary.totals.tokenSource)"),
        ]
    }

    private func turns(of streams: StreamFigures) -> Markup {
        if streams.byTurn.isEmpty { return "" }
        let names = ["count", "ttft p50", "ttft p99", "prompt tokens, mean"]
        return Table(
            caption: "Time to the first token by turn",
            columns: [.text("turn")] + names.map { .number($0) },
            rows: streams.byTurn.map { turns in
                [
                    .text(turns.turns), .count(turns.ttft.count), .duration(turns.ttft.p50),
                    .duration(turns.ttft.p99),
                    .figure(
                        turns.promptTokens.map { Figures.decimal($0, places: 1) }
                            ?? Figures.missing, turns.promptTokens),
                ]
            }
        ).html
    }

    /// The first token's time against the prompt's length: a cache of prefixes, or a queue, is seen at
    /// a glance.
    private var scatter: Markup {
        guard let longest = samples.map(\.promptTokens).max(), longest > 0 else { return "" }
        let times = samples.map { Distribution.milliseconds($0.ttft) }
        let words =
            "Scatter plot of the time to the first token against the tokens of the prompt, "
            + "\(Figures.count(samples.count)) replies: prompts up to \(Figures.count(longest)) "
            + "tokens, times up to \(Figures.duration(times.max()))."
        return ChartFrame(
            id: "prompts", caption: "Time to the first token by the prompt's tokens",
            words: words, note: "At most \(Figures.count(PromptSample.most)) replies of all."
        ).figure(
            dots: zip(samples, times).map { (Double($0.promptTokens), $1) },
            x: .count(upTo: Double(longest)), y: .duration(upTo: times.max() ?? 0),
            title: "tokens of the prompt")
    }
}
