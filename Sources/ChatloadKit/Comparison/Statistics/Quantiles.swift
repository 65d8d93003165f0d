import Networking

/// A histogram's percentiles, many of which are asked for.
struct Quantiles: Sendable {
    private let values: [Double]
    /// How many values there are up to each of `values`.
    private let counts: [UInt64]

    init(_ histogram: Histogram) {
        var values: [Double] = []
        var counts: [UInt64] = []
        var seen: UInt64 = 0
        for slot in histogram.slots.indices where histogram.slots[slot] > 0 {
            seen &+= histogram.slots[slot]
            let value = min(histogram.layout.values(of: slot).upperBound, histogram.greatest)
            values.append(Double(value) / 1e6)
            counts.append(seen)
        }
        self.values = values
        self.counts = counts
    }

    /// The value, in milliseconds, at or below which this share of all lies: between the least and
    /// the greatest whatever the share.
    func value(at share: Double) -> Double {
        guard let total = counts.last else { return 0 }
        let rank = UInt64(min(max((share * Double(total)).rounded(.up), 1), Double(total)))
        var low = 0
        var high = counts.count - 1
        while low < high {
            let middle = (low + high) / 2
            if counts[middle] < rank { low = middle + 1 } else { high = middle }
        }
        return values[low]
    }
}
