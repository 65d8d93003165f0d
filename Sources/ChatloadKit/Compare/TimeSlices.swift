import Base
import Networking

/// What was due in one slice of a run's time.
struct Slice: Sendable, Equatable {
    /// Those that shares and rates are of.
    private static let counters = CounterMetric.allCases.filter { counter in
        DerivedMetric.compared.contains {
            switch $0.row.formula {
            case .share(let part, let whole): counter == part || counter == whole
            case .rate(let counted): counter == counted
            case .ofReplies: false
            }
        }
    }

    /// In the order of `counters`.
    private var counts = [Int](repeating: 0, count: counters.count)
    /// How much of the run's time it covers; 0 until `TimeSlices.cover`.
    var seconds = 0.0
    /// Of the successes, in the order of
    /// `DistributionMetric.comparedOfExchanges`.
    var latencies: [LatencyCounts]

    init(latencies count: Int) {
        latencies = Array(repeating: LatencyCounts(), count: count)
    }

    /// How many it has of what a share or a rate counts.
    subscript(counter: CounterMetric) -> Int {
        get { Self.counters.firstIndex(of: counter).map { counts[$0] } ?? 0 }
        set {
            if let place = Self.counters.firstIndex(of: counter) { counts[place] = newValue }
        }
    }

    mutating func add(_ exchange: borrowing Exchange) {
        for (place, counter) in Self.counters.enumerated() {
            counts[place] &+= counter.value(of: exchange, TurnJudgement())
        }
        for (place, metric) in DistributionMetric.comparedOfExchanges.enumerated() {
            metric.forEachValue(of: exchange) {
                latencies[place].record(Nanoseconds($0), times: $1)
            }
        }
    }

    mutating func merge(_ other: Slice) {
        for place in counts.indices { counts[place] += other.counts[place] }
        seconds += other.seconds
        for index in latencies.indices { latencies[index].merge(other.latencies[index]) }
    }
}

/// A run's time cut into at most 64 slices of equal length, and more than 32 unless it is shorter
/// than half a second: the material that is resampled.
///
/// The slices double their length whenever what is added would need more of them. They begin at
/// multiples of their length, so the result is a function of what was added, whatever its order, and
/// the slices of several steps fit together.
struct TimeSlices: Sendable, Equatable {
    static let limit = 64

    /// A slice is 2 to this power nanoseconds long: 17 ms as made.
    private(set) var exponent: Int64 = 24
    /// The number of the first slice, counted in slices from the run's start.
    private(set) var first: Int64 = 0
    private(set) var slices: [Slice] = []
    private let latencies: Int

    /// Without any slice; each will have so many latencies.
    init(latencies: Int) { self.latencies = latencies }

    /// Counts an exchange where it was due.
    mutating func add(_ exchange: borrowing Exchange) {
        let place = place(of: exchange.intended)
        slices[place].add(exchange)
    }

    /// Counts a completed conversation, whose length is the only latency, where it began.
    mutating func add(_ conversation: borrowing ConversationRecord) {
        let place = place(of: conversation.started)
        slices[place][.exchanges] &+= 1
        slices[place].latencies[0].record(conversation.ended - conversation.started, times: 1)
    }

    /// Counts what a summary says of one interval, of which only the response times' mean is known.
    mutating func add(_ point: TimelinePoint) {
        let place = place(of: Nanoseconds(seconds: point.start))
        let succeeded = max(0, point.exchanges - point.failed)
        slices[place][.exchanges] &+= point.exchanges
        slices[place][.succeeded] &+= point.exchanges - point.failed
        slices[place][.failed] &+= point.failed
        slices[place][.succeededTurns] &+= point.turns
        let sum = max(0, point.mean ?? 0) * 1e6 * Double(succeeded)
        slices[place].latencies[0].add(count: succeeded, sum: UInt128(min(sum, 1e30)))
    }

    /// Counts everything `other` has counted, on the same time axis.
    mutating func merge(_ other: TimeSlices) {
        if other.slices.isEmpty { return }
        var other = other
        while other.exponent < exponent { other.widen() }
        while exponent < other.exponent { widen() }
        makeRoom(from: other.first, to: other.first + Int64(other.slices.count) - 1)
        while other.exponent < exponent { other.widen() }
        for (offset, slice) in other.slices.enumerated() {
            slices[Int(other.first - first) + offset].merge(slice)
        }
    }

