import Networking

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

    mutating func record(_ value: Nanoseconds) {
        let slot = Self.slot(of: value)
        makeRoom(from: slot, to: slot)
        if slots[slot - first] < .max { slots[slot - first] += 1 }
        count &+= 1
        sum &+= UInt128(min(UInt64(clamping: value.count), HistogramLayout.highest))
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
