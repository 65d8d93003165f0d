import Base
import Networking
import Synchronization

/// A pool of the run's credentials: who uses which, and which may be used. Shared by all workers.
final class CredentialPool: Sendable {
    private let states: [CredentialState]
    private let assignment: CredentialAssignment
    let policy: RejectionPolicy
    private let left: Atomic<Int>
    private let start: Nanoseconds

    /// A pool of `count` credentials, at least one, none of which has been used at `start`.
    init(
        count: Int, assignment: CredentialAssignment, policy: RejectionPolicy, start: Nanoseconds
    ) {
        states = (0..<max(count, 1)).map { _ in CredentialState() }
        left = Atomic(states.count)
        self.assignment = assignment
        self.policy = policy
        self.start = start
    }

    /// Whether a user has one credential for good.
    var isSticky: Bool { assignment == .sticky }

    /// Whether there will be no credential for a user any more.
    func leavesOut(user: Int) -> Bool { isSticky && states[(user - 1) % states.count].isOut }

    /// The credential of a user's next conversation; nil when there is none for it any more.
    func choose(user: Int, iteration: Int, at now: Nanoseconds) -> Int? {
        switch assignment {
        case .sticky:
            let own = (user - 1) % states.count
            return states[own].isOut ? nil : own
        case .roundRobin: return inTurn(from: (iteration - 1) % states.count, at: now)
        case .leastUsed:
            let usable = states.indices.filter { !states[$0].isOut }
            let ready = usable.filter { states[$0].blockedUntil <= now }
            return (ready.isEmpty ? usable : ready).min { states[$0].used < states[$1].used }
        }
    }

    func isOut(_ credential: Int) -> Bool { states[credential].isOut }

    /// Takes a credential out of use.
    ///
    /// - Returns: whether it was the last one.
    func retire(_ credential: Int) -> Bool {
        guard states[credential].retire() else { return false }
        return left.subtract(1, ordering: .relaxed).newValue == 0
    }

    /// When a credential's next exchange may leave: now, unless it has been rejected. The time is
    /// taken; whoever waited for it asks `isOpen` before using it.
    func reserve(_ credential: Int, at now: Nanoseconds) -> Nanoseconds {
        states[credential].reserve(at: now)
    }

    /// Whether a credential's pause is over.
    func isOpen(_ credential: Int, at now: Nanoseconds) -> Bool {
        states[credential].blockedUntil <= now
    }

    /// Counts an exchange that leaves.
    func addUse(of credential: Int) { states[credential].addUse() }

    /// Counts a success of what left at `sent`.
    func addSuccess(of credential: Int, sent: Nanoseconds) {
        if policy == .wait { states[credential].succeed(sent: sent) }
    }

    /// Sets a credential aside until `end` because what left at `sent` was rejected.
    func setAside(_ credential: Int, sent: Nanoseconds, until end: Nanoseconds) {
        states[credential].reject(sent: sent, until: end, since: start)
    }

    /// How many credentials there are, how many are out of use, and how many are set aside for how
    /// long.
    func use(at now: Nanoseconds) -> CredentialUse {
        let waits = states.filter { !$0.isOut && $0.blockedUntil > now }.map {
            $0.blockedUntil - now
        }
        return CredentialUse(
            all: states.count, out: states.count { $0.isOut }, waiting: waits.count,
            longestWait: waits.max() ?? .zero)
    }

    private func inTurn(from start: Int, at now: Nanoseconds) -> Int? {
        let order = (0..<states.count).map { (start + $0) % states.count }
        return order.first { !states[$0].isOut && states[$0].blockedUntil <= now }
            ?? order.first { !states[$0].isOut }
    }
}

/// What is known of one credential.
private final class CredentialState: Sendable {
    private let uses = Atomic<Int>(0)
    private let successes = Atomic<Int>(0)
    private let out = Atomic<Bool>(false)
    /// The pace's `blockedUntil`; before the first rejection nobody needs the lock.
    private let blocked = Atomic<Int64>(.min)
    private let pace = Locked<BackoffPacer?>(nil)

    var used: Int { uses.load(ordering: .relaxed) }
    var isOut: Bool { out.load(ordering: .relaxed) }
    var blockedUntil: Nanoseconds { Nanoseconds(blocked.load(ordering: .relaxed)) }
    private var isPaced: Bool { blocked.load(ordering: .relaxed) != .min }

