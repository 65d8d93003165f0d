/// How many successes had a response time from `from` on and below `to`, in milliseconds.
package struct HistogramBin: Codable, Equatable, Sendable {
    package var from: Double
    package var to: Double
    package var count: Int

    enum CodingKeys: String, CodingKey {
        case from = "from_ms"
        case to = "to_ms"
        case count
    }
}

extension HistogramBin {
    /// Twenty bins a decade, without the empty ends.
    static func bins(of histogram: Histogram) -> [HistogramBin] {
        let counts = histogram.counts(between: PreferredNumbers.twentieths)
        guard let first = counts.firstIndex(where: { $0 > 0 }),
            let last = counts.lastIndex(where: { $0 > 0 })
        else { return [] }
        let bounds = bounds(PreferredNumbers.twentieths)
        return (first...last).map { index in
            HistogramBin(from: bounds[index], to: bounds[index + 1], count: counts[index])
        }
    }

    /// The same counts in bins of 1, 2, 5, 10 …
    static func coarse(_ bins: [HistogramBin]) -> [HistogramBin] {
        let bounds = bounds(PreferredNumbers.thirds)
        var joined: [HistogramBin] = []
        var place = 0
        for bin in bins {
            while place + 2 < bounds.count, bounds[place + 1] <= bin.from { place += 1 }
            if joined.last?.from == bounds[place] {
                joined[joined.count - 1].count += bin.count
            } else {
                joined.append(
                    HistogramBin(from: bounds[place], to: bounds[place + 1], count: bin.count))
            }
        }
        return joined
    }

    /// In milliseconds, with 0 before them and the greatest value of all after them.
    static func bounds(_ edges: [UInt64]) -> [Double] {
        ([0] + edges + [HistogramLayout.highest]).map { Double($0) / 1e6 }
    }
}
