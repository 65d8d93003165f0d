package import Networking

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
    /// The number of values recorded.
    package private(set) var count = 0
    private(set) var least = UInt64.max
    private(set) var greatest: UInt64 = 0
    /// The exact sum of all values, in nanoseconds.
    private(set) var sum: UInt128 = 0
    /// The exact sum of all values' squares. 2⁴⁷ squared leaves room for 2³⁴ such values.
    private(set) var squares: UInt128 = 0

    /// The greatest value held apart, 39 hours; longer ones count as this.
    package static let highest = Nanoseconds(Int64(HistogramLayout.highest))

    /// An empty distribution; relative error at most 1/1024 from 1 µs on.
    package init() { self.init(layout: .fine) }

    init(layout: HistogramLayout) { self.layout = layout }

    /// One with these contents, to be checked with `isConsistent`.
    init(
        layout: HistogramLayout, slots: [UInt64], least: UInt64, greatest: UInt64, sum: UInt128,
        squares: UInt128
    ) {
        self.layout = layout
        self.slots = slots
        count = Int(clamping: slots.reduce(0, &+))
        self.least = slots.isEmpty ? .max : least
        self.greatest = greatest
        self.sum = sum
        self.squares = squares
    }

    /// Counts one value.
    package mutating func record(_ value: Nanoseconds) {
        let value = UInt64(clamping: value.count)
        let clamped = Swift.min(value, HistogramLayout.highest)
        let slot = layout.slot(of: clamped)
        if slot >= slots.count { grow(toHold: slot) }
        slots[slot] &+= 1
        count &+= 1
        if clamped < least { least = clamped }
        if clamped > greatest { greatest = clamped }
        sum &+= UInt128(clamped)
        squares &+= UInt128(clamped) &* UInt128(clamped)
    }

    /// Counts everything `other` has counted. Both must have the same layout.
    package mutating func merge(_ other: borrowing Histogram) {
        precondition(layout == other.layout, "BUG: histograms of two layouts merged")
        if other.count == 0 { return }
        if other.slots.count > slots.count { grow(toHold: other.slots.count - 1) }
        for slot in other.slots.indices { slots[slot] &+= other.slots[slot] }
        count &+= other.count
        least = Swift.min(least, other.least)
        greatest = Swift.max(greatest, other.greatest)
        sum &+= other.sum
        squares &+= other.squares
    }

    /// The same values in the coarse layout, as if they had been recorded there: its slots are whole
    /// numbers of fine ones.
    var coarse: Histogram {
        var coarse = Histogram(layout: .coarse)
        if count == 0 { return coarse }
        coarse.grow(toHold: coarse.layout.slot(of: greatest))
        for slot in slots.indices where slots[slot] > 0 {
            coarse.slots[coarse.layout.slot(of: layout.values(of: slot).lowerBound)] &+= slots[slot]
        }
        (coarse.count, coarse.least, coarse.greatest) = (count, least, greatest)
        (coarse.sum, coarse.squares) = (sum, squares)
        return coarse
    }

    private mutating func grow(toHold slot: Int) {
        let size = layout.size(toHold: slot)
        slots.reserveCapacity(size)
        while slots.count < size { slots.append(0) }
    }
}
