import Networking

/// What a replay at recorded times asks of a workload.
extension Reviewer {
    /// Complains about a conversation without a start, and in a strict replay about one with a turn
    /// without its time. It is the same with most others then, so it is said of the first only.
    mutating func checkTimes(
        start: Nanoseconds?, lacksTurn: Bool, of number: Int, in source: Workload.Source
    ) {
        guard let pace else { return }
        if start == nil {
            let complaint = source.complaint(
                "no at: a replay at recorded times needs every conversation's",
                about: number, "leave out --speed to replay as fast as allowed")
            review.add(lacksStart ? nil : complaint, about: read)
            lacksStart = true
        }
        if pace.turns == .strict, lacksTurn {
            let complaint = source.complaint(
                "a turn without an at: strictly timed turns need one each",
                about: number, "--turns recorded lets it follow the reply before")
            review.add(self.lacksTurn ? nil : complaint, about: read)
            self.lacksTurn = true
        }
    }

    /// Counts what has no recorded time, and keeps the starts where they are played.
    mutating func countTimes(start: Nanoseconds?, untimedTurns: Int) {
        if start == nil { review.census.untimedStarts += 1 }
        review.census.untimedTurns += untimedTurns
        if pace != nil { review.starts.append(start ?? .zero) }
    }
}
