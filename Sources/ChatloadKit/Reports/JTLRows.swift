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
    private var reader = ExchangeReader(columns: [])

    /// Rows of a run.
    init(of run: RunDescription) {
        target = CSVText.cell(run.target)
        users = run.users
        start = (UTCTime.parse(run.started) ?? .zero).count / 1_000_000
    }

    /// Writes the exchanges of the runs whose logs there are, one run after the other.
    ///
    /// - Throws: when a log cannot be read or the file not be written.
    static func write(_ exported: ExportedRun, to file: inout Replacement) throws(Fault) {
        try file.append(Array((columns.joined(separator: ",") + "\n").utf8).span)
        for folder in exported.logs {
            let run = try RunReader.description(of: folder)
            let log = try RunReader.existing(RunFolder.log, in: folder)
            var rows = JTLRows(of: run)
            try LogReader.read(
                log, by: &rows,
                afterwards: { rows throws(Fault) in
                    try file.append(rows.taken().span)
                })
        }
    }

    mutating func take(header: [String]) throws(Fault) {
        try ExchangeColumn.require(in: header)
        reader = ExchangeReader(columns: header) { $0.isOfFigures || $0 == .user }
    }

    mutating func take(row: borrowing CSVCells, of bytes: Span<UInt8>) -> Bool {
        var exchange = Exchange()
        guard reader.read(row, of: bytes, into: &exchange) else { return false }
        if exchange.phase != .warmup {
            lines += cells(of: exchange, step: reader.steps.table[exchange.step])
        }
        return true
    }

    /// A line of JMeter's, whose times begin with connecting, ours after it.
    private func cells(of exchange: borrowing Exchange, step: String) -> String.UTF8View {
        let isOK = exchange.outcome == .ok
        let outcome = exchange.outcome.label
        let code = exchange.status.map { "\($0)" } ?? "Non HTTP response code: \(outcome)"
        let begin = exchange.sent ?? exchange.intended
        let connecting = exchange.connecting
        let latency = exchange.firstByte.map { $0 - begin + connecting } ?? .zero
        let cells = [
            "\(start &+ (begin - connecting).count / 1_000_000)",
            Self.milliseconds(exchange.end - begin + connecting), CSVText.cell(step),
            CSVText.cell(code), isOK ? "OK" : CSVText.cell(outcome), "users 1-\(exchange.user)",
            "text", isOK ? "true" : "false", isOK ? "" : CSVText.cell(exchange.detail),
            "\(exchange.bytesIn)", "\(exchange.bytesOut)", "\(users)", "\(users)", target,
            Self.milliseconds(latency), "0", Self.milliseconds(connecting),
        ]
        return (cells.joined(separator: ",") + "\n").utf8
    }

    private static func milliseconds(_ span: Nanoseconds) -> String {
        "\((max(span, .zero) + .microseconds(500)).count / 1_000_000)"
    }

    /// Takes the lines that wait.
    mutating func taken() -> [UInt8] {
        defer { lines.removeAll(keepingCapacity: true) }
        return lines
    }
}
