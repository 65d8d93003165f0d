import Networking

/// What a replay at recorded times asks of a workload.
extension Reviewer {
    /// Complains about a conversation without a start, and in a strict replay about one with a turn
    /// without its time. It is the same with most others then, so it is said of the first only.
    mutating func checkTimes(of conversation: Conversation, _ source: Workload.Source) {
        guard let pace else { return }
        if conversation.at == nil {
            let complaint = source.complaint(
                "no at: a replay at recorded times needs every conversation's",
                about: conversation.line, "leave out --speed to replay as fast as allowed")
            review.add(lacksStart ? nil : complaint, about: read)
            lacksStart = true
        }
        guard pace.turns == .strict else { return }
        if conversation.usesReplies {
            let complaint = source.complaint(
                "a text with what was captured or ${reply}: strictly timed turns do not wait for"
                    + " replies", about: conversation.line,
                "--turns recorded takes each turn when the reply before it is there")
            review.add(complaint, about: read)
        }
        if conversation.turns.dropFirst().contains(where: { $0.at == nil }) {
            let complaint = source.complaint(
                "a turn without an at: strictly timed turns need one each",
                about: conversation.line, "--turns recorded lets it follow the reply before")
            review.add(lacksTurn ? nil : complaint, about: read)
            lacksTurn = true
        }
    }

    /// Counts what has no recorded time, and keeps the starts where they are played.
    mutating func countTimes(of conversation: Conversation) {
        if conversation.at == nil { review.census.untimedStarts += 1 }
        review.census.untimedTurns += conversation.turns.dropFirst().count { $0.at == nil }
        if pace != nil { review.starts.append(conversation.at ?? .zero) }
    }
}
