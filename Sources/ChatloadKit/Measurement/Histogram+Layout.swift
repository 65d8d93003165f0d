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

    /// The greatest value that has a slot.
    static let highest: UInt64 = (1 << 47) - 1

    /// The slots that a power of two has.
    var half: Int { 1 << (bits - 1) }

    /// The slot of a value up to `highest`.
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
