import Networking

/// What a credential has used up of a limit: a leaky bucket that drains evenly, a limit's amount in
/// a period, and overflows at that amount.
///
/// Unlike a fixed window it has no edge at which twice the amount could pass at once. The level is
/// held in units × nanoseconds of the period, in which both the draining (`amount` a nanosecond) and
/// a unit (`period`) are whole numbers: nothing is ever rounded.
struct Meter {
    private var level: Int128 = 0
    /// The time to which the level has been drained.
    private var time = Nanoseconds.zero

    /// Lets drain what has had the time to by `now`, which is never before an earlier `now`.
    mutating func drain(_ limit: ServiceLimit, to now: Nanoseconds) {
        let elapsed = Int128(max((now - time).count, 0))
        level = max(level - elapsed * Int128(limit.amount), 0)
        time = max(time, now)
    }

    /// Adds what has been used, which may overflow the bucket: the excess has to be waited off.
    mutating func take(_ units: Int, of limit: ServiceLimit) {
        level += Int128(max(units, 0)) * Int128(limit.period.count)
    }

    /// How many whole units there is room for.
    func left(of limit: ServiceLimit) -> Int {
        let period = Int128(limit.period.count)
        return Int(clamping: max(Int128(limit.amount) * period - level, 0) / period)
    }

    /// How long it takes until there is room for one unit.
    func wait(for limit: ServiceLimit) -> Nanoseconds {
        let period = Int128(limit.period.count)
        return span(level + period - Int128(limit.amount) * period, limit)
    }

    /// How long it takes until the bucket is empty.
    func timeToEmpty(_ limit: ServiceLimit) -> Nanoseconds { span(level, limit) }

    /// How long so much needs to drain, rounded up to the nanosecond.
    private func span(_ excess: Int128, _ limit: ServiceLimit) -> Nanoseconds {
        let amount = Int128(limit.amount)
        return Nanoseconds(Int64(clamping: (max(excess, 0) + amount - 1) / amount))
    }
}
