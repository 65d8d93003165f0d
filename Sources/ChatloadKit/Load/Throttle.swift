import Base
import Networking
import Synchronization

/// What one simulated user must pass before each of its exchanges: the quotas that concern it, from
/// the conversation's own to the run's, and the pause of a rejected credential. A user has one only if
/// there is something to pass. Confined to its worker.
final class Throttle {
    /// How long to wait for others' exchanges to settle what is left of a total.
    private static let settlingTime = Nanoseconds.milliseconds(10)

    /// How often in a row a user whose time was missed reserves anew, however little it was late,
    /// and at all. A process that is late all the time would otherwise never send anything.
    private static let (fewRenewals, mostRenewals) = (3, 100)

    let shared: ThrottleShared
    private let user: Int
    private(set) var credential = 0
    /// Whether the user has nothing more to do, for good.
    private(set) var isOut = false
    /// Whether the conversation's own quota has ended it.
    private(set) var endsConversation = false

    /// The quotas by scope, those first that the fewest share: who waits for one of its own must not
    /// hold up others meanwhile.
    private var levels: [[QuotaBucket]]
    private var level = 0
    private var hasPlace = false
    private var estimate = TokenCount(prompt: 0, reply: 0)
    private var says = false
    private var isFirst = true
    private var reserved: [Reservation] = []
    /// What is reserved for a reply that is still to be fetched.
    private var owed: [Reservation] = []
    /// What the user waits for at the moment, and since when.
    private var cause: (tally: QuotaTally, since: Nanoseconds)?

    /// The level whose time the user waits for: that time, and where its reservations begin.
    private var awaited: (slot: Nanoseconds, start: Int)?
    private var renewals = 0

    private struct Reservation {
        let bucket: QuotaBucket
        var cost: Int
        /// When it may be sent, where that is later than it was asked for.
        var slot: Nanoseconds?
    }

    init(user: Int, shared: ThrottleShared) {
        self.user = user
        self.shared = shared
        levels = [[], shared.ledger.buckets(ofNew: .user), [], shared.ledger.run]
    }

    /// What a rejection does.
    var policy: RejectionPolicy { shared.desk.policy }

    /// Whether the user may begin another conversation.
    var canGoOn: Bool { !isOut && !shared.desk.leavesOut(user: user) }

    /// Begins a conversation, with fresh quotas of its own and a credential for it.
    func begin(ticket: Int, at now: Nanoseconds) {
        endsConversation = false
        guard let choice = shared.desk.choose(user: user, ticket: ticket, at: now) else {
            isOut = true
            return
        }
        credential = choice
        levels[0] = shared.ledger.buckets(ofNew: .conversation)
        levels[2] = shared.ledger.buckets(ofCredential: choice)
    }

    /// Stands in for another gate of the same user in its conversation: with the same quotas.
    func accompany(_ other: Throttle) {
        credential = other.credential
        levels = other.levels
        endsConversation = other.endsConversation
        isOut = other.isOut
    }

    /// Takes over what has become of the conversation and the user at a gate that stood in.
    func takeOver(_ other: Throttle) {
        if other.endsConversation { endsConversation = true }
        if other.isOut { isOut = true }
    }

    /// Begins an exchange, which `step` lets pass; `isFirst` of its turn, which may still be given up.
    func begin(saying prompt: String?, isFirst: Bool) {
        self.isFirst = isFirst
        level = 0
        hasPlace = false
        cause = nil
        awaited = nil
        renewals = 0
        says = prompt != nil
        estimate = TokenCount(
            prompt: prompt.map(shared.tokens.tokens(in:)) ?? 0,
            reply: says ? shared.ledger.expectedReply : 0)
    }

    /// The next step of the exchange at hand.
    func step(at now: Nanoseconds) -> Step {
        noteWait(until: now)
        if isFirst, shared.desk.isOut(credential) {
            if shared.desk.isSticky { isOut = true }
            return .refuse("its credential is out of use")
        }
        dropMissed(at: now)
        while level < levels.count {
            let step = reserve(levels[level], at: now)
            if step != .go { return step }
        }
        return pace(at: now)
    }

    /// Gives back what an exchange that is not sent has reserved.
    func cancel(at now: Nanoseconds) {
        noteWait(until: now)
        giveBack(from: 0)
    }

