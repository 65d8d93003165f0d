import Base
import ChatloadKit
import Networking

/// A probe for people: what was sent, what came back, and how long each part of it took.
struct ProbeText: ProbeWriter {
    private static let width = 80
    /// The events of a stream that are shown of many.
    private static let mostEvents = 60

    let opening: String
    private let turns: [Turn]
    /// Whether bodies are shown whole.
    private let showsAll: Bool
    private let isColoured: Bool
    private var mask = ProbeMask(Secrets([]))
    /// Whether the exchange at hand has been shown as far as its request.
    private var hasBegun = false
    private var succeeded = 0
    private var failed = 0
    private var lasted = Nanoseconds.zero

    init(
        of order: PreparedRun, conversation: Conversation, showsAll: Bool = false,
        isColoured: Bool = false
    ) {
        let count = conversation.turns.count
        let lines = TextLayout.wrap(
            "\(order.plan.service.description.name) at \(order.targetInWords)"
                + "\(order.plan.connections.wayInWords), conversation "
                + "\(Printable.quoted(conversation.id)) of \(Figures.count(count, "turn"))",
            columns: Self.width)
        opening = lines.map { $0 + "\n" }.joined()
        turns = conversation.turns
        self.showsAll = showsAll
        self.isColoured = isColoured
    }

    var ending: String {
        let failures = failed == 0 ? "" : ", \(failed) failed"
        return
            "\n\(Figures.count(succeeded + failed, "exchange")): \(succeeded) succeeded\(failures), "
            + "in \(Units.format(lasted))\n"
    }

