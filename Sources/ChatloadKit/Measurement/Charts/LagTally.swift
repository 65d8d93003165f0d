import Networking

/// How much later than they should have requests left: number, sum and greatest.
struct LagTally: Sendable, Equatable {
    private(set) var count = 0
    private(set) var greatest = Nanoseconds.zero
    private(set) var sum: Int128 = 0

    /// The mean, rounded to the nearest nanosecond; nil when there is none.
    var mean: Nanoseconds? {
        if count == 0 { return nil }
        return Nanoseconds(Int64(clamping: (sum + Int128(count / 2)) / Int128(count)))
    }

    /// Counts one; a request that left early was not late.
    mutating func add(_ lag: Nanoseconds) {
        let lag = max(lag, .zero)
        count &+= 1
        sum &+= Int128(lag.count)
        if lag > greatest { greatest = lag }
    }

    mutating func merge(_ other: LagTally) {
        count &+= other.count
        sum &+= other.sum
        greatest = max(greatest, other.greatest)
    }
}

/// Points in time within an interval: how many, and how far behind its begin all together. What lay
/// between two kinds of them follows, however many there were.
struct Moments: Sendable, Equatable {
    private(set) var count = 0
    private(set) var offsets: Int128 = 0

    /// Counts one, `offset` nanoseconds behind the interval's begin.
    mutating func add(_ offset: Int64) {
        count &+= 1
        offsets &+= Int128(offset)
    }

    /// Counts those of an interval that begins `distance` nanoseconds later.
    mutating func merge(_ other: Moments, laterBy distance: Int64) {
        count &+= other.count
        offsets &+= other.offsets &+ Int128(other.count) &* Int128(distance)
    }

    /// The time from each of them to the end of an interval of `span` nanoseconds, added up.
    func rest(of span: Int64) -> Int128 { Int128(count) &* Int128(span) &- offsets }
}
