import Networking

/// Where a log ends.
struct LogEnd {
    /// The bytes of the whole rows of its last piece; 0 where that is missing.
    private(set) var size = 0
    /// The latest end of an exchange.
    private(set) var latest = Nanoseconds.zero

    /// Reads a log.
    init(of log: LogPieces) throws(LogComplaint) {
        var ends = LatestEnd()
        let readings = try LogReader.read(exchanges: log, into: &ends)
        latest = ends.latest
        if let last = readings.last, last.isLast {
            size = RunFiles.size(of: last.path) - last.unfinished
        }
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
