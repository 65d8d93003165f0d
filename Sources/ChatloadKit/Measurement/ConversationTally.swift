import Networking

/// The conversations of a run by how they ended.
struct ConversationTally: Sendable, Equatable {
    var completed = 0
    var failed = 0
    var aborted = 0
    /// Start to end of the completed ones.
    var durations = Histogram()

    var started: Int { completed + failed + aborted }

    mutating func add(_ conversation: borrowing ConversationRecord) {
        switch conversation.outcome {
        case .completed:
            completed &+= 1
            durations.record(conversation.ended - conversation.started)
        case .failed: failed &+= 1
        case .aborted: aborted &+= 1
        }
    }

    mutating func merge(_ other: borrowing ConversationTally) {
        completed &+= other.completed
        failed &+= other.failed
        aborted &+= other.aborted
        durations.merge(other.durations)
    }
}
