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
        let filled = slots.indices.filter { slots[$0] > 0 }
        let stored = Stored(
            bits: layout.bits, least: count == 0 ? 0 : least, greatest: greatest, sum: "\(sum)",
            squares: "\(squares)", slots: filled.map { "\($0):\(slots[$0])" }.joined(separator: " ")
        )
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
        self.init(
            layout: layout, slots: counts, least: stored.least, greatest: stored.greatest,
            sum: sum, squares: squares)
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
