/// The response times of the successes over the time at which they ended.
package struct HeatMapFigures: Codable, Equatable, Sendable {
    /// The length of a column in seconds; the first begins with the run.
    package var seconds = 1.0
    /// The bounds of the rows in milliseconds, one more than there are rows.
    package var edges: [Double] = []
    /// By column, then by row.
    package var counts: [[Int]] = []

    /// The most columns.
    static let columns = 120

    /// An empty one.
    package init() {}

    /// One of these columns, whose rows are those between `PreferredNumbers.tenths`; rows that are
    /// empty in all of them are left out at both ends.
    init(seconds: Double, columns: [[Int]]) {
        let filled = columns.compactMap { column -> ClosedRange<Int>? in
            guard let first = column.firstIndex(where: { $0 > 0 }),
                let last = column.lastIndex(where: { $0 > 0 })
            else { return nil }
            return first...last
        }
        guard let first = filled.map(\.lowerBound).min(),
            let last = filled.map(\.upperBound).max()
        else { return }
        self.seconds = seconds
        edges = Array(HistogramBin.bounds(PreferredNumbers.tenths)[first...(last + 1)])
        counts = columns.map { Array($0[first...last]) }
    }

    enum CodingKeys: String, CodingKey {
        case seconds
        case edges = "edges_ms"
        case counts
    }
}
