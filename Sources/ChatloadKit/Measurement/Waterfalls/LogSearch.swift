import Networking

/// Finds rows of a log by their time without reading all of it: by halving, since rows stand in it
/// roughly in the order in which exchanges ended.
struct LogSearch {
    /// Workers hand their rows over at least once a second, so a row stands at most about that far
    /// from where its end would have it.
    static let disorder = Nanoseconds.seconds(3)
    /// How much is read at one look; a row is seldom longer.
    static let look = 65_536

    let log: PiecedBytes
    let layout: LogLayout
    private var size: Int { log.size }

    /// A search of a log; nil if it is none of ours. The headers of its further pieces are no rows.
    init?(_ log: PiecedBytes) throws(LogComplaint) {
        let head = try log.bytes(from: 0, limit: Self.look)
        guard let layout = LogLayout(head: head) else { return nil }
        self.log = log
        self.layout = layout
    }

    /// The part of the file that holds all rows of exchanges that ended between two points in time;
    /// it begins with a row.
    func part(from first: Nanoseconds, to last: Nanoseconds) throws(LogComplaint) -> Range<Int> {
        let start = try place(of: first - Self.disorder)
        let end = try place(of: last + Self.disorder) + 2 * Self.look
        return start..<max(start, min(end, size))
    }

    /// The begin of a row before which, but for the disorder, all ended before `time`, and behind
    /// which, but for a look's length, none did.
    private func place(of time: Nanoseconds) throws(LogComplaint) -> Int {
        var low = layout.start
        var high = size
        while high - low > Self.look {
            let middle = low + (high - low) / 2
            if let (start, end) = try firstRow(behind: middle), end < time, start < high {
                low = start
            } else {
                high = middle
            }
        }
        return low
    }

    /// The first row that begins behind `offset`, and when it ended; nil if there is none within a
    /// look.
    private func firstRow(
        behind offset: Int
    ) throws(LogComplaint) -> (start: Int, end: Nanoseconds)? {
        let bytes = try log.bytes(from: offset, limit: Self.look)
        let span = bytes.span
        var cells = CSVCells()
        var at = 0
        var unclosed = 0
        // What follows a line feed is a row, or goes on inside a quoted cell, and then is none.
        while let feed = span.firstIndex(of: UInt8(ascii: "\n"), from: at, to: span.count) {
            at = feed + 1
            guard case .row = cells.scan(span, from: at, unclosed: &unclosed) else { continue }
            if let end = layout.end(of: cells, in: span) { return (offset + at, end) }
        }
        return nil
    }
}
