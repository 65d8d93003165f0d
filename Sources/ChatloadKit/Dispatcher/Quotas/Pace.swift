import Networking

/// When a credential that the service has rejected may be used again, and how densely.
///
/// It stands aside for as long as the service asked. Afterwards its exchanges leave one by one, at the
/// rate that got through between the rejection before and the end of this one's pause: otherwise
/// everybody who has waited would go at once, only to be rejected again. While nothing is rejected the
/// rate grows, quickly up to what is known to hold and slowly beyond.
struct Pace: Equatable {
    /// Nothing is sent before.
    private(set) var blockedUntil: Nanoseconds
    /// Between two exchanges.
    private(set) var gap = Nanoseconds.zero
    /// The gap that the service has been seen to take; zero while unknown.
    private var knownGap = Nanoseconds.zero
    private var next: Nanoseconds
    /// The successes of what was sent since `blockedUntil`.
    private var successes: Int

    /// The pace of a credential with so many successes since `start` that nobody has rejected.
    init(start: Nanoseconds, successes: Int) {
        blockedUntil = start
        next = start
        self.successes = successes
    }

    /// The time at which one more exchange may leave, which is then taken.
    mutating func reserve(at now: Nanoseconds) -> Nanoseconds {
        let slot = max(now, next, blockedUntil)
        next = slot + gap
        return slot
    }

    /// Takes note of a success of an exchange sent at `sent`.
    mutating func succeed(sent: Nanoseconds) {
        guard sent >= blockedUntil else { return }
        successes += 1
        gap = gap - Nanoseconds(max(gap.count / (gap > knownGap ? 8 : 4_096), min(gap.count, 1)))
    }

    /// Takes note that an exchange sent at `sent` was rejected, with the wish to be left alone until
    /// `end`. What was under way when the pause began tells nothing new but its end.
    mutating func reject(sent: Nanoseconds, until end: Nanoseconds) {
        if sent >= blockedUntil {
            let cycle = max(end - blockedUntil, Nanoseconds(1))
            if successes > 1 { knownGap = Nanoseconds(cycle.count / Int64(successes)) }
            gap = successes > 1 ? knownGap : cycle
            successes = 0
        }
        blockedUntil = max(blockedUntil, end)
        next = max(next, blockedUntil)
    }
}
