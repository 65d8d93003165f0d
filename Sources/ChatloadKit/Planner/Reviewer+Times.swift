import Networking

/// What a replay at recorded times asks of a workload.
extension Reviewer {
    /// A place in a workload.
    struct Place {
        var file: String
        var line: Int
    }

    /// Counts what has no recorded time, and keeps the starts where they are played.
    mutating func countTimes(of conversation: Conversation, _ file: String) {
        let place = Place(file: file, line: conversation.line)
        if conversation.at == nil {
            review.census.untimedStarts += 1
            if firstUntimedStart == nil { firstUntimedStart = place }
        }
        let untimed = conversation.turns.dropFirst().count { $0.at == nil }
        review.census.untimedTurns += untimed
        if untimed > 0, firstUntimedTurn == nil { firstUntimedTurn = place }
        if pace != nil { review.starts.append(conversation.at ?? .zero) }
    }

    /// The start of every conversation must be known, and for strict turns that of each of them.
    func complaints(at pace: ReplayPace) -> [ScriptComplaint] {
        var complaints: [ScriptComplaint] = []
        if let place = firstUntimedStart {
            let few = Units.format(count: review.census.untimedStarts)
            let all = Units.format(count: review.census.once.conversations)
            complaints.append(
                ScriptComplaint(
                    file: place.file, line: place.line,
                    message: "no at: a replay at recorded times needs every conversation's, and"
                        + " \(few) of \(all) have none",
                    suggestion: "leave out --speed to replay as fast as allowed"))
        }
        if pace.turns == .strict, let place = firstUntimedTurn {
            let few = Units.format(count: review.census.untimedTurns)
            complaints.append(
                ScriptComplaint(
                    file: place.file, line: place.line,
                    message: "a turn without an at: strictly timed turns need one each, and"
                        + " \(few) have none",
                    suggestion: "--turns recorded lets them follow the reply before"))
        }
        return complaints
    }
}