    /// Settles what was reserved for an exchange that has ended. What was reserved for a reply that
    /// is still to be fetched (`awaitsReply`) remains reserved.
    func settle(_ tokens: TokenCount, delivers: Bool, awaitsReply: Bool) {
        if delivers {
            shared.ledger.observe(reply: tokens.reply)
            settleOwed(TokenCount(prompt: 0, reply: tokens.reply))
        }
        for one in reserved {
            let used = one.bucket.quota.units(tokens)
            let later = awaitsReply ? owedCost(of: one) : 0
            one.bucket.settle(one.cost - later, used: used, isFinal: later == 0)
            if later > 0 { owed.append(Reservation(bucket: one.bucket, cost: later)) }
        }
        let touched = reserved
        reserved.removeAll(keepingCapacity: true)
        for one in touched where one.bucket.isSpent { noteSpent(one.bucket) }
    }

    /// Gives up the reply that was awaited, if any.
    func endTurn() { settleOwed(TokenCount(prompt: 0, reply: 0)) }
}

extension Throttle {
    private func owedCost(of one: Reservation) -> Int {
        one.bucket.quota.unit == .requests
            ? 0
            : min(one.cost, one.bucket.quota.units(TokenCount(prompt: 0, reply: estimate.reply)))
    }

    private func settleOwed(_ tokens: TokenCount) {
        for one in owed { one.bucket.settle(one.cost, used: one.bucket.quota.units(tokens)) }
        owed.removeAll(keepingCapacity: true)
    }

    /// Reserves with all quotas of the level at hand and goes on to the next; the latest of their
    /// times counts for all.
    private func reserve(_ buckets: [QuotaBucket], at now: Nanoseconds) -> Step {
        let before = reserved.count
        var slot = now
        for bucket in buckets where says || bucket.quota.unit == .requests {
            let cost = max(bucket.quota.units(estimate), 1)
            switch bucket.reserve(cost, at: now) {
            case .at(let own):
                reserved.append(
                    Reservation(bucket: bucket, cost: cost, slot: own > now ? own : nil))
                if own > slot {
                    slot = own
                    cause = (bucket.tally, now)
                }
            case .undecided:
                giveBack(from: before)
                return .wait(now + Self.settlingTime)
            case .spent:
                noteSpent(bucket)
                return .refuse("the quota \(bucket.quota.specification) is spent")
            }
        }
        if slot > now, reserved.count - before > 1 {
            for one in reserved[before...] { one.bucket.postpone(one.cost, to: slot) }
        }
        level += 1
        if slot == now { return .go }
        awaited = (slot, before)
        return .wait(slot)
    }

    /// Gives up a time that has passed: others go at the times behind it, and whoever still went
    /// would go beside them. So who wakes later than its slot's length reserves anew.
    private func dropMissed(at now: Nanoseconds) {
        guard let (slot, start) = awaited else { return }
        awaited = nil
        let isMissed = reserved[start...].contains {
            let isHabit = renewals >= Self.fewRenewals
            return now - slot > $0.bucket.quota.tolerance(of: $0.cost, whenAlwaysLate: isHabit)
        }
        guard isMissed, renewals < Self.mostRenewals else { return }
        renewals += 1
        giveBack(from: start)
        level -= 1
    }

    private func giveBack(from start: Int) {
        for one in reserved[start...] { one.bucket.giveBack(one.cost, from: one.slot) }
        reserved.removeLast(reserved.count - start)
        cause = nil
    }

    private func pace(at now: Nanoseconds) -> Step {
        if hasPlace, shared.desk.isOpen(credential, at: now) { return go() }
        let slot = shared.desk.reserve(credential, at: now)
        if slot <= now { return go() }
        hasPlace = true
        return .wait(slot)
    }

    private func go() -> Step {
        shared.desk.note(useOf: credential)
        return .go
    }

    private func noteWait(until now: Nanoseconds) {
        guard let (tally, since) = cause else { return }
        cause = nil
        tally.throttled.wrappingAdd((now - since).count, ordering: .relaxed)
    }

    /// Ends what a spent quota ends, once.
    private func noteSpent(_ bucket: QuotaBucket) {
        let isFirst = bucket.noteSpent()
        switch bucket.quota.scope {
        case .conversation: endsConversation = true
        case .user: isOut = true
        case .credential: if isFirst { retireCredential() }
        case .run: if isFirst { shared.control.drain() }
        }
    }

