/// How the load came out beside what was asked for.
package struct ScheduleFigures: Codable, Equatable, Sendable {
    /// Conversations a second that the schedule asks for, over its whole length; nil in the closed
    /// model.
    package var requestedRate: Double?
    /// Conversations started, divided by the length of the schedule so far; nil in the closed model.
    package var achievedRate: Double?
    /// Conversations that were started.
    package var started = 0
    /// Starts that found no free user.
    package var dropped = 0
    /// Starts that were so late, after a stall of the generator, that they were given up.
    package var missed = 0
    /// Starts that had to wait for a free user; nil but in a replay at recorded times.
    package var waited: Int?
    /// How long users waited after failures that had cost nothing, all of them together, in seconds;
    /// nil where nobody did.
    package var backedOffSeconds: Double?
    /// The realised coefficient of variation of the gaps between starts; nil with fewer than two
    /// gaps, and in the closed model.
    package var variation: Double?
    /// The most users the schedule wanted at once; nil where their number follows from the load or
    /// there were fewer conversations than users.
    package var wantedUsers: Int?
    /// The most users that were in a conversation at once.
    package var maxUsers = 0
    /// The most users that held a connection at once.
    package var maxConnected = 0
    /// Connections that were opened anew because the service had closed the idle one; nil where
    /// nobody counted.
    package var reconnects: Int?
    /// Requests that were sent once more, on one of these, because the service had closed the idle
    /// one instead of answering; nil where nobody counted. Each of them is one exchange.
    package var repeatedRequests: Int?

    package init() {}

    enum CodingKeys: String, CodingKey {
        case requestedRate = "requested_per_s"
        case achievedRate = "achieved_per_s"
        case started, dropped, missed, waited
        case backedOffSeconds = "backed_off_s"
        case variation = "gap_cv"
        case wantedUsers = "wanted_users"
        case maxUsers = "max_users"
        case maxConnected = "max_connected"
        case reconnects
        case repeatedRequests = "repeated_requests"
    }

    /// Starts that the schedule had, whatever became of them.
    var due: Int { started &+ dropped &+ missed }

    /// Writes every figure, null where there is none.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(requestedRate, forKey: .requestedRate)
        try container.encode(achievedRate, forKey: .achievedRate)
        try container.encode(started, forKey: .started)
        try container.encode(dropped, forKey: .dropped)
        try container.encode(missed, forKey: .missed)
        try container.encodeIfPresent(waited, forKey: .waited)
        try container.encodeIfPresent(backedOffSeconds, forKey: .backedOffSeconds)
        try container.encode(variation, forKey: .variation)
        try container.encode(wantedUsers, forKey: .wantedUsers)
        try container.encode(maxUsers, forKey: .maxUsers)
        try container.encode(maxConnected, forKey: .maxConnected)
        try container.encodeIfPresent(reconnects, forKey: .reconnects)
        try container.encodeIfPresent(repeatedRequests, forKey: .repeatedRequests)
    }

    /// The figures of two shards that ran side by side: counts and rates add up, and a coefficient
    /// of variation of both together is unknown.
    func merged(with other: ScheduleFigures) -> ScheduleFigures {
        var sum = self
        sum.requestedRate = Self.sum(requestedRate, other.requestedRate)
        sum.achievedRate = Self.sum(achievedRate, other.achievedRate)
        sum.started &+= other.started
        sum.dropped &+= other.dropped
        sum.missed &+= other.missed
        sum.waited = Self.sum(waited, other.waited)
        let backedOff = [backedOffSeconds, other.backedOffSeconds].compactMap(\.self)
        sum.backedOffSeconds = backedOff.isEmpty ? nil : backedOff.reduce(0, +)
        sum.variation = nil
        sum.wantedUsers = Self.sum(wantedUsers, other.wantedUsers)
        sum.maxUsers &+= other.maxUsers
        sum.maxConnected &+= other.maxConnected
        sum.reconnects = Self.sum(reconnects, other.reconnects)
        sum.repeatedRequests = Self.sum(repeatedRequests, other.repeatedRequests)
        return sum
    }

    private static func sum<Number: AdditiveArithmetic>(
        _ left: Number?, _ right: Number?
    ) -> Number? {
        guard let left, let right else { return nil }
        return left + right
    }
}
