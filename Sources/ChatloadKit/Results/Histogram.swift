package import Base
import Networking

/// The distribution of a duration: how often each value was seen, to three significant digits, with
/// exact count, least, greatest, sum and sum of squares.
///
/// The layout is that of HdrHistogram (Gil Tene, hdrhistogram.org) with a unit of 1 ns: slots are
/// linear within a power of two, so the relative error is the same everywhere. Recording is O(1)
/// and merging is lossless: everything held is an integer sum, a minimum or a maximum, hence the
/// same whatever the order and grouping of records and merges, bit for bit. The slots reach only
/// as far as the greatest value so far, which makes equal distributions equal values.
///
/// Values are clamped to 0 … `Histogram.highest`.
package struct Histogram: Sendable, Equatable {
    /// Where values go.
    let layout: HistogramLayout
    /// The number of values in each slot; whole powers of two, up to that of the greatest value.
    private(set) var slots: [UInt64] = []
    private(set) var sums = Sums()

    /// The number of values recorded.
    package var count: Int { sums.count }

    /// The greatest value held apart, 39 hours; longer ones count as this.
    package static let highest = Nanoseconds(Int64(HistogramLayout.highest))

    /// An empty distribution; relative error at most 1/1024 from 1 µs on.
    package init() { self.init(layout: .fine) }

    init(layout: HistogramLayout) { self.layout = layout }

    /// One with these contents, to be checked with `isConsistent`.
    init(layout: HistogramLayout, slots: [UInt64], sums: Sums) {
        self.layout = layout
        self.slots = slots
        self.sums = sums
    }

    /// Counts one value.
    package mutating func record(_ value: Nanoseconds) {
        let value = UInt64(clamping: value.count)
        let clamped = Swift.min(value, HistogramLayout.highest)
        let slot = layout.slot(of: clamped)
        if slot >= slots.count { grow(toHold: slot) }
        slots[slot] &+= 1
        sums.add(clamped)
    }

    /// Counts a value so many times, at least once.
    mutating func record(_ value: Nanoseconds, times count: Int) {
        record(value)
        if count < 2 { return }
        let value = Swift.min(UInt64(clamping: value.count), HistogramLayout.highest)
        slots[layout.slot(of: value)] &+= UInt64(clamping: count &- 1)
        let further = UInt128(clamping: count &- 1)
        sums.count &+= count &- 1
        sums.sum &+= further &* UInt128(value)
        sums.squares &+= further &* UInt128(value) &* UInt128(value)
    }

    /// Counts the gaps of a reply, in their own layout.
    mutating func record(_ gaps: borrowing PooledGaps) {
        precondition(layout == GapCounts.layout, "BUG: gaps counted in another layout")
        guard let last = gaps.counts.entries.last else { return }
        if last.slot >= slots.count { grow(toHold: last.slot) }
        for entry in gaps.counts.entries { slots[entry.slot] &+= UInt64(clamping: entry.count) }
        sums.merge(gaps.sums)
    }

    /// Counts everything `other` has counted. Both must have the same layout.
    package mutating func merge(_ other: borrowing Histogram) {
        precondition(layout == other.layout, "BUG: histograms of two layouts merged")
        if other.count == 0 { return }
        if other.slots.count > slots.count { grow(toHold: other.slots.count - 1) }
        for slot in other.slots.indices { slots[slot] &+= other.slots[slot] }
        sums.merge(other.sums)
    }

    /// Forgets all values, but keeps the slots: only what is packed of it is as if it were new.
    mutating func clear() {
        let filled = filled
        slots.withUnsafeMutableBufferPointer { $0[filled].update(repeating: 0) }
        sums = Sums()
    }

    /// The slots from the least value's to the greatest one's.
    var filled: Range<Int> {
        count == 0 ? 0..<0 : layout.slot(of: sums.least)..<layout.slot(of: sums.greatest) + 1
    }

    /// The same values in the coarse layout, as if they had been recorded there: its slots are whole
    /// numbers of fine ones.
    var coarse: Histogram {
        var coarse = Histogram(layout: .coarse)
        if count == 0 { return coarse }
        coarse.grow(toHold: coarse.layout.slot(of: sums.greatest))
        for slot in filled where slots[slot] > 0 {
            coarse.slots[coarse.layout.slot(of: layout.values(of: slot).lowerBound)] &+= slots[slot]
        }
        coarse.sums = sums
        return coarse
    }

    private mutating func grow(toHold slot: Int) {
        let missing = layout.size(toHold: slot) - slots.count
        slots.append(addingCapacity: missing) { $0.append(repeating: 0, count: missing) }
    }

    /// The exact sums over all values, with the least and the greatest of them.
    struct Sums: Sendable, Equatable {
        var count = 0
        /// In nanoseconds; the greatest number there is while there are no values.
        var least = UInt64.max
        /// In nanoseconds.
        var greatest: UInt64 = 0
        /// Of all values, in nanoseconds.
        var sum: UInt128 = 0
        /// Of all values' squares. 2⁴⁷ squared leaves room for 2³⁴ such values.
        var squares: UInt128 = 0

        @inline(__always)
        mutating func add(_ value: UInt64) {
            count &+= 1
            if value < least { least = value }
            if value > greatest { greatest = value }
            sum &+= UInt128(value)
            squares &+= UInt128(value) &* UInt128(value)
        }

        mutating func merge(_ other: Sums) {
            count &+= other.count
            least = Swift.min(least, other.least)
            greatest = Swift.max(greatest, other.greatest)
            sum &+= other.sum
            squares &+= other.squares
        }
    }
}

