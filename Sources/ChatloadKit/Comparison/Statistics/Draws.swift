import Networking

/// Random redraws of units with replacement: how often each unit counts in each of them.
///
/// Of the n units of a stratum n − 1 are drawn and count n/(n − 1) times each, which makes the spread
/// of a mean over the redraws an unbiased estimate of its variance also for small n (P. J. McCarthy
/// and C. B. Snowden, The Bootstrap and Finite Population Sampling, 1985; J. N. K. Rao and
/// C. F. J. Wu, JASA 83, 1988). A stratum of one unit always counts as it is.
struct Draws: Sendable {
    let count: Int
    private let units: Int
    /// Draw by draw, a weight for each unit.
    private let weights: [Double]

    init(strata: [Int], count: Int, random: inout SeededRandom) {
        let units = strata.reduce(0, +)
        var weights = [Double](repeating: 0, count: units * count)
        for draw in 0..<count {
            var first = draw * units
            for size in strata {
                if size == 1 { weights[first] = 1 }
                let weight = Double(size) / Double(max(size - 1, 1))
                for _ in 1..<max(size, 1) {
                    weights[first + Int(random.next(upperBound: UInt64(size)))] += weight
                }
                first += size
            }
        }
        self.count = count
        self.units = units
        self.weights = weights
    }

    /// The standard deviation, over the redraws, of `statistic` of the ratio of two sums; nil where
    /// hardly any redraw has a ratio.
    func deviation(
        of parts: [Double], to wholes: [Double], _ statistic: (Double) -> Double
    ) -> Double? {
        var values: [Double] = []
        values.reserveCapacity(count)
        weights.withUnsafeBufferPointer { weights in
            for draw in 0..<count {
                var (part, whole) = (0.0, 0.0)
                var place = draw &* units
                for unit in 0..<units {
                    part += weights[place] * parts[unit]
                    whole += weights[place] * wholes[unit]
                    place &+= 1
                }
                if whole > 0 { values.append(statistic(part / whole)) }
            }
        }
        return values.count * 2 < count ? nil : Self.deviation(of: values)
    }

    private static func deviation(of values: [Double]) -> Double? {
        if values.count < 2 { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }
}