    /// Takes the credential out of use, and ends the run with the last one.
    func retireCredential() {
        if shared.desk.retire(credential) { shared.control.drain() }
        if shared.desk.isSticky { isOut = true }
    }
}

extension Throttle {
    /// Takes note of a success of what left at `sent`.
    func succeed(sent: Nanoseconds) { shared.desk.note(successOf: credential, sent: sent) }

    /// Does what is to be done about a rejection of what left at `sent` and ended at `end`.
    ///
    /// - Parameters:
    ///   - asked: what the service said of when to try again.
    ///   - backoff: how long to wait when that is nothing readable.
    /// - Returns: whether the exchange is to be tried again.
    func reject(
        sent: Nanoseconds, end: Nanoseconds, asked: RetryAfter,
        otherwise backoff: @autoclosure () -> Nanoseconds
    ) -> Bool {
        switch shared.desk.policy {
        case .record: return false
        case .stop:
            retireCredential()
            return false
        case .wait:
            // The least pause, whatever the service says.
            let shortestPause = Nanoseconds.milliseconds(10)
            var pause = shortestPause
            if case .delay(let span) = asked {
                pause = max(pause, span)
            } else {
                pause = backoff()
            }
            shared.desk.setAside(credential, sent: sent, until: end + pause)
            return true
        }
    }
}

/// What all gates of a run have in common.
struct ThrottleShared {
    let ledger: QuotaLedger
    let desk: CredentialPool
    let control: RunLimits
    let tokens: TokenEstimate
}

extension Throttle {
    /// What to do next.
    enum Step: Equatable {
        case go
        /// Wait until then and ask again.
        case wait(Nanoseconds)
        /// The exchange must not be sent any more, for the reason given.
        case refuse(String)
    }
}

extension ThrottleShared {
    /// What a plan holds exchanges back with; nil when nothing does.
    init?(for plan: Plan, _ control: RunLimits, epoch: Nanoseconds) {
        if plan.quotas.isEmpty, plan.credentials.isEmpty, plan.onReject == .record { return nil }
        let count = plan.credentialLabels.count
        ledger = QuotaLedger(plan.quotas, credentials: count)
        desk = CredentialPool(
            count: count, assignment: plan.assignment, policy: plan.onReject, epoch: epoch)
        self.control = control
        tokens = plan.tokens
    }
}

extension QuotaResult {
    /// What a quota has done.
    init(_ tally: QuotaTally) {
        self.init(expression: tally.quota.specification)
        used = tally.used.load(ordering: .relaxed)
        limit = tally.quota.amount
        throttledSeconds = Nanoseconds(tally.throttled.load(ordering: .relaxed)).seconds
        spent = tally.spent.load(ordering: .relaxed)
    }
}

/// When a credential that the service has rejected may be used again, and how densely.
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

/// Back-off of one user after failures that cost nothing, because nothing was sent: a service that
/// is not there must cost neither a core nor a disk full of log. It doubles with every such failure
/// in a row up to a second, and a success ends it.
///
/// It counts from when the failed attempt began, so what took longer to fail asks for none.
struct FailureBackoff {
    private static let first = Nanoseconds.milliseconds(4)
    private static let longest = Nanoseconds.seconds(1)
    /// The failures after which it does not grow any more.
    private static let most: UInt8 = 8

    private var failures: UInt8 = 0
    /// Whether the latest failure has not been waited out yet.
    private(set) var isDue = false
    /// Until when the user is to do nothing.
    private(set) var end = Nanoseconds.zero

    /// An attempt that began at `start` has failed, and nothing was sent. Where a schedule spaces the
    /// user's attempts (`isPaced`), only the loop is given back.
    mutating func fail(begun start: Nanoseconds, isPaced: Bool) {
        let span = Nanoseconds(Self.first.count << Int64(failures))
        end = isPaced ? start : start + min(span, Self.longest)
        failures = min(failures + 1, Self.most)
        isDue = true
    }

    mutating func succeed() { failures = 0 }

    /// The wait is over, or nobody is to wait.
    mutating func clear() { isDue = false }
}
