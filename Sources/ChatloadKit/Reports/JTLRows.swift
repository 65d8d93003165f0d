import Base

/// Turns the rows of `exchanges.csv` into JMeter's results (JTL as CSV), one for one but for the
/// warm-up.
struct JTLRows: CSVSink {
    /// JMeter's own columns, in its order.
    static let columns = [
        "timeStamp", "elapsed", "label", "responseCode", "responseMessage", "threadName",
        "dataType", "success", "failureMessage", "bytes", "sentBytes", "grpThreads", "allThreads",
        "URL", "Latency", "IdleTime", "Connect",
    ]

    /// Lines that have not been taken yet.
    private(set) var lines: [UInt8] = []
    private let target: String
    private let users: Int
    /// When the run started, in milliseconds since 1970.
    private let start: Int64
    private var places: [ExchangeColumn: Int] = [:]
    private var width = 0

    /// Rows of a run.
    init(of run: RunDescription) {
        target = CSVText.cell(run.target)
        users = run.users
        start = WallClock.milliseconds(of: run.started) ?? 0
    }

    /// Writes the exchanges of the runs whose logs there are, one run after the other.
    ///
    /// - Throws: when a log cannot be read or the file not be written.
    static func write(_ exported: ExportedRun, to file: inout Replacement) throws(Fault) {
        try file.append(Array((columns.joined(separator: ",") + "\n").utf8).span)
        for folder in exported.logs {
            let run = try RunReader.description(of: folder)
            let log = try RunReader.existing(RunFolder.log, in: folder)
            try LogReader.read(log, by: JTLRows(of: run)) { rows throws(Fault) in
                try file.append(rows.taken().span)
            }
        }
    }

    mutating func take(header: [String]) throws(Fault) {
        _ = try CSVHeader.places(of: ExchangeColumn.first.map(\.rawValue), in: header)
        width = header.count
        places.removeAll()
        for (place, name) in header.enumerated() {
            if let column = ExchangeColumn(rawValue: name) { places[column] = place }
        }
    }

    mutating func take(row: borrowing CSVCells, of bytes: Span<UInt8>) -> Bool {
        if row.ranges.count != width { return false }
        var isValid = true
        func text(_ column: ExchangeColumn) -> String {
            places[column].map { row.text($0, of: bytes) } ?? ""
        }
        func time(_ column: ExchangeColumn) -> Int64? {
            places[column].flatMap { row.number($0, of: bytes, isNumber: &isValid) }
        }
        if text(.phase) == RunPhase.warmup.rawValue { return true }
        var line = JTLLine(step: text(.step), outcome: text(.outcome), detail: text(.detail))
        line.user = text(.user)
        line.status = text(.status)
        (line.bytesIn, line.bytesOut) = (text(.bytesIn), text(.bytesOut))
        line.connecting = [time(.dns), time(.connect), time(.tls)].reduce(0) { $0 &+ ($1 ?? 0) }
        guard let intended = time(.intended), let end = time(.end), isValid else { return false }
        (line.begin, line.end) = (time(.sent) ?? intended, end)
        line.firstByte = time(.firstByte)
        if !isValid { return false }
        lines += line.cells(start: start, target: target, users: users)
        return true
    }

    /// Takes the lines that wait.
    mutating func taken() -> [UInt8] {
        defer { lines.removeAll(keepingCapacity: true) }
        return lines
    }
}

/// One exchange on its way to JMeter; times in nanoseconds since the run's start.
private struct JTLLine {
    var step: String
    var outcome: String
    var detail: String
    var user = ""
    var status = ""
    var bytesIn = ""
    var bytesOut = ""
    var begin: Int64 = 0
    var end: Int64 = 0
    var firstByte: Int64?
    var connecting: Int64 = 0

    init(step: String, outcome: String, detail: String) {
        self.step = step
        self.outcome = outcome
        self.detail = detail
    }

    /// JMeter's times begin with connecting, ours after it.
    func cells(start: Int64, target: String, users: Int) -> String.UTF8View {
        let isOK = outcome == Outcome.ok.label
        let code = status.isEmpty ? "Non HTTP response code: \(outcome)" : status
        let latency = firstByte.map { $0 &- begin &+ connecting } ?? 0
        let cells = [
            "\(start &+ (begin &- connecting) / 1_000_000)",
            Self.milliseconds(end &- begin &+ connecting), CSVText.cell(step), CSVText.cell(code),
            isOK ? "OK" : CSVText.cell(outcome), "users 1-\(user)", "text", isOK ? "true" : "false",
            isOK ? "" : CSVText.cell(detail), bytesIn, bytesOut, "\(users)", "\(users)", target,
            Self.milliseconds(latency), "0", Self.milliseconds(connecting),
        ]
        return (cells.joined(separator: ",") + "\n").utf8
    }

    private static func milliseconds(_ span: Int64) -> String {
        "\((max(span, 0) &+ 500_000) / 1_000_000)"
    }
}
