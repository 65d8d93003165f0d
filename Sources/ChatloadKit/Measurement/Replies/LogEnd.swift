import Networking

/// Where a log ends.
struct LogEnd {
    /// The bytes of its whole rows; 0 where there is none.
    private(set) var size = 0
    /// The latest end of an exchange.
    private(set) var latest = Nanoseconds.zero

    /// Reads the log at a path, if there is one.
    init(of path: String) throws(LogComplaint) {
        guard RunFiles.exists(path) else { return }
        var ends = LatestEnd()
        let reading = try LogReader.read(exchanges: path, into: &ends)
        latest = ends.latest
        size = RunFiles.size(of: path) - reading.unfinished
    }
}

/// Looks at the exchanges' ends alone.
private struct LatestEnd: LogCounter {
    var steps = StepTable()
    var credentials = StepTable()
    var latest = Nanoseconds.zero

    mutating func expectLog() {}

    mutating func add(_ exchange: borrowing Exchange) { latest = max(latest, exchange.end) }

    mutating func add(_ conversation: borrowing ConversationRecord) {}
}
