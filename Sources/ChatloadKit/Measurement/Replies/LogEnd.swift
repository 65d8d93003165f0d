import Glibc
import Networking

/// Where a log ends.
struct LogEnd {
    /// The bytes of its whole rows.
    private(set) var size = 0
    /// The latest end of an exchange.
    private(set) var latest = Nanoseconds.zero

    /// Reads the log at `path`.
    init(of path: String) throws(LogComplaint) {
        var stream = CSVStream(sink: ExchangeRows(into: LatestEnd()))
        let descriptor = try RunFiles.open(reading: path)
        defer { close(descriptor) }
        var chunk: [UInt8] = []
        while try RunFiles.read(descriptor, limit: 262_144, into: &chunk, path: path) {
            size += chunk.count
            try stream.feed(chunk)
            chunk.removeAll(keepingCapacity: true)
        }
        try stream.finish()
        size -= stream.unfinished
        latest = stream.sink.counter.latest
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
