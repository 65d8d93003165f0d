import Base
import Networking
import Synchronization

/// A ledger of the run's quotas and of what is left of them, shared by all workers.
final class QuotaLedger: Sendable {
    let tallies: [QuotaTally]
    let run: [QuotaBucket]
    private let credentials: [[QuotaBucket]]
    /// The running mean of the replies' tokens in sixteenths, from which the next reply's are
    /// reserved. Workers may overwrite each other's change; it is an estimate.
    private let meanReply = Atomic<Int>(16 * 100)

    init(_ quotas: [Quota], credentials count: Int) {
        let tallies = quotas.map { QuotaTally($0) }
        self.tallies = tallies
        run = tallies.filter { $0.quota.scope == .run }.map { QuotaBucket($0) }
        credentials = (0..<count).map { _ in
            tallies.filter { $0.quota.scope == .credential }.map { QuotaBucket($0) }
        }
    }

    /// What the quotas grant to a credential.
    func buckets(ofCredential credential: Int) -> [QuotaBucket] {
        credentials.indices.contains(credential) ? credentials[credential] : []
    }

    /// What the quotas grant to a new user or conversation.
    func buckets(ofNew scope: Quota.Scope) -> [QuotaBucket] {
        tallies.filter { $0.quota.scope == scope }.map { QuotaBucket($0) }
    }

    /// The tokens that a reply probably has.
    var expectedReply: Int { meanReply.load(ordering: .relaxed) / 16 }

    /// Learns from a reply.
    func observe(reply tokens: Int) {
        let mean = meanReply.load(ordering: .relaxed)
        meanReply.store(mean + (min(tokens, 1 << 40) * 16 - mean) / 8, ordering: .relaxed)
    }
}

/// An admission of an exchange by a quota.
enum Admission: Equatable {
    /// Allowed at this time.
    case at(Nanoseconds)
    /// Not before exchanges under way have told what they used.
    case undecided
    /// Exhausted: there is nothing left, nor will there be.
    case spent
}

/// A bucket of a quota for one of its scope: one run, one credential, one user or one conversation.
///
/// Of a quota with a period it is the generic cell rate algorithm (ITU-T I.371, virtual scheduling)
/// used for reservations: the state is the time at which everything granted so far is paid for, and
/// whoever asks is given the first free time and sleeps until then. So grants are in order of asking,
/// and exact for any number of workers without a lock. Of a total it is what is left.
final class QuotaBucket: Sendable {
    let tally: QuotaTally
    private let state: Atomic<Int64>
    /// Reservations of a total that have not been settled.
    private let open = Atomic<Int>(0)
    private let isKnownSpent = Atomic<Bool>(false)

    init(_ tally: QuotaTally) {
        self.tally = tally
        state = Atomic(tally.quota.period == nil ? Int64(tally.quota.amount) : .min)
    }

    var quota: Quota { tally.quota }

    /// Reserves `cost` units; whatever is reserved must be settled.
    func reserve(_ cost: Int, at now: Nanoseconds) -> Admission {
        guard quota.period != nil else { return take(cost, at: now) }
        let span = quota.span(of: cost)
        let ahead = ahead(of: span)
        var paid = state.load(ordering: .relaxed)
        while true {
            let slot = max(now, Nanoseconds(paid) - ahead)
            let next = max(slot, Nanoseconds(paid)) + span
            let (isDone, current) = state.weakCompareExchange(
                expected: paid, desired: next.count, ordering: .relaxed)
            if isDone { return .at(slot) }
            paid = current
        }
    }

    /// Takes note that what was granted for an earlier time is sent at `slot`, because another quota
    /// of the same scope has the later word; nobody else may go before that is paid for.
    func postpone(_ cost: Int, to slot: Nanoseconds) {
        guard quota.period != nil else { return }
        state.max((slot + quota.span(of: cost)).count, ordering: .relaxed)
    }

    /// Corrects a reservation to what was really used; the last correction `isFinal`.
    func settle(_ reserved: Int, used: Int, isFinal: Bool = true) {
        if used != 0 { tally.used.wrappingAdd(used, ordering: .relaxed) }
        if quota.period != nil {
            if used != reserved { advance(by: quota.span(of: used) - quota.span(of: reserved)) }
        } else {
            if used != reserved { state.wrappingAdd(Int64(reserved - used), ordering: .relaxed) }
            if isFinal { open.wrappingSubtract(1, ordering: .releasing) }
        }
    }

