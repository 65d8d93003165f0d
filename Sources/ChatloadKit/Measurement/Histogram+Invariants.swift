extension Histogram {
    /// Whether values could have been recorded that leave this state.
    var isConsistent: Bool { brokenInvariant == nil }

    /// What is wrong with the stored state, in words; nil when nothing is.
    var brokenInvariant: String? {
        let seen = slots.reduce(0, &+)
        if seen != UInt64(count) { return "slots hold \(seen) values, count says \(count)" }
        if count == 0 {
            let isEmpty = slots.isEmpty && least == .max && greatest == 0 && sum == 0
            return isEmpty ? nil : "empty, but not as made"
        }
        if least > greatest { return "least \(least) > greatest \(greatest)" }
        let size = layout.size(toHold: layout.slot(of: greatest))
        if slots.count != size { return "\(slots.count) slots, not \(size)" }
        if slots[layout.slot(of: least)] == 0 { return "nothing in the least value's slot" }
        if slots[layout.slot(of: greatest)] == 0 { return "nothing in the greatest value's slot" }
        let number = UInt128(count)
        if sum < number * UInt128(least) || sum > number * UInt128(greatest) {
            return "the mean is outside least … greatest"
        }
        let (highest, lowest) = (UInt128(greatest), UInt128(least))
        if squares < number * lowest * lowest || squares > number * highest * highest {
            return "the mean square is outside that of least … greatest"
        }
        return nil
    }
}
