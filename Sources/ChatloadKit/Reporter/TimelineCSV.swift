/// `timeline.csv`: a row for each second, or each two, four … of a long run.
enum TimelineCSV {
    static let columns = [
        "start_s", "seconds", "exchanges", "failed", "mean_ms", "p50_ms", "p99_ms", "max_ms",
        "partial", "rejected", "users", "lag_mean_ms", "lag_max_ms",
    ]

    static func text(_ summary: Summary) -> String {
        var table = CSVTable(columns: columns)
        for point in summary.timeline {
            let times = [point.mean, point.p50, point.p99, point.max].map(CSVTable.number)
            let counts = [point.start, point.seconds, point.exchanges, point.failed]
            let later = [point.users, point.lagMean, point.lagMax].map(CSVTable.number)
            table.add(
                counts.map { String($0) } + times + [summary.isPartial ? "1" : "0"]
                    + [String(point.rejected)] + later)
        }
        return table.text
    }
}
