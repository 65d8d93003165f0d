extension TerminalReport {
    /// The conversations that took longest: where to look first in the log.
    var slowest: [Line] {
        if summary.slowest.isEmpty { return [] }
        let names = ["took", "began at", "turns", "exchanges", "failed"]
        let head = names.map { TextLayout.right($0, 11) }.joined() + "  conversation"
        return [Line("Slowest conversations, think time included", .title), Line(head)]
            + summary.slowest.prefix(Self.slowestLimit).map { row($0) }
    }

    /// The conversations shown; more are in `summary.json`.
    private static let slowestLimit = 5

    private func row(_ conversation: SlowConversation) -> Line {
        let figures = [
            Figures.duration(conversation.duration), Figures.duration(conversation.start * 1_000),
            Figures.count(conversation.turns), Figures.count(conversation.exchanges),
            Figures.count(conversation.failures),
        ]
        let run = summary.run.mergedRuns.isEmpty ? "" : " of run \(conversation.run)"
        let name = TextLayout.visible("\(conversation.script)#\(conversation.ticket)") + run
        return Line(
            figures.map { TextLayout.right($0, 11) }.joined() + "  "
                + TextLayout.cut(name, columns - 57))
    }
}
