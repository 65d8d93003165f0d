import Base
import Networking
import Synchronization

/// A throttle of one simulated user, which each of its exchanges must pass: the quotas that concern
/// it, from the conversation's own to the run's, and the pause of a rejected credential. A user has
/// one only if there is something to pass. Confined to its worker.
final class Throttle {
    /// What to do next.
    enum Step: Equatable {
        case go
        /// Wait until then and ask again.
        case wait(Nanoseconds)
        /// The exchange must not be sent any more, for the reason given.
        case refuse(String)
    }

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
    private var hasSlot = false
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
        levels = [[], shared.quotas.buckets(ofNew: .user), [], shared.quotas.run]
    }

    /// What a rejection does.
    var policy: RejectionPolicy { shared.pool.policy }

    /// Whether the user may begin another conversation.
    var canGoOn: Bool { !isOut && !shared.pool.leavesOut(user: user) }

    /// Begins a conversation, with fresh quotas of its own and a credential for it.
    func begin(iteration: Int, at now: Nanoseconds) {
        endsConversation = false
        guard let choice = shared.pool.choose(user: user, iteration: iteration, at: now) else {
            isOut = true
            return
        }
        credential = choice
        levels[0] = shared.quotas.buckets(ofNew: .conversation)
        levels[2] = shared.quotas.buckets(ofCredential: choice)
    }

    /// Stands in for another throttle of the same user in its conversation: with the same quotas.
    func copy(from other: Throttle) {
        credential = other.credential
        levels = other.levels
        endsConversation = other.endsConversation
        isOut = other.isOut
    }

    /// Takes over what has become of the conversation and the user at a throttle that stood in.
    func merge(_ other: Throttle) {
        if other.endsConversation { endsConversation = true }
        if other.isOut { isOut = true }
    }

    /// Begins an exchange, which `step` lets pass; `isFirst` of its turn, which may still be given up.
    func begin(saying prompt: String?, isFirst: Bool) {
        self.isFirst = isFirst
        level = 0
        hasSlot = false
        cause = nil
        awaited = nil
        renewals = 0
        says = prompt != nil
        estimate = TokenCount(
            prompt: prompt.map(shared.tokens.tokens(in:)) ?? 0,
            reply: says ? shared.quotas.expectedReply : 0)
    }

    /// The next step of the exchange.
    func step(at now: Nanoseconds) -> Step {
        countWait(until: now)
        if isFirst, shared.pool.isOut(credential) {
            if shared.pool.isSticky { isOut = true }
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
        countWait(until: now)
        giveBack(from: 0)
    }

    /// Settles what was reserved for an exchange that has ended. What was reserved for a reply that
    /// is still to be fetched (`awaitsReply`) remains reserved.
    func settle(_ tokens: TokenCount, delivers: Bool, awaitsReply: Bool) {
        if delivers {
            shared.quotas.observe(reply: tokens.reply)
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
        for one in touched where one.bucket.isSpent { endSpent(one.bucket) }
    }

    /// Gives up the reply that was awaited, if any.
    func endTurn() { settleOwed(TokenCount(prompt: 0, reply: 0)) }
}

/// Reserving with quotas and credentials.
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
                endSpent(bucket)
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
        if !(hasSlot && shared.pool.isOpen(credential, at: now)) {
            let slot = shared.pool.reserve(credential, at: now)
            hasSlot = true
            if slot > now { return .wait(slot) }
        }
        shared.pool.addUse(of: credential)
        return .go
    }

    private func countWait(until now: Nanoseconds) {
        guard let (tally, since) = cause else { return }
        cause = nil
        tally.throttled.wrappingAdd((now - since).count, ordering: .relaxed)
    }

    /// Ends what a spent quota ends, once.
    private func endSpent(_ bucket: QuotaBucket) {
        let isFirst = bucket.markSpent()
        switch bucket.quota.scope {
        case .conversation: endsConversation = true
        case .user: isOut = true
        case .credential: if isFirst { retireCredential() }
        case .run: if isFirst { shared.limits.drain() }
        }
    }

    /// Takes the credential out of use, and ends the run with the last one.
    func retireCredential() {
        if shared.pool.retire(credential) { shared.limits.drain() }
        if shared.pool.isSticky { isOut = true }
    }
}

/// What comes of an exchange.
extension Throttle {
    /// Counts a success of what left at `sent`.
    func succeed(sent: Nanoseconds) { shared.pool.addSuccess(of: credential, sent: sent) }

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
        switch shared.pool.policy {
        case .record: return false
        case .stop:
            retireCredential()
            return false
        case .wait:
            let pause: Nanoseconds
            if case .delay(let span) = asked {
                // Whatever the service says.
                pause = max(span, .milliseconds(10))
            } else {
                pause = backoff()
            }
            shared.pool.setAside(credential, sent: sent, until: end + pause)
            return true
        }
    }
}

/// What the throttles of all users of a run have in common.
final class ThrottleShared: Sendable {
    let quotas: QuotaLedger
    let pool: CredentialPool
    let limits: RunLimits
    let tokens: TokenEstimate

    init(quotas: QuotaLedger, pool: CredentialPool, limits: RunLimits, tokens: TokenEstimate) {
        self.quotas = quotas
        self.pool = pool
        self.limits = limits
        self.tokens = tokens
    }

    /// What a plan holds exchanges back with; nil when nothing does. `start` is the run's.
    convenience init?(for plan: Plan, _ limits: RunLimits, start: Nanoseconds) {
        if plan.quotas.isEmpty, plan.credentials.isEmpty, plan.onReject == .record { return nil }
        let count = plan.credentialLabels.count
        self.init(
            quotas: QuotaLedger(plan.quotas, credentials: count),
            pool: CredentialPool(
                count: count, assignment: plan.assignment, policy: plan.onReject, start: start),
            limits: limits, tokens: plan.tokens)
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