    /// Whether this call took it out of use.
    func retire() -> Bool { !out.exchange(true, ordering: .relaxed) }

    func addUse() { uses.wrappingAdd(1, ordering: .relaxed) }

    func reserve(at now: Nanoseconds) -> Nanoseconds {
        guard isPaced else { return now }
        return pace.withLock { $0?.reserve(at: now) ?? now }
    }

    func succeed(sent: Nanoseconds) {
        if isPaced {
            pace.withLock { $0?.succeed(sent: sent) }
        } else {
            successes.wrappingAdd(1, ordering: .relaxed)
        }
    }

    func reject(sent: Nanoseconds, until end: Nanoseconds, since start: Nanoseconds) {
        pace.withLock { pace in
            var changed =
                pace ?? BackoffPacer(start: start, successes: successes.load(ordering: .relaxed))
            changed.reject(sent: sent, until: end)
            blocked.store(changed.blockedUntil.count, ordering: .relaxed)
            pace = changed
        }
    }
}

/// A pacer of a credential that the service has rejected: when it may be used again, how densely.
///
/// It stands aside for as long as the service asked. Afterwards its exchanges leave one by one, at the
/// rate that got through between the rejection before and the end of this one's pause: otherwise
/// everybody who has waited would go at once, only to be rejected again. While nothing is rejected the
/// rate grows, quickly up to what is known to hold and slowly beyond.
struct BackoffPacer: Equatable {
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

    /// Counts a success of an exchange sent at `sent`.
    mutating func succeed(sent: Nanoseconds) {
        guard sent >= blockedUntil else { return }
        successes += 1
        gap = gap - Nanoseconds(max(gap.count / (gap > knownGap ? 8 : 4_096), min(gap.count, 1)))
    }

    /// Counts a rejection of an exchange sent at `sent`, with the wish to be left alone until
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

/// Limits of the service, as it told them last in response heads, by credential. Kept as they came,
/// since they come with every response and are read once.
struct ServiceLimits: Sendable {
    /// The most bytes of one head that are kept; more are no limits that anybody could read.
    private static let mostBytes = 4_096

    private var latest: [Int: (at: Nanoseconds, lines: ByteBuffer)] = [:]

    /// Keeps what a head says.
    mutating func add(_ head: Span<UInt8>, of credential: Int, at now: Nanoseconds) {
        // Taken out and put back, so that the buffer is filled where it is.
        var lines =
            latest.removeValue(forKey: credential)?.lines ?? ByteBuffer(capacity: 512)
        lines.clear()
        HeadSyntax.forEachRateLimit(in: head) { line in
            guard lines.count + line.count < Self.mostBytes else { return }
            lines.append(line)
            lines.append(byte: UInt8(ascii: "\n"))
        }
        latest[credential] = (now, lines)
    }

    /// Takes over what another worker heard later.
    mutating func merge(_ other: ServiceLimits) {
        latest.merge(other.latest) { $0.at < $1.at ? $1 : $0 }
    }

    /// These without the secrets that a service may repeat anywhere: those of its users, and then those
    /// of the run.
    func masked(_ mask: (_ line: [UInt8]) -> [UInt8]) -> ServiceLimits {
        var masked = self
        for (credential, said) in latest {
            masked.latest[credential]?.lines.clear()
            for line in said.lines.bytes.split(separator: UInt8(ascii: "\n")) {
                masked.latest[credential]?.lines.append(mask(Array(line)))
                masked.latest[credential]?.lines.append(byte: UInt8(ascii: "\n"))
            }
        }
        return masked
    }

    /// Whether nothing was said.
    var isEmpty: Bool { latest.isEmpty }

    /// What was said to a credential, by lower-case names.
    func fields(of credential: Int) -> [String: String] {
        // What is secret has been taken out; this keeps each on one line, and short.
        let shortened = Secrets([])
        var fields: [String: String] = [:]
        for line in latest[credential]?.lines.text.split(separator: "\n") ?? [] {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            fields[shortened.mask(String(line[..<colon])).lowercased()] =
                shortened.mask(String(value))
        }
        return fields
    }
}