    /// Writes down how much of the time from `start` to `end` each slice covers; what is left after
    /// the last one is the last one's.
    mutating func cover(from start: Nanoseconds, to end: Nanoseconds) {
        for offset in slices.indices {
            let number = first + Int64(offset)
            let low = max(start, Nanoseconds(number << exponent))
            let isLast = offset == slices.count - 1
            let high = isLast ? end : min(end, Nanoseconds((number + 1) << exponent))
            slices[offset].seconds = max(0, (high - low).seconds)
        }
    }

    /// Joins neighbours into slices twice as long.
    private mutating func widen() {
        var joined: [Slice] = []
        joined.reserveCapacity(slices.count / 2 + 1)
        for (offset, slice) in slices.enumerated() {
            if offset == 0 || (first + Int64(offset)).isMultiple(of: 2) {
                joined.append(slice)
            } else {
                joined[joined.count - 1].merge(slice)
            }
        }
        slices = joined
        first >>= 1
        exponent += 1
    }

    /// The place of the slice that a point in time lies in, which is made where there is none.
    private mutating func place(of time: Nanoseconds) -> Int {
        makeRoom(from: time.count >> exponent, to: time.count >> exponent)
        return Int((time.count >> exponent) - first)
    }

    /// Makes slices for all numbers from `low` to `high`, at most `limit` of them, counted in slices
    /// as long as they are now. Afterwards they may be longer.
    private mutating func makeRoom(from low: Int64, to high: Int64) {
        var (low, high) = (low, high)
        if slices.isEmpty { first = low }
        while max(high, last) - min(low, first) >= Int64(Self.limit) {
            widen()
            low >>= 1
            high >>= 1
        }
        if low < first {
            let missing = Int(first - low)
            slices.insert(
                contentsOf: repeatElement(Slice(latencies: latencies), count: missing), at: 0)
            first = low
        }
        while last < high { slices.append(Slice(latencies: latencies)) }
    }

    /// The number of the last slice.
    private var last: Int64 { first + Int64(slices.count) - 1 }
}

/// How often each latency was seen in one slice of a run's time, to 1/128, which is less than the
/// margin of a comparison: what a redrawn slice needs to say. The slots reach only from the least
/// value's to the greatest one's, so that the slices of many steps stay small.
struct LatencyCounts: Sendable, Equatable {
    static let layout = HistogramLayout(bits: 8)

    /// The number of the first slot held.
    private var first = 0
    private var slots: [UInt32] = []
    private(set) var count = 0
    /// The exact sum, in nanoseconds.
    private(set) var sum: UInt128 = 0

    /// The slot in which a latency is counted.
    static func slot(of value: Nanoseconds) -> Int {
        layout.slot(of: min(UInt64(clamping: value.count), HistogramLayout.highest))
    }

    mutating func record(_ value: Nanoseconds, times number: Int) {
        let slot = Self.slot(of: value)
        makeRoom(from: slot, to: slot)
        let (total, overflow) = slots[slot - first].addingReportingOverflow(
            UInt32(clamping: number))
        slots[slot - first] = overflow ? .max : total
        count &+= number
        sum &+=
            UInt128(clamping: number)
            &* UInt128(min(UInt64(clamping: value.count), HistogramLayout.highest))
    }

    /// Adds values of which only the number and the sum, in nanoseconds, are known.
    mutating func add(count: Int, sum: UInt128) {
        self.count &+= count
        self.sum &+= sum
    }

    mutating func merge(_ other: LatencyCounts) {
        add(count: other.count, sum: other.sum)
        if other.slots.isEmpty { return }
        makeRoom(from: other.first, to: other.first + other.slots.count - 1)
        var place = other.first - first
        for number in other.slots {
            let (total, overflow) = slots[place].addingReportingOverflow(number)
            slots[place] = overflow ? .max : total
            place &+= 1
        }
    }

    /// How many values lie in `slot` and those below.
    func count(through slot: Int) -> Int {
        var count = 0
        var place = 0
        let end = min(slot - first + 1, slots.count)
        while place < end {
            count += Int(slots[place])
            place += 1
        }
        return count
    }

    /// Makes slots from `low` to `high`, 64 at a time.
    private mutating func makeRoom(from low: Int, to high: Int) {
        if low >= first, high - first < slots.count { return }
        let (low, end) = (low & ~63, (high | 63) + 1)
        if slots.isEmpty { first = low }
        if low < first {
            slots = [UInt32](repeating: 0, count: first - low) + slots
            first = low
        }
        let missing = end - first - slots.count
        if missing > 0 { slots += [UInt32](repeating: 0, count: missing) }
    }
}
