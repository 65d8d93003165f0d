import Base

/// The CSV traces: Azure's LLM inference traces of 2023 and 2024 (Azure/AzurePublicDataset) and
/// BurstGPT (HPMLL/BurstGPT). Columns are found by their names, whatever their order.
struct TraceTable: Sendable, Equatable {
    /// Which trace the header belongs to.
    let format: WorkloadFormat
    private var time = 0
    private var prompt = 0
    private var reply: Int?
    private var session: Int?
    private var elapsed: Int?

    /// Reads a header; nil when it is neither trace's.
    init?(header: Span<UInt8>) {
        var names: [String: Int] = [:]
        let cells = CSVCells(line: header)
        for index in cells.ranges.indices {
            let name = header.extracting(cells.inside(index, of: header)).text.lowercased()
            names[name] = names[name] ?? index
        }
        guard let time = names["timestamp"] else { return nil }
        self.time = time
        if let prompt = names["contexttokens"] {
            format = .azure
            self.prompt = prompt
            reply = names["generatedtokens"]
        } else if let prompt = names["request tokens"] {
            format = .burstgpt
            self.prompt = prompt
            reply = names["response tokens"]
            session = names["session id"]
            elapsed = names["elapsed time"]
        } else {
            return nil
        }
    }

    /// Reads a row.
    func row(_ bytes: Span<UInt8>) throws(Fault) -> SizedTurn {
        var turn = SizedTurn()
        let cells = CSVCells(line: bytes)
        for index in cells.ranges.indices {
            let cell = cells.inside(index, of: bytes)
            switch index {
            case time: turn.time = try point(cell, in: bytes)
            case prompt: turn.tokens = try count(cell, "prompt", in: bytes)
            case reply where format == .burstgpt:
                turn.hasFailed = try count(cell, "reply", in: bytes) == 0
            case session where !cell.isEmpty:
                turn.session = FNV1a.hash(ofWords: bytes.extracting(cell))
            case elapsed: turn.took = Self.seconds(cell, in: bytes)
            default: break
            }
        }
        if cells.ranges.count <= max(time, prompt) {
            throw Fault("this row has too few cells: \(cells.ranges.count)")
        }
        return try turn.checked()
    }

    /// Whether rows may belong to each other.
    var hasSessions: Bool { session != nil }

    /// When a row came; nil when that cannot be read.
    func time(of bytes: Span<UInt8>) -> Nanoseconds? {
        let cells = CSVCells(line: bytes)
        guard time < cells.ranges.count else { return nil }
        return try? point(cells.inside(time, of: bytes), in: bytes)
    }

    private func point(_ cell: Range<Int>, in bytes: Span<UInt8>) throws(Fault) -> Nanoseconds {
        let time =
            format == .azure ? UTCTime.parse(cell, in: bytes) : Self.seconds(cell, in: bytes)
        guard let time else { throw Fault("this is no time", offset: cell.lowerBound) }
        return time
    }

    private static func seconds(_ cell: Range<Int>, in bytes: Span<UInt8>) -> Nanoseconds? {
        if let whole = JSONNumber.integer(cell, in: bytes) { return .seconds(Int64(whole)) }
        return JSONNumber.double(cell, in: bytes).map { Nanoseconds(seconds: $0) }
    }

    private func count(
        _ cell: Range<Int>, _ what: String, in bytes: Span<UInt8>
    ) throws(Fault) -> Int {
        if let whole = JSONNumber.integer(cell, in: bytes), whole >= 0 { return whole }
        guard let value = JSONNumber.double(cell, in: bytes), value >= 0, value < 1e15 else {
            throw Fault("the \(what)'s tokens are no number from 0 on", offset: cell.lowerBound)
        }
        return Int(value)
    }
}

extension CSVCells {
    /// The cells of a line of a trace.
    fileprivate init(line: Span<UInt8>) {
        self.init()
        _ = scan(line, from: 0, isWhole: true)
    }

    /// A cell without white space and quotes around it. Doubled quotes inside stay as they are; no
    /// trace has them.
    fileprivate func inside(_ index: Int, of line: Span<UInt8>) -> Range<Int> {
        let cell = line.trimmed(ranges[index])
        let isQuoted = cell.count > 1 && line[cell.lowerBound] == UInt8(ascii: "\"")
        return isQuoted ? cell.lowerBound + 1..<cell.upperBound - 1 : cell
    }
}
