import Base

/// How the run went, on one time axis.
extension ReportPage {
    var overTime: Markup { heatMap + timeline }

    private var timeAxis: Axis {
        let end = summary.timeline.last.map { $0.start + $0.seconds } ?? 1
        return .time(upTo: end)
    }

    private static let timeTitle = "time since the start"

    private var heatMap: Markup {
        let map = summary.heatMap
        guard let low = map.edges.first, let high = map.edges.last else { return "" }
        let axis = timeAxis
        var cells: [HeatMapCell] = []
        for (column, counts) in map.counts.enumerated() {
            let (from, to) = (
                Double(column) * map.seconds, min(Double(column + 1) * map.seconds, axis.high)
            )
            let times = "\(Figures.moment(from, outOf: axis.high)) – "
            for (row, count) in counts.enumerated() where count > 0 && row + 1 < map.edges.count {
                let (bottom, top) = (map.edges[row], map.edges[row + 1])
                let tip =
                    "\(times)\(Figures.moment(to, outOf: axis.high))\n\(Self.range(bottom, top))\n"
                    + "\(Figures.count(count)) exchanges"
                cells.append(
                    HeatMapCell(
                        fromX: from, toX: to, fromY: bottom, toY: top, count: count, tip: tip))
            }
        }
        let words =
            "Heat map of response times, from \(Self.range(low, high)), over "
            + "\(Figures.count(map.counts.count)) columns of \(Figures.duration(map.seconds * 1_000)). "
            + "Arrow keys tell each cell."
        return ChartFrame(
            id: "heatmap", caption: "Response times over time", words: words,
            note: "Successes, by when they ended. Each shade is so many exchanges in a cell."
        ).figure(
            cells, x: axis, y: .logarithmicDuration(from: max(low, high / 1e7), to: high),
            title: Self.timeTitle)
    }

    private var timeline: Markup {
        let points = summary.timeline
        if points.isEmpty { return "" }
        let axis = timeAxis
        let chart = LineChart(
            x: axis, title: Self.timeTitle,
            plots: [throughput, responses] + streams + [users, lag], shades: shades,
            marks: points.map { point in
                (Self.middle(point), Self.tip(point, outOf: axis.high))
            })
        return chart.figure(
            in: ChartFrame(
                id: "timeline", caption: "Load, latency and generator over time", words: timeWords,
                note: """
                    A point for every \(Figures.duration(points[0].seconds * 1_000)), by when \
                    exchanges ended; the schedule lag by when they were sent. Users are those in a \
                    conversation, on average. \(phaseNote)
                    """))
    }

    private var timeWords: String {
        let points = summary.timeline
        let rates = points.map { Self.rate($0.exchanges, in: $0) }
        let users = points.map(\.users).max() ?? 0
        return "Line charts over \(Figures.count(points.count)) points in time: exchanges per "
            + "second, at most \(Figures.round(rates.max() ?? 0)); response time; users, at most "
            + "\(Figures.decimal(users, places: 1)) on average; schedule lag, at most "
            + "\(Figures.duration(points.compactMap(\.lagMax).max())). Arrow keys tell each point."
    }

    private var throughput: LineChart.Plot {
        let points = summary.timeline
        var series = [
            series("succeeded", 0) {
                Self.isLoad($0) ? Self.rate($0.exchanges - $0.failed, in: $0) : nil
            },
            series("turns that succeeded", 2) {
                Self.isLoad($0) ? Self.rate($0.turns, in: $0) : nil
            },
            series("failed", 3) { Self.rate($0.failed, in: $0) },
        ]
        if summary.totals[.rejected] > 0 {
            series.append(self.series("of which rejected", 1) { Self.rate($0.rejected, in: $0) })
        }
        if !points.allSatisfy(Self.isLoad) {
            series.append(
                self.series("warm-up and drain", LineChart.greyStyle) {
                    Self.isLoad($0) ? nil : Self.rate($0.exchanges - $0.failed + $0.warmup, in: $0)
                })
        }
        let most = points.map {
            Self.rate(max($0.exchanges - $0.failed + $0.warmup, $0.failed), in: $0)
        }.max()
        return LineChart.Plot(
            title: "Exchanges per second", pixels: 150, y: .rate(upTo: most ?? 0), series: series)
    }

    private var responses: LineChart.Plot {
        // A second seldom has enough samples for a p99.
        let all = [
            series("p50", 0) { $0.p50 }, series("p99", 2) { $0.p99 },
            series("slowest", 5) { $0.max },
        ]
        return durations("Response time", 150, all.filter { $0.points.contains { $0.y != nil } })
    }

