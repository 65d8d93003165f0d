import Networking

extension Timeline {
    /// The intervals in order, from the run's start.
    var points: [TimelinePoint] {
        zip(intervals, meanUsers).enumerated().map { index, pair in
            let (interval, users) = pair
            let figures = Distribution(interval.response)
            var point = TimelinePoint(start: index * Int(width), seconds: Int(width))
            point.exchanges = figures.count + interval.failed
            point.failed = interval.failed
            point.rejected = interval.rejected
            point.users = users
            (point.mean, point.p50) = (figures.mean, figures.p50)
            (point.p99, point.max) = (figures.p99, figures.max)
            point.lagMean = interval.lag.mean.map(Distribution.milliseconds)
            if interval.lag.count > 0 {
                point.lagMax = Distribution.milliseconds(interval.lag.greatest)
            }
            return point
        }
    }

    /// How many users were in a conversation, on average over each interval: the time they spent in
    /// it by its length. Those who were at work before stay for all of it but for what remains after
    /// their end; those who begin are there from then on.
    private var meanUsers: [Double] {
        var atWork = 0
        return intervals.map { interval in
            let time =
                Int128(atWork) * Int128(span) + interval.begins.rest(of: span)
                - interval.ends.rest(of: span)
            atWork += interval.begins.count - interval.ends.count
            return (Double(time) / Double(span) * 1_000).rounded() / 1_000
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
            let counts = interval.response.counts(between: PreferredNumbers.tenths)
            for row in counts.indices { columns[index / joined][row] += counts[row] }
        }
        return HeatMapFigures(seconds: joined * Int(width), columns: columns)
    }
}
