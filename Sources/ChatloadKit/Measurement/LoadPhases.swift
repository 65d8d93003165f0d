import Networking

/// Load phases: what a run means to do when, from its start to the end of the load. A part of
/// `run.json`, and with the end that the load came to, everything that the span of load follows
/// from.
package struct LoadPhases: Codable, Equatable, Sendable {
    /// A stretch in one phase. It begins where the one before ends.
    struct Stretch: Codable, Equatable, Sendable {
        /// In nanoseconds since the run's start; `Int64.max` where nothing ends it beforehand.
        var end: Int64
        var phase: RunPhase

        enum CodingKeys: String, CodingKey {
            case end = "end_ns"
            case phase
        }
    }

    /// Ascending, at least one.
    private(set) var stretches: [Stretch]
    /// Conversations that are warm-up wherever they lie in time.
    private(set) var warmupTickets = 0

    enum CodingKeys: String, CodingKey {
        case stretches
        case warmupTickets = "warmup_conversations"
    }

    /// Phases in stretches that are added one by one.
    init(warmupTickets: Int = 0) {
        stretches = []
        self.warmupTickets = warmupTickets
    }

    /// When the load is to end, counted from the run's start.
    var end: Nanoseconds { Nanoseconds(stretches.last?.end ?? .max) }

    /// The phase at a time; the latest one from its end on. Times mostly ascend, and `place` is
    /// where the last one was found.
    func phase(at time: Nanoseconds, from place: inout Int) -> RunPhase {
        if place > 0, time.count < stretches[place - 1].end { place = 0 }
        while place < stretches.count - 1, time.count >= stretches[place].end { place += 1 }
        return stretches[place].phase
    }

    /// The phase in which something ended, at the latest moment of it; nil after the load's end.
    func phase(endedAt time: Nanoseconds, from place: inout Int) -> RunPhase? {
        if time > end { return nil }
        return phase(at: time - Nanoseconds(1), from: &place)
    }

    /// The stretches of `phases` between two times, ascending.
    func stretches(
        in phases: Set<RunPhase>, from start: Nanoseconds, to end: Nanoseconds
    ) -> [Range<Int64>] {
        var begin: Int64 = .min
        var found: [Range<Int64>] = []
        for stretch in stretches {
            let low = max(begin, start.count)
            let high = min(stretch.end, end.count)
            begin = stretch.end
            if phases.contains(stretch.phase), low < high { found.append(low..<high) }
        }
        return found
    }

    /// Adds a stretch up to `end`, unless that is reached already.
    mutating func append(_ phase: RunPhase, until end: Nanoseconds) {
        let begin = stretches.last?.end ?? 0
        guard end.count > begin else { return }
        if stretches.last?.phase == phase {
            stretches[stretches.count - 1].end = end.count
        } else {
            stretches.append(Stretch(end: end.count, phase: phase))
        }
    }
}

extension LoadPhases {
    /// Reads phases from outside.
    ///
    /// - Throws: when there is none, or they do not ascend.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        stretches = try container.decode([Stretch].self, forKey: .stretches)
        warmupTickets = try container.decode(Int.self, forKey: .warmupTickets)
        let ends = stretches.map(\.end)
        guard let first = ends.first, first > 0, zip(ends, ends.dropFirst()).allSatisfy(<) else {
            throw DecodingError.dataCorruptedError(
                forKey: .stretches, in: container, debugDescription: "phases must ascend")
        }
    }
}
