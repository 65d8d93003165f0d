import Base
import Networking

/// How much later than they should have requests left: number, sum and greatest.
struct ScheduleLagSeries: Sendable, Equatable {
    private(set) var count = 0
    private(set) var greatest = Nanoseconds.zero
    private(set) var sum: Int128 = 0

    /// The mean, rounded to the nearest nanosecond; nil when there is none.
    var mean: Nanoseconds? {
        if count == 0 { return nil }
        return Nanoseconds(Int64(clamping: (sum + Int128(count / 2)) / Int128(count)))
    }

    /// Counts one; a request that left early was not late.
    mutating func add(_ lag: Nanoseconds) {
        let lag = max(lag, .zero)
        count &+= 1
        sum &+= Int128(lag.count)
        if lag > greatest { greatest = lag }
    }

    mutating func merge(_ other: ScheduleLagSeries) {
        count &+= other.count
        sum &+= other.sum
        greatest = max(greatest, other.greatest)
    }
}

/// Points in time within an interval: how many, and how far behind its begin all together. What lay
/// between two kinds of them follows, however many there were.
struct Moments: Sendable, Equatable {
    private(set) var count = 0
    private(set) var offsets: Int128 = 0

    /// Counts one, `offset` nanoseconds behind the interval's begin.
    mutating func add(_ offset: Int64) {
        count &+= 1
        offsets &+= Int128(offset)
    }

    /// Counts those of an interval that begins `distance` nanoseconds later.
    mutating func merge(_ other: Moments, laterBy distance: Int64) {
        count &+= other.count
        offsets &+= other.offsets &+ Int128(other.count) &* Int128(distance)
    }

    /// The time from each of them to the end of an interval of `span` nanoseconds, added up.
    func rest(of span: Int64) -> Int128 { Int128(count) &* Int128(span) &- offsets }
}

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
