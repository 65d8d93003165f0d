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
            least: Swift.max(layout.values(of: first).lowerBound, least),
            greatest: Swift.min(layout.values(of: last).upperBound, greatest),
            sum: sum &- earlier.sum,
            squares: squares &- earlier.squares)
    }
}
