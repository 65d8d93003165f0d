import Base
import Networking

/// Intervals of a `LatencySeries` as reports show them: those of `timeline.csv` and the heat map.
struct ShownIntervals: Sendable {
    /// In order, from the run's start.
    let intervals: [LatencyInterval]
    /// The length of all but the last, in nanoseconds.
    let span: Int64
    /// The length of the last, in nanoseconds: at least half of the others' unless it is the only
    /// one, so that a run's last moment is neither drawn as a collapse nor as a peak.
    let lastSpan: Int64

    /// Those of a run whose load ended at `loadEnd`.
    init(_ series: LatencySeries, to loadEnd: Nanoseconds) {
        var series = series
        if loadEnd > .zero { series.reach(to: loadEnd) }
        let end = series.last.count
        var factor = 1
        // Some fifty of them at most in a short run.
        if series.span == 100_000_000 {
            factor = end <= 5_000_000_000 ? 1 : end <= 10_000_000_000 ? 2 : 5
        }
        let span = series.span * Int64(factor)
        var intervals = LatencyInterval.joined(
            series.intervals, by: factor, span: series.span)
        var lastSpan = max(0, end - span * Int64(max(0, intervals.count - 1)))
        if lastSpan * 2 < span, intervals.count > 1 {
            let last = intervals.removeLast()
            intervals[intervals.count - 1].merge(last, laterBy: span)
            lastSpan += span
        }
        (self.intervals, self.span, self.lastSpan) = (intervals, span, lastSpan)
    }

    /// Their figures; `phase` tells the phase of the time between two points.
    func points(
        phase: (_ start: Nanoseconds, _ end: Nanoseconds, _ interval: LatencyInterval) -> RunPhase
    ) -> [TimelinePoint] {
        zip(intervals, meanUsers).enumerated().map { index, pair in
            let (interval, users) = pair
            let figures = Distribution(interval.response.histogram)
            let start = Nanoseconds(Int64(index) * span)
            let length = Nanoseconds(self.length(of: index))
            var point = TimelinePoint(
                start: start.roundedSeconds, seconds: length.roundedSeconds,
                phase: phase(start, start + length, interval))
            point.exchanges = figures.count + interval.failed
            point.failed = interval.failed
            point.rejected = interval.rejected
            (point.turns, point.warmup) = (interval.turns, interval.warmup)
            point.users = users
            (point.mean, point.p50) = (figures.mean, figures.p50)
            (point.p99, point.max) = (figures.p99, figures.max)
            point.lagMean = interval.lag.mean.map(Distribution.milliseconds)
            point.tokensPerSecond = length > .zero ? interval.rate(over: length) : 0
            let (ttft, tpot) = (interval.ttft.histogram, interval.tpot.histogram)
            point.ttftP50 = ttft.honestValue(at: .p50).map(Distribution.milliseconds)
            point.ttftP99 = ttft.honestValue(at: .p99).map(Distribution.milliseconds)
            point.tpotP50 = tpot.honestValue(at: .p50).map(Distribution.milliseconds)
            if interval.lag.count > 0 {
                point.lagMax = Distribution.milliseconds(interval.lag.greatest)
            }
            return point
        }
    }

    private func length(of index: Int) -> Int64 { index == intervals.count - 1 ? lastSpan : span }

    /// How many users were in a conversation, on average over each interval: the time they spent in
    /// it by its length. Those who were at work before stay for all of it but for what remains after
    /// their end; those who begin are there from then on.
    private var meanUsers: [Double] {
        var atWork = 0
        return intervals.enumerated().map { index, interval in
            let length = self.length(of: index)
            let time =
                Int128(atWork) * Int128(length) + interval.begins.rest(of: length)
                - interval.ends.rest(of: length)
            atWork += interval.begins.count - interval.ends.count
            return length > 0 ? (Double(time) / Double(length) * 1_000).rounded() / 1_000 : 0
        }
    }

    /// The response times of the successes by when they ended, in at most `HeatMapFigures.columns`
    /// columns.
    var heatMap: HeatMapFigures {
        var joined = 1
        while intervals.count > joined * HeatMapFigures.columns { joined *= 2 }
        let rows = PreferredNumbers.tenths.count + 1
        var columns: [[Int]] = []
        for (index, interval) in intervals.enumerated() {
            if index.isMultiple(of: joined) { columns.append([Int](repeating: 0, count: rows)) }
            let counts = interval.response.histogram.counts(between: PreferredNumbers.tenths)
            for row in counts.indices { columns[index / joined][row] += counts[row] }
        }
        return HeatMapFigures(
            seconds: Nanoseconds(Int64(joined) * span).roundedSeconds, columns: columns)
    }
}

/// Heat map of the response times of the successes over the time at which they ended.
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

extension LoadPhases {
    /// The phase that most of the time between two points is in, the earlier of two that have as
    /// much of it; what comes after `loadEnd` is the drain.
    func phase(from start: Nanoseconds, to end: Nanoseconds, loadEnd: Nanoseconds) -> RunPhase {
        var found = RunPhase.drain
        var longest: Int64 = 0
        for phase in [RunPhase.warmup, .ramp, .main] {
            let parts = stretches(in: [phase], from: start, to: min(end, loadEnd))
            let length = parts.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
            if length > longest { (found, longest) = (phase, length) }
        }
        return end - max(start, min(end, loadEnd)) > Nanoseconds(longest) ? .drain : found
    }

    /// The load of a run that did not write down what it means to do.
    static let unknown = {
        var phases = LoadPhases()
        phases.append(.main, until: .never)
        return phases
    }()
}