    /// Takes a reservation back that was not used, of the time `slot` where that was waited for. A time
    /// that others wait behind is not free for anybody else: it is lost with its units.
    func giveBack(_ reserved: Int, from slot: Nanoseconds?) {
        guard quota.period != nil, let slot else { return settle(reserved, used: 0) }
        let span = quota.span(of: reserved)
        let end = slot + ahead(of: span) + span
        _ = state.compareExchange(
            expected: end.count, desired: (end - span).count, ordering: .relaxed)
    }

    /// By how much earlier than it is paid for something of this span may go.
    private func ahead(of span: Nanoseconds) -> Nanoseconds {
        max(quota.span(of: quota.burst) - span, .zero)
    }

    /// Whether a total is used up to the last unit, with nothing reserved that might come back.
    var isSpent: Bool {
        quota.period == nil && open.load(ordering: .acquiring) == 0
            && state.load(ordering: .relaxed) <= 0
    }

    /// Marks it as used up; whether that is news.
    func markSpent() -> Bool {
        if isKnownSpent.exchange(true, ordering: .relaxed) { return false }
        tally.spent.wrappingAdd(1, ordering: .relaxed)
        return true
    }

    private func advance(by change: Nanoseconds) {
        var paid = state.load(ordering: .relaxed)
        while true {
            let (isDone, current) = state.weakCompareExchange(
                expected: paid, desired: (Nanoseconds(paid) + change).count, ordering: .relaxed)
            if isDone { return }
            paid = current
        }
    }

    private func take(_ cost: Int, at now: Nanoseconds) -> Admission {
        var left = state.load(ordering: .relaxed)
        while left >= cost {
            // Announced first, so that nobody thinks the total spent that may get some of it back.
            open.wrappingAdd(1, ordering: .relaxed)
            let (isDone, current) = state.weakCompareExchange(
                expected: left, desired: left - Int64(cost), ordering: .acquiringAndReleasing)
            if isDone { return .at(now) }
            open.wrappingSubtract(1, ordering: .relaxed)
            left = current
        }
        let isSettled = open.load(ordering: .acquiring) == 0
        return isSettled && state.load(ordering: .relaxed) < cost ? .spent : .undecided
    }
}

/// A tally of what one quota has done to the run, over all of its buckets.
final class QuotaTally: Sendable {
    let quota: Quota
    let used = Atomic<Int>(0)
    /// Nanoseconds that exchanges were held back.
    let throttled = Atomic<Int64>(0)
    /// How many of the scope have spent theirs.
    let spent = Atomic<Int>(0)

    init(_ quota: Quota) { self.quota = quota }
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

extension Quota {
    /// How much later than its time something may still be sent: its own span, but no less than a
    /// 500th of the period, since no process wakes to the microsecond, and a tenth of it for one that
    /// never does. A total has no times that could be missed.
    func tolerance(of cost: Int, whenAlwaysLate isHabit: Bool = false) -> Nanoseconds {
        guard let period else { return .never }
        let least = period.count / (isHabit ? 10 : Self.leastTolerance)
        return max(span(of: cost), Nanoseconds(least))
    }

    private static let leastTolerance: Int64 = 500

    /// The period over which requests are spread. Sent late by up to d > T, the time of one, there can
    /// be ⌈(P + d)/T⌉ of them in a time P; over P + d − T there are no more than without lateness.
    private var spread: Nanoseconds? {
        guard unit == .requests, let period, amount > Self.leastTolerance else { return period }
        return period + Nanoseconds(period.count / Self.leastTolerance)
            - Nanoseconds(period.count / Int64(amount))
    }

    /// The time in which so many units may be spent, rounded up; zero of a total.
    func span(of count: Int) -> Nanoseconds {
        guard let period = spread, count > 0 else { return .zero }
        let (product, isTooLarge) = Int64(count).multipliedReportingOverflow(by: period.count)
        if !isTooLarge {
            let (whole, rest) = product.quotientAndRemainder(dividingBy: Int64(amount))
            return Nanoseconds(rest > 0 ? whole + 1 : whole)
        }
        let whole = (Int128(count) * Int128(period.count) - 1) / Int128(amount) + 1
        return Nanoseconds(Int64(clamping: whole))
    }

    /// How many of its unit an exchange of so many tokens is.
    func units(_ tokens: TokenCount) -> Int {
        switch unit {
        case .requests: 1
        case .tokens: tokens.prompt + tokens.reply
        case .promptTokens: tokens.prompt
        case .replyTokens: tokens.reply
        }
    }
}

/// The tokens of an exchange, as far as quotas count them.
struct TokenCount: Equatable {
    /// More than any exchange has; a service that reports more is not believed.
    private static let most = 1 << 40

    let prompt: Int
    let reply: Int

    init(prompt: Int, reply: Int) {
        self.prompt = min(max(prompt, 0), Self.most)
        self.reply = min(max(reply, 0), Self.most)
    }
}
