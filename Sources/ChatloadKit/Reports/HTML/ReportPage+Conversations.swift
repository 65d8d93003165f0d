import Base
import Networking

/// The slowest conversations, turn by turn.
extension ReportPage {
    var conversations: Markup {
        if waterfalls.isEmpty { return "" }
        let intro: Markup = """
            <p class="soft">Those that took longest from start to end, think time included. \
            What is blank between two exchanges is think time.</p>

            """
        return intro
            + Markup(
                waterfalls.enumerated().map { number, waterfall in
                    details(waterfall, number: number + 1)
                })
    }

    private func details(_ waterfall: Waterfall, number: Int) -> Markup {
        let talk = waterfall.conversation
        let open: Markup = number == 1 ? " open" : ""
        let run: Markup =
            summary.run.mergedRuns.isEmpty ? "" : " of run \(talk.run)"
        let failures: Markup =
            talk.failures == 0
            ? "" : ", <span class=\"alarm\">\(Figures.count(talk.failures)) failed</span>"
        let end = summary.timeline.last.map { $0.start + $0.seconds } ?? 0
        return """
            <details\(open)><summary><b>\(Self.name(of: talk))</b>\(run): \
            \(Figures.duration(talk.duration)), \(Figures.count(talk.turns, "turn")), \
            \(Figures.count(talk.exchanges, "exchange"))\(failures); \(talk.outcome), begun at \
            \(Self.moment(talk.start, outOf: end)) by user \(talk.user)</summary>
            \(chart(waterfall, number: number))\(Self.gapLine(waterfall))</details>

            """
    }

    private func chart(_ waterfall: Waterfall, number: Int) -> Markup {
        if waterfall.exchanges.isEmpty { return "" }
        let talk = waterfall.conversation
        let start = Nanoseconds(seconds: talk.start)
        let rows = waterfall.exchanges.map { WaterfallLine($0, since: start) }
        let longest = rows.max { $0.length < $1.length }
        let words =
            "Waterfall of \(Figures.count(rows.count, "exchange")) over "
            + "\(Figures.duration(talk.duration)); the longest, \(longest?.label ?? ""), took "
            + "\(Figures.duration(longest?.length)). Arrow keys tell each exchange."
        return ChartFrame(
            id: "waterfall-\(number)", caption: "Exchanges of \(Self.name(of: talk))",
            words: words,
            legend: WaterfallLine.legend(
                isStreamed: waterfall.exchanges.contains { $0.firstToken != nil })
        ).figure(
            rows, x: .elapsed(upTo: talk.duration), title: "time since the conversation began")
    }

    private static func name(of talk: SlowConversation) -> String {
        "\(HTMLText.clipped(talk.script, to: 120))#\(talk.iteration)"
    }

    private static func gapLine(_ waterfall: Waterfall) -> Markup {
        waterfall.gap.map { "<p class=\"note\">Exchanges are missing: \($0).</p>\n" } ?? ""
    }
}

/// An exchange as a row of a waterfall; times in milliseconds since the conversation began.
extension WaterfallLine {
    fileprivate init(_ exchange: WaterfallRow, since start: Nanoseconds) {
        let outcome = HTMLText.clipped(exchange.outcome, to: 40)
        let failure = outcome == Outcome.ok.label ? "" : ", \(outcome)"
        let again = exchange.attempt > 1 ? ", attempt \(exchange.attempt)" : ""
        let step = HTMLText.clipped(exchange.step, to: 40)
        let label = "\(exchange.turn) \(step)\(again)\(failure)"
        self.init(
            label: label, spans: Self.spans(exchange, since: start, hasFailed: !failure.isEmpty),
            tip: Self.tip(exchange, since: start, label: label))
    }

    /// From when it should have left to its end.
    fileprivate var length: Double { (spans.last?.to ?? 0) - (spans.first?.from ?? 0) }

    fileprivate static func legend(isStreamed: Bool) -> [ChartFrame.Legend] {
        let wait = isStreamed ? "waiting for the first byte or token" : "waiting for the first byte"
        let thinking: [ChartFrame.Legend] =
            isStreamed ? [("reasoning before the answer", "block think")] : []
        return [("held back", "thin held"), ("connecting", "block join"), (wait, "block wait")]
            + thinking + [("receiving", "block read"), ("failed", "block lost")]
    }

    private static func spans(
        _ exchange: WaterfallRow, since start: Nanoseconds, hasFailed: Bool
    ) -> [Span] {
        func place(_ time: Nanoseconds) -> Double { Distribution.milliseconds(time - start) }
        let (intended, end) = (place(exchange.intended), place(exchange.end))
        let left = exchange.sent.map(place) ?? end
        let joining = max(intended, left - Distribution.milliseconds(exchange.connecting))
        let before: [Span] = [(intended, joining, "held"), (joining, left, "join")]
        if hasFailed {
            return before + [(exchange.sent.map(place) ?? intended, end, "lost")]
        }
        if exchange.sent == nil { return before }
        // The head of a stream says nothing yet.
        let first = (exchange.firstToken ?? exchange.firstByte).map(place) ?? end
        let answer = exchange.answerToken.map(place) ?? (exchange.firstToken == nil ? first : end)
        return before + [
            (left, first, "wait"), (first, answer, "think"), (answer, end, "read"),
        ]
    }

    private static func tip(
        _ exchange: WaterfallRow, since start: Nanoseconds, label: String
    ) -> String {
        func duration(_ span: Nanoseconds) -> String {
            Figures.duration(Distribution.milliseconds(span))
        }
        let (sent, first) = (exchange.sent, exchange.firstByte)
        let lines = [
            "turn \(label)", "due at \(duration(exchange.intended - start))",
            exchange.throttled > .zero ? "held back \(duration(exchange.throttled))" : nil,
            exchange.connecting > .zero ? "connecting \(duration(exchange.connecting))" : nil,
            sent.flatMap { sent in first.map { "first byte after \(duration($0 - sent))" } },
            sent.flatMap { sent in
                exchange.firstToken.map { "first token after \(duration($0 - sent))" }
            },
            sent.flatMap { sent in
                exchange.answerToken.map { "answer after \(duration($0 - sent))" }
            },
            sent.map { "service \(duration(exchange.end - $0))" } ?? "never sent",
            "response \(duration(exchange.end - exchange.intended))",
            exchange.status.map { "status \($0)" },
        ]
        return lines.compactMap(\.self).joined(separator: "\n")
    }
}
