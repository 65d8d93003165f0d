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
            words: words, legend: WaterfallLine.legend
        ).figure(
            rows, x: .elapsed(upTo: talk.duration), title: "time since the conversation began")
    }

    private static func name(of talk: SlowConversation) -> String {
        "\(HTMLText.clipped(talk.script, to: 120))#\(talk.ticket)"
    }

    private static func gapLine(_ waterfall: Waterfall) -> Markup {
        waterfall.gap.map { "<p class=\"note\">Exchanges are missing: \($0).</p>\n" } ?? ""
    }
}

/// An exchange as a row of a waterfall; times in milliseconds since the conversation began.
extension WaterfallLine {
    fileprivate init(_ exchange: WaterfallRow, since start: Nanoseconds) {
        let times = Times(exchange, since: start)
        let outcome = HTMLText.clipped(exchange.outcome, to: 40)
        let failure = outcome == Outcome.ok.label ? "" : ", \(outcome)"
        let again = exchange.attempt > 1 ? ", attempt \(exchange.attempt)" : ""
        let step = HTMLText.clipped(exchange.step, to: 40)
        let label = "\(exchange.turn) \(step)\(again)\(failure)"
        self.init(
            label: label, spans: Self.spans(times, hasFailed: !failure.isEmpty),
            tip: Self.tip(exchange, times, label: label))
    }

    /// From when it should have left to its end.
    fileprivate var length: Double { (spans.last?.to ?? 0) - (spans.first?.from ?? 0) }

    fileprivate static let legend = [
        ChartFrame.Legend(name: "held back", style: "thin held"),
        ChartFrame.Legend(name: "connecting", style: "block join"),
        ChartFrame.Legend(name: "waiting for the first byte", style: "block wait"),
        ChartFrame.Legend(name: "receiving", style: "block read"),
        ChartFrame.Legend(name: "failed", style: "block lost"),
    ]

    private static func spans(_ times: Times, hasFailed: Bool) -> [Span] {
        let left = times.sent ?? times.end
        let joining = max(times.intended, left - times.connecting)
        var spans = [
            Span(from: times.intended, to: joining, style: "held", isThin: true),
            Span(from: joining, to: left, style: "join"),
        ]
        if hasFailed {
            let begin = times.sent ?? times.intended
            spans.append(Span(from: begin, to: times.end, style: "lost"))
        } else if let sent = times.sent {
            let first = times.firstByte ?? times.end
            spans.append(Span(from: sent, to: first, style: "wait"))
            spans.append(Span(from: first, to: times.end, style: "read"))
        }
        return spans
    }

    private static func tip(_ exchange: WaterfallRow, _ times: Times, label: String) -> String {
        var lines = ["turn \(label)", "due at \(Figures.duration(times.intended))"]
        if exchange.throttled > .zero {
            lines.append("held back \(duration(exchange.throttled))")
        }
        if exchange.connecting > .zero {
            lines.append("connecting \(duration(exchange.connecting))")
        }
        if let sent = exchange.sent {
            if let first = exchange.firstByte {
                lines.append("first byte after \(duration(first - sent))")
            }
            lines.append("service \(duration(exchange.end - sent))")
        } else {
            lines.append("never sent")
        }
        lines.append("response \(duration(exchange.end - exchange.intended))")
        if let status = exchange.status { lines.append("status \(status)") }
        return lines.joined(separator: "\n")
    }

    private static func duration(_ span: Nanoseconds) -> String {
        Figures.duration(Distribution.milliseconds(span))
    }

    /// The points in time of an exchange.
    private struct Times {
        var intended: Double
        var sent: Double?
        var firstByte: Double?
        var end: Double
        var connecting: Double

        init(_ exchange: WaterfallRow, since start: Nanoseconds) {
            intended = Distribution.milliseconds(exchange.intended - start)
            sent = exchange.sent.map { Distribution.milliseconds($0 - start) }
            firstByte = exchange.firstByte.map { Distribution.milliseconds($0 - start) }
            end = Distribution.milliseconds(exchange.end - start)
            connecting = Distribution.milliseconds(exchange.connecting)
        }
    }
}
