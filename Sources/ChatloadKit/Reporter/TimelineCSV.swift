/// `timeline.csv`: a row for each second, or each two, four … of a long run, or each tenth, fifth or
/// half of a second of a short one.
enum TimelineCSV {
    static let columns = [
        "start_s", "seconds", "exchanges", "failed", "mean_ms", "p50_ms", "p99_ms", "max_ms",
        "partial", "rejected", "users", "lag_mean_ms", "lag_max_ms",
        "phase", "turns", "warmup",
    ]

    static func text(_ summary: Summary) -> String {
        var table = CSVTable(columns: columns)
        for point in summary.timeline {
            let times = [point.mean, point.p50, point.p99, point.max].map(CSVTable.number)
            let place = [point.start, point.seconds].map(CSVTable.number)
            let counts = [String(point.exchanges), String(point.failed)]
            let more = [summary.isPartial ? "1" : "0", String(point.rejected)]
            let later = [point.users, point.lagMean, point.lagMax].map(CSVTable.number)
            let latest = [point.phase.rawValue, String(point.turns), String(point.warmup)]
            table.add(place + counts + times + more + later + latest)
        }
        return table.text
    }
}
