import Networking

/// How much later than recorded the turns of a replay were sent, on the played clock: actual send
/// minus recorded time. Whatever delayed it counts: a quota, a user that was not free, the reply
/// before, this machine.
struct LatenessTally: Sendable, Equatable {
    /// Of the first turns.
    private(set) var starts = Histogram()
    /// Of the later turns that have a recorded time.
    private(set) var turns = Histogram()

    mutating func add(_ exchange: borrowing Exchange) {
        guard let recorded = exchange.recorded, let sent = exchange.sent else { return }
        if exchange.turn > 1 {
            turns.record(sent - recorded)
        } else {
            starts.record(sent - recorded)
        }
    }

    mutating func merge(_ other: borrowing LatenessTally) {
        starts.merge(other.starts)
        turns.merge(other.turns)
    }

    var figures: Lateness {
        Lateness(starts: Distribution(starts), turns: Distribution(turns))
    }
}

/// How much later than recorded the turns of a replay were sent.
package struct Lateness: Codable, Equatable, Sendable {
    /// Of the conversations' first turns.
    package var starts = Distribution()
    /// Of the later turns that have a recorded time.
    package var turns = Distribution()
}