    mutating func text(of event: TraceEvent, without mask: ProbeMask) -> String {
        self.mask = mask
        switch event {
        case .sending(let attempt, let request):
            hasBegun = true
            return beginning(attempt, turn: attempt.turn, step: nil) + text(ofRequest: request)
        case .ended(let witnessed):
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

    private func beginning(_ attempt: TracedAttempt?, turn: Int, step: String?) -> String {
        var title = turn > 0 ? "Turn \(turn)" : "Before the first turn"
        if let attempt {
            title += ", \(attempt.step)" + name(of: attempt)
            if attempt.number > 1 { title += ", attempt \(attempt.number)" }
        } else if let step {
            title += ", \(Printable.line(step, limit: 60))"
        }
        return "\n" + TextLine.Style.title.painted(title, isColoured: isColoured) + "\n"
    }

    /// The name that the script gives to what the attempt is about.
    private func name(of attempt: TracedAttempt) -> String {
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
            return "\n" + text(of: message, behind: "< ") + note + text(ofEvents: witnessed)
        }
        guard !witnessed.fragment.isEmpty else { return "" }
        let fragment = ProbedMessage(head: [], body: mask.masked(witnessed.fragment, isCut: true))
        let lines = fragment.bodyLines(showsAll: showsAll) + ["(the response breaks off here)"]
        return "\n" + lines.map { Self.folded($0, behind: "< ") }.joined()
    }

    /// The events of a response that streamed, each on a line: when it came, what it brought, and in
    /// which channel; one that brought nothing as it is.
    private func text(ofEvents witnessed: TracedExchange) -> String {
        if witnessed.events.isEmpty { return "" }
        let sent = witnessed.exchange.sent ?? witnessed.exchange.intended
        let shown = showsAll ? witnessed.events : Array(witnessed.events.prefix(Self.mostEvents))
        var lines = shown.map { event in
            let time = Units.format(event.arrived - sent)
            let type = event.type.isEmpty ? "" : event.type + " "
            let content = event.channel == nil ? event.data : event.output
            let text = Printable.line(
                String(decoding: mask.masked(content), as: UTF8.self), limit: showsAll ? .max : 120)
            let start = [(time, 9), (event.channel?.rawValue ?? "-", 10)].map { text, width in
                text + String(repeating: " ", count: max(width - text.count, 1))
            }.joined()
            return start + (event.channel == nil ? type + text : "\"\(text)\"")
        }
        if shown.count < witnessed.events.count {
            lines.append("(cut; \(witnessed.events.count) events in all, --full shows them)")
        }
        return ([""] + lines).map { Self.folded($0, behind: "< ") }.joined()
    }

    private func text(of message: ProbedMessage, behind mark: String) -> String {
        let masked = ProbedMessage(head: message.head, body: mask.masked(message.body))
        let body = masked.bodyLines(showsAll: showsAll)
        let head = mask.lines(ofHead: message.head).map { Printable.line($0, limit: 8_000) }
        let lines = head + (body.isEmpty ? [] : [""] + body)
        return lines.map { Self.folded($0, behind: mark) }.joined()
    }

    private func facts(of witnessed: TracedExchange) -> String {
        var lines = [("outcome", outcome(of: witnessed.exchange))]
        lines += measures(of: witnessed)
        lines.append(("reply", witnessed.reply.map { value($0) } ?? ""))
        lines += witnessed.findings.map { finding in
            switch finding {
            case .met: ("expect", "as expected")
            case .captured(let name, let text): ("capture", "\(name) = \(value(text))")
            }
        }
        let shown = lines.filter { !$0.1.isEmpty }.map { label, value in
            let isBad = label == "outcome" && witnessed.exchange.outcome != .ok
            return fact(label, value, isBad ? .alarm : .plain)
        }
        return "\n" + shown.joined()
    }

    private func measures(of witnessed: TracedExchange) -> [(String, String)] {
        let (exchange, phases) = (witnessed.exchange, witnessed.phases)
        let parts = phases.map { "\($0.name) \(Units.format($0.span))" }.joined(separator: ", ")
        let time = ("time", parts.isEmpty ? "" : "\(Units.format(witnessed.duration)): \(parts)")
        if exchange.sent == nil { return [time] }
        let (sent, received) = (exchange.bytesOut, exchange.bytesIn)
        let bytes = "\(Figures.bytes(sent)) sent, \(Figures.bytes(received)) received"
        let tokens =
            "\(exchange.promptTokens) in the prompt, \(exchange.replyTokens) in the reply"
            + " (\(exchange.tokenSource.rawValue))"
        let hasTokens = exchange.promptTokens + exchange.replyTokens > 0
        return [time, ("bytes", bytes), ("tokens", hasTokens ? tokens : "")]
    }

    private func fact(_ label: String, _ value: String, _ style: TextLine.Style) -> String {
        let lines = TextLayout.wrap(value, columns: Self.width - 11)
        return lines.enumerated().map { place, line in
            let start = place == 0 ? "  " + label : ""
            let gap = String(repeating: " ", count: 11 - start.count)
            return start + gap + style.painted(line, isColoured: isColoured) + "\n"
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
        return showsAll ? shown : Printable.line(shown, limit: 500)
    }

    // MARK: Layout

    /// Lines of the report's width with this mark before each.
    private static func folded(_ line: String, behind mark: String) -> String {
        TextLayout.fold(line, columns: width - mark.count).map { part in
            (part.isEmpty ? mark.filter { $0 != " " } : mark + part) + "\n"
        }.joined()
    }
}

/// A body as people read it: JSON laid out, what is no text summed up, what is long cut short.
extension ProbedMessage {
    private static let mostLines = 40
    private static let mostCharacters = 2_000
    /// JSON that is no longer than this stays on one line.
    private static let shortJSON = 76

    /// The lines of the body of a message without its secrets, none of which acts on a terminal;
    /// none for an empty one.
    func bodyLines(showsAll: Bool) -> [String] {
        let parts = parts
        if parts.isEmpty { return Self.lines(of: body, showsAll: showsAll) }
        return parts.flatMap { part in
            let head = String(decoding: part.head, as: UTF8.self).split(whereSeparator: \.isNewline)
            return ["--\(boundary ?? "")"] + head.map { Printable.line(String($0)) }
                + [""] + Self.lines(of: part.body, showsAll: showsAll)
        }
    }

    private static func lines(of bytes: [UInt8], showsAll: Bool) -> [String] {
        if bytes.isEmpty { return [] }
        guard let text = text(in: bytes) else { return [summary(of: bytes)] }
        let isShort = bytes.count <= shortJSON
        let laidOut = isShort ? text : laidOut(bytes) ?? text
        let lines = laidOut.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        return showsAll ? lines.map { visible($0) } : cut(lines, count: bytes.count)
    }

    private static func cut(_ lines: [Substring], count: Int) -> [String] {
        var room = mostCharacters
        var shown: [String] = []
        for line in lines {
            guard shown.count < mostLines, room > 0 else { break }
            shown.append(visible(line.prefix(room)) + (line.count > room ? "…" : ""))
            room -= line.count + 1
        }
        guard shown.count < lines.count || room < 0 else { return shown }
        return shown + ["(cut; \(Figures.bytes(count)) in all, --full shows them)"]
    }

    private static func visible(_ line: Substring) -> String {
        Printable.line(String(line).replacing("\t", with: "  "), limit: .max)
    }

    /// The bytes as text, if they are nothing else.
    private static func text(in bytes: [UInt8]) -> String? {
        bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    private static func summary(of bytes: [UInt8]) -> String {
        let start = bytes.prefix(16).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        let rest = bytes.count > 16 ? " …" : ""
        return "(\(Figures.bytes(bytes.count)), no text: "
            + start.joined(separator: " ") + rest + ")"
    }
}
