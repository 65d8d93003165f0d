import Base
import ChatloadKit
import Networking

/// How much of a probe is shown, and how.
struct ProbeStyle {
    var showsAll = false
    var isColoured = false
}

/// A probe for people: what was sent, what came back, and how long each part of it took.
struct ProbeText: ProbeWriter {
    private static let width = 80

    let opening: String
    private let turns: [Turn]
    private let style: ProbeStyle
    private var mask: ProbeMask
    /// Whether the exchange at hand has been shown as far as its request.
    private var hasBegun = false
    private var succeeded = 0
    private var failed = 0
    private var lasted = Nanoseconds.zero

    init(of order: PreparedRun, conversation: Conversation, style: ProbeStyle, mask: ProbeMask) {
        let target = order.sandbox == nil ? "\(order.plan.target)" : "the embedded sandbox"
        let count = conversation.turns.count
        let lines = TextLayout.wrap(
            "\(order.plan.service.description.name) at \(target)"
                + "\(order.plan.connections.wayInWords), conversation "
                + "\(Printable.quoted(conversation.id)) of \(count) turn\(count == 1 ? "" : "s")",
            columns: Self.width)
        opening = lines.map { $0 + "\n" }.joined()
        turns = conversation.turns
        self.style = style
        self.mask = mask
    }

    var ending: String {
        let count = succeeded + failed
        let failures = failed == 0 ? "" : ", \(failed) failed"
        return "\n\(count) exchange\(count == 1 ? "" : "s"): \(succeeded) succeeded\(failures), "
            + "in \(Units.format(lasted))\n"
    }

    mutating func text(of event: WitnessedEvent) -> String {
        switch event {
        case .sending(let attempt, let request):
            hasBegun = true
            return beginning(attempt, turn: attempt.turn, step: nil) + text(ofRequest: request)
        case .ended(let witnessed):
            mask.learn(from: witnessed.head)
            var text = ""
            if !hasBegun {
                text += beginning(
                    witnessed.attempt, turn: witnessed.exchange.turn, step: witnessed.step)
                text += self.text(ofRequest: witnessed.request)
            }
            hasBegun = false
            count(witnessed.exchange)
            return text + self.text(ofResponse: witnessed) + facts(of: witnessed)
        }
    }

    private mutating func count(_ exchange: Exchange) {
        if exchange.outcome == .ok { succeeded += 1 } else { failed += 1 }
        lasted = exchange.end
    }

    // MARK: Parts

    private func beginning(_ attempt: WitnessedAttempt?, turn: Int, step: String?) -> String {
        var title = turn > 0 ? "Turn \(turn)" : "Before the first turn"
        if let attempt {
            title += ", \(attempt.step)" + name(of: attempt)
            if attempt.number > 1 { title += ", attempt \(attempt.number)" }
        } else if let step {
            title += ", \(Printable.line(step, limit: 60))"
        }
        return "\n" + coloured(title, "1") + "\n"
    }

    /// The name that the script gives to what the attempt is about.
    private func name(of attempt: WitnessedAttempt) -> String {
        guard turns.indices.contains(attempt.turn - 1) else { return "" }
        let turn = turns[attempt.turn - 1]
        let isOwn =
            switch turn.action {
            case .say: attempt.step == "say"
            case .call(let operation): attempt.step == operation
            }
        guard isOwn, let name = turn.name else { return "" }
        return " (\(Printable.line(name, limit: 60)))"
    }

    private func text(ofRequest request: [UInt8]) -> String {
        request.isEmpty ? "" : text(of: ProbedMessage(request: request), behind: "> ")
    }

    private func text(ofResponse witnessed: TracedExchange) -> String {
        if !witnessed.head.isEmpty {
            let message = ProbedMessage(head: witnessed.head, body: witnessed.body)
            let coding = Printable.line(message.value(of: "content-encoding") ?? "", limit: 60)
            let note = witnessed.isDecoded ? "< (the body came as \(coding))\n" : ""
            return "\n" + text(of: message, behind: "< ") + note
        }
        guard !witnessed.fragment.isEmpty else { return "" }
        let fragment = ProbedMessage(head: [], body: mask.masked(witnessed.fragment, isCut: true))
        let lines =
            ProbedBody(of: fragment, showsAll: style.showsAll).lines
            + ["(the response breaks off here)"]
        return "\n" + lines.map { Self.folded($0, behind: "< ") }.joined()
    }

    private func text(of message: ProbedMessage, behind mark: String) -> String {
        let masked = ProbedMessage(head: message.head, body: mask.masked(message.body))
        let body = ProbedBody(of: masked, showsAll: style.showsAll).lines
        let head = mask.lines(ofHead: message.head).map { Printable.line($0, limit: 8_000) }
        let lines = head + (body.isEmpty ? [] : [""] + body)
        return lines.map { Self.folded($0, behind: mark) }.joined()
    }

    private func facts(of witnessed: TracedExchange) -> String {
        var lines = [("outcome", outcome(of: witnessed.exchange))]
        lines += ProbedTimes(of: witnessed).facts
        lines.append(("reply", witnessed.reply.map { value($0) } ?? ""))
        lines += witnessed.findings.map { finding in
            switch finding {
            case .met: ("expect", "as expected")
            case .captured(let name, let text): ("capture", "\(name) = \(value(text))")
            }
        }
        let shown = lines.filter { !$0.1.isEmpty }.map { label, value in
            let isBad = label == "outcome" && witnessed.exchange.outcome != .ok
            return fact(label, value, colour: isBad ? "31" : nil)
        }
        return "\n" + shown.joined()
    }

    private func fact(_ label: String, _ value: String, colour: String?) -> String {
        let lines = TextLayout.wrap(value, columns: Self.width - 11)
        return lines.enumerated().map { place, line in
            let start = place == 0 ? "  " + label : ""
            let gap = String(repeating: " ", count: 11 - start.count)
            return start + gap + (colour.map { coloured(line, $0) } ?? line) + "\n"
        }.joined()
    }

    private func outcome(of exchange: Exchange) -> String {
        guard exchange.outcome != .ok else { return "ok" }
        let detail = Printable.line(mask.masked(exchange.detail))
        let unsent = exchange.sent == nil ? " (nothing was sent)" : ""
        return exchange.outcome.label + (detail.isEmpty ? "" : ": " + detail) + unsent
    }

    private func value(_ text: String) -> String {
        let shown = TextLayout.visible(mask.masked(text))
        if shown.isEmpty { return "(empty)" }
        return style.showsAll ? shown : Printable.line(shown, limit: 500)
    }

    // MARK: Layout

    private func coloured(_ text: String, _ code: String) -> String {
        style.isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// Lines of the report's width with this mark before each.
    private static func folded(_ line: String, behind mark: String) -> String {
        TextLayout.fold(line, columns: width - mark.count).map { part in
            (part.isEmpty ? mark.filter { $0 != " " } : mark + part) + "\n"
        }.joined()
    }
}