/// The map between values and slots of a `Histogram`: 2^`bits` slots of width 1, then half as many
/// for every further power of two, each power's slots twice as wide as those before.
///
/// For a value v the width exponent is e = max(0, ⌊log₂ v⌋ + 1 − bits) and its slot is
/// e · 2^(bits−1) + (v >> e).
struct HistogramLayout: Sendable, Equatable {
    let bits: Int

    /// Relative error at most 1/1024: three significant digits.
    static let fine = HistogramLayout(bits: 11)

    /// Relative error at most 1/32, for figures that are kept by the second or shown in passing.
    static let coarse = HistogramLayout(bits: 6)

    /// Relative error at most 1/256: small enough for a row of the log.
    static let gaps = HistogramLayout(bits: 9)

    /// The greatest value that has a slot.
    static let highest: UInt64 = (1 << 47) - 1

    /// The slots that a power of two has.
    var half: Int { 1 << (bits - 1) }

    /// The slot of a value up to `highest`.
    @inline(__always)
    func slot(of value: UInt64) -> Int {
        let exponent = max(0, 64 - bits - value.leadingZeroBitCount)
        return (exponent << (bits - 1)) + Int(truncatingIfNeeded: value >> UInt64(exponent))
    }

    /// The number of slots, in whole powers of two, that has a place for `slot`.
    func size(toHold slot: Int) -> Int { (slot / half + 1) * half }

    /// The values that share `slot`.
    func values(of slot: Int) -> ClosedRange<UInt64> {
        let exponent = max(0, slot / half - 1)
        let position = UInt64(slot - exponent * half)
        let low = position << UInt64(exponent)
        return low...(low + (1 << UInt64(exponent)) - 1)
    }
}

extension Histogram {
    /// What was recorded since an earlier state of this histogram. The least and the greatest of
    /// these values are known to their slots only, and are none that was never recorded.
    func since(_ earlier: Histogram) -> Histogram {
        precondition(layout == earlier.layout, "BUG: histograms of two layouts compared")
        var slots = self.slots
        for slot in earlier.slots.indices where slots.indices.contains(slot) {
            slots[slot] &-= Swift.min(earlier.slots[slot], slots[slot])
        }
        guard let first = slots.firstIndex(where: { $0 > 0 }),
            let last = slots.lastIndex(where: { $0 > 0 })
        else { return Histogram(layout: layout) }
        return Histogram(
            layout: layout, slots: slots,
            sums: Sums(
                count: Int(clamping: slots.reduce(0, &+)),
                least: Swift.max(layout.values(of: first).lowerBound, sums.least),
                greatest: Swift.min(layout.values(of: last).upperBound, sums.greatest),
                sum: sums.sum &- earlier.sums.sum, squares: sums.squares &- earlier.sums.squares))
    }
}