    /// Only where something was streamed.
    private var streams: [LineChart.Plot] {
        if summary.streams == nil { return [] }
        let most = summary.timeline.map(\.tokensPerSecond).max() ?? 0
        let tokens = LineChart.Plot(
            title: "Tokens of replies per second", pixels: 110, y: .rate(upTo: most),
            series: [series("tokens", 0) { $0.tokensPerSecond }])
        let times = [
            series("first token p50", 0) { $0.ttftP50 }, series("p99", 2) { $0.ttftP99 },
            series("per token p50", 4) { $0.tpotP50 },
        ].filter { $0.points.contains { $0.y != nil } }
        return [tokens] + (times.isEmpty ? [] : [durations("First token, per token", 150, times)])
    }

    private var users: LineChart.Plot {
        LineChart.Plot(
            title: "Users in a conversation", pixels: 110,
            y: .rate(upTo: summary.timeline.map(\.users).max() ?? 0),
            series: [series("users", 0) { $0.users }])
    }

    private var lag: LineChart.Plot {
        durations(
            "Schedule lag", 110,
            [series("mean lag", 0) { $0.lagMean }, series("greatest lag", 1) { $0.lagMax }])
    }

    private func durations(
        _ title: String, _ pixels: Int, _ series: [LineChart.Series]
    ) -> LineChart.Plot {
        let y = Axis.duration(spanning: series.flatMap { $0.points.compactMap(\.y) })
        let scale = y.scale == .logarithmic ? ", logarithmic" : ""
        return LineChart.Plot(title: title + scale, pixels: pixels, y: y, series: series)
    }

    private func series(
        _ name: String, _ style: Int, _ value: (TimelinePoint) -> Double?
    ) -> LineChart.Series {
        LineChart.Series(
            name: name, style: style,
            points: summary.timeline.map { LineChart.Point(x: Self.middle($0), y: value($0)) })
    }

    private static func middle(_ point: TimelinePoint) -> Double {
        point.start + point.seconds / 2
    }

    private static func rate(_ count: Int, in point: TimelinePoint) -> Double {
        point.seconds > 0 ? Double(count) / point.seconds : 0
    }

    private static func tip(_ point: TimelinePoint, outOf length: Double) -> String {
        let from = Figures.moment(point.start, outOf: length)
        let to = Figures.moment(point.start + point.seconds, outOf: length)
        let rate = Figures.round(Self.rate(point.exchanges, in: point))
        let failed = Figures.count(point.failed)
        let phase = point.phase == .main ? "" : ", \(phaseWord(point.phase))"
        let streams =
            point.ttftP50 == nil
            ? ""
            : "\ntokens \(Figures.rate(point.tokensPerSecond)), first token p50 "
                + Figures.duration(point.ttftP50)
        let warmup =
            point.warmup == 0 ? "" : "\nof the warm-up \(Figures.count(point.warmup)), not counted"
        return """
            \(from) – \(to)\(phase)
            exchanges \(Figures.count(point.exchanges)), \(rate)/s\(warmup)
            turns that succeeded \(Figures.count(point.turns))
            failed \(failed), of which rejected \(Figures.count(point.rejected))
            p50 \(Figures.duration(point.p50)), p99 \(Figures.duration(point.p99))
            slowest \(Figures.duration(point.max))\(streams)
            users \(Figures.decimal(point.users, places: 1))
            lag mean \(Figures.duration(point.lagMean)), max \(Figures.duration(point.lagMax))
            """
    }
}

/// Warm-up, ramps and drain, told apart from the load.
extension ReportPage {
    /// Whether an interval's counts are drawn as load.
    private static func isLoad(_ point: TimelinePoint) -> Bool {
        point.phase == .main || point.phase == .ramp
    }

    private static func phaseWord(_ phase: RunPhase) -> String {
        switch phase {
        case .warmup: "warm-up"
        case .main: "load"
        case .ramp: "ramp"
        case .drain: "drain"
        }
    }

    /// One for each run of intervals that are no steady load.
    private var shades: [Range<Double>] {
        summary.timeline.reduce(into: []) { shades, point in
            if point.phase == .main { return }
            let end = point.start + point.seconds
            if let last = shades.last, last.upperBound == point.start {
                shades[shades.count - 1] = last.lowerBound..<end
            } else {
                shades.append(point.start..<end)
            }
        }
    }

    private var phaseNote: String {
        let found = [RunPhase.warmup, .ramp, .drain].filter { phase in
            summary.timeline.contains { $0.phase == phase }
        }
        if found.isEmpty { return "" }
        return
            "Shaded: \(found.map(Self.phaseWord).joined(separator: ", ")). Rates are of the load "
            + "alone; the warm-up is in no other figure than users and the grey line."
    }
}
