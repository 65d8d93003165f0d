/// How far the replies are from the recorded ones.
package struct DriftFigures: Codable, Equatable, Sendable {
    /// Replies that had a recorded one beside them.
    package var compared = 0
    /// Those of them that are the same, byte for byte.
    package var exact = 0
    /// Those that are the same but for case and white space.
    package var equalAfterFolding = 0
    /// All others.
    package var changed = 0
    /// Recorded replies without a live one, because the turn failed or was not taken.
    package var missing = 0
    /// Replies too long for every character to be compared.
    package var cut = 0
    /// Of all compared replies, from 0 for equal texts to 1; nil when there are none.
    package var meanDistance: Double?
    package var medianDistance: Double?
    /// The replies that changed most, the first of all first.
    package var mostChanged: [DriftExample] = []

    enum CodingKeys: String, CodingKey {
        case compared, exact
        case equalAfterFolding = "equal_after_folding"
        case changed, missing, cut
        case meanDistance = "mean_distance"
        case medianDistance = "median_distance"
        case mostChanged = "most_changed"
    }

    /// Writes every figure, null where there is none.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(compared, forKey: .compared)
        try container.encode(exact, forKey: .exact)
        try container.encode(equalAfterFolding, forKey: .equalAfterFolding)
        try container.encode(changed, forKey: .changed)
        try container.encode(missing, forKey: .missing)
        try container.encode(cut, forKey: .cut)
        try container.encode(meanDistance, forKey: .meanDistance)
        try container.encode(medianDistance, forKey: .medianDistance)
        try container.encode(mostChanged, forKey: .mostChanged)
    }
}

/// A reply that changed, and what it was.
package struct DriftExample: Codable, Equatable, Sendable {
    /// The conversation's id.
    package var conversation: String
    /// The turn's place in it, from 1.
    package var turn: Int
    package var distance: Double
    /// Both texts, cut to their beginnings.
    package var recorded: String
    package var live: String

    /// Whether it is shown before `other`: the order does not depend on which was found first.
    func precedes(_ other: DriftExample) -> Bool {
        if distance != other.distance { return distance > other.distance }
        return (conversation, turn, live) < (other.conversation, other.turn, other.live)
    }
}