extension Histogram {
    /// Whether values could have been recorded that leave this state.
    var isConsistent: Bool { brokenInvariant == nil }

    /// What is wrong with the stored state, in words; nil when nothing is.
    var brokenInvariant: String? {
        let (least, greatest) = (sums.least, sums.greatest)
        let seen = slots.reduce(0, &+)
        if seen != UInt64(count) { return "slots hold \(seen) values, count says \(count)" }
        if count == 0 {
            let isEmpty = slots.isEmpty && least == .max && greatest == 0 && sums.sum == 0
            return isEmpty ? nil : "empty, but not as made"
        }
        if least > greatest { return "least \(least) > greatest \(greatest)" }
        let size = layout.size(toHold: layout.slot(of: greatest))
        if slots.count != size { return "\(slots.count) slots, not \(size)" }
        if slots[layout.slot(of: least)] == 0 { return "nothing in the least value's slot" }
        if slots[layout.slot(of: greatest)] == 0 { return "nothing in the greatest value's slot" }
        let number = UInt128(count)
        if sums.sum < number * UInt128(least) || sums.sum > number * UInt128(greatest) {
            return "the mean is outside least … greatest"
        }
        let (highest, lowest) = (UInt128(greatest), UInt128(least))
        if sums.squares < number * lowest * lowest
            || sums.squares > number * highest * highest
        {
            return "the mean square is outside that of least … greatest"
        }
        return nil
    }
}

/// A histogram in a file: its layout, the exact sums, and the slots that hold anything.
extension Histogram: Codable {
    private struct Stored: Codable {
        var bits: Int
        var least: UInt64
        var greatest: UInt64
        /// In decimal: JSON numbers do not reach that far.
        var sum: String
        var squares: String
        /// Pairs of a slot's number and its count: `812:3 813:1`.
        var slots: String
    }

    package func encode(to encoder: any Encoder) throws {
        let pairs = filled.filter { slots[$0] > 0 }.map { "\($0):\(slots[$0])" }
        let stored = Stored(
            bits: layout.bits, least: count == 0 ? 0 : sums.least, greatest: sums.greatest,
            sum: "\(sums.sum)", squares: "\(sums.squares)", slots: pairs.joined(separator: " "))
        try stored.encode(to: encoder)
    }

    /// Throws when what is stored could not have been recorded.
    package init(from decoder: any Decoder) throws {
        let stored = try Stored(from: decoder)
        let damaged = DecodingError.dataCorrupted(
            DecodingError.Context(
                codingPath: decoder.codingPath, debugDescription: "not a histogram"))
        let layouts = [HistogramLayout.fine, .coarse]
        guard let layout = layouts.first(where: { $0.bits == stored.bits }),
            let sum = UInt128(stored.sum), let squares = UInt128(stored.squares),
            let counts = Self.counts(of: stored.slots, greatest: stored.greatest, in: layout)
        else { throw damaged }
        let number = Int(clamping: counts.reduce(0, &+))
        self.init(
            layout: layout, slots: counts,
            sums: Sums(
                count: number, least: number == 0 ? .max : stored.least,
                greatest: stored.greatest, sum: sum, squares: squares))
        guard isConsistent else { throw damaged }
    }

    /// The slots up to that of the greatest value; nil if one lies beyond it or is not a pair.
    private static func counts(
        of pairs: String, greatest: UInt64, in layout: HistogramLayout
    ) -> [UInt64]? {
        if pairs.isEmpty { return [] }
        guard greatest <= HistogramLayout.highest else { return nil }
        let size = layout.size(toHold: layout.slot(of: greatest))
        var counts = [UInt64](repeating: 0, count: size)
        for pair in pairs.split(separator: " ") {
            let numbers = pair.split(separator: ":").map { UInt64($0) }
            guard numbers.count == 2, let slot = numbers[0].flatMap({ Int(exactly: $0) }),
                slot < size, let count = numbers[1], (1...1 << 32).contains(count)
            else { return nil }
            counts[slot] = count
        }
        // The sum of so many squares still fits.
        return counts.reduce(0, +) <= 1 << 33 ? counts : nil
    }
}
