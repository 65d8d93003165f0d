import Networking
import Synchronization

/// Whether an exchange may be sent.
enum Admission: Equatable {
    /// It may, then.
    case at(Nanoseconds)
    /// Not before exchanges under way have told what they used.
    case undecided
    /// There is nothing left, nor will there be.
    case spent
}

/// What one quota grants to one of its scope: one run, one credential, one user or one conversation.
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

    init(_ tally: QuotaTally) {
        self.tally = tally
        state = Atomic(tally.quota.period == nil ? Int64(tally.quota.amount) : .min)
    }

    var quota: Quota { tally.quota }

    /// Reserves `cost` units; whatever is reserved must be settled.
    func reserve(_ cost: Int, at now: Nanoseconds) -> Admission {
        guard quota.period != nil else { return take(cost, at: now) }
        let span = quota.span(of: cost)
        let ahead = max(quota.span(of: quota.burst) - span, .zero)
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
        let ahead = max(quota.span(of: quota.burst) - quota.span(of: cost), .zero)
        state.max((slot + quota.span(of: cost) - ahead).count, ordering: .relaxed)
    }

    /// Corrects a reservation to what was really used; the last correction `isFinal`.
    func settle(_ reserved: Int, used: Int, isFinal: Bool = true) {
        if used != 0 { tally.used.add(used, ordering: .relaxed) }
        if quota.period != nil {
            let change = quota.span(of: used) - quota.span(of: reserved)
            if change != .zero { state.wrappingAdd(change.count, ordering: .relaxed) }
        } else {
            if used != reserved { state.wrappingAdd(Int64(reserved - used), ordering: .relaxed) }
            if isFinal { open.wrappingSubtract(1, ordering: .releasing) }
        }
    }

    /// Whether a total is used up to the last unit.
    var isSpent: Bool { quota.period == nil && state.load(ordering: .relaxed) <= 0 }

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

/// What one quota has done to the run, over all of its buckets.
final class QuotaTally: Sendable {
    let quota: Quota
    let used = Atomic<Int>(0)
    /// Nanoseconds that exchanges were held back.
    let throttled = Atomic<Int64>(0)
    /// How many of the scope have spent theirs.
    let spent = Atomic<Int>(0)

    init(_ quota: Quota) { self.quota = quota }
}

extension Quota {
    /// The time in which so many units may be spent, rounded up; zero of a total.
    func span(of count: Int) -> Nanoseconds {
        guard let period, count > 0 else { return .zero }
        // A count is an outside number; twice the width holds any product.
        let (high, low) = Int64(count).multipliedFullWidth(by: period.count)
        guard high < Int64(amount) / 2 else { return .never }
        let (quotient, remainder) = Int64(amount).dividingFullWidth((high, low))
        return Nanoseconds(quotient) + Nanoseconds(remainder > 0 ? 1 : 0)
    }

    /// How many of its unit these tokens of one exchange are.
    func units(prompt: Int, reply: Int) -> Int {
        switch unit {
        case .requests: 1
        case .tokens: prompt + reply
        case .promptTokens: prompt
        case .replyTokens: reply
        }
    }
}
