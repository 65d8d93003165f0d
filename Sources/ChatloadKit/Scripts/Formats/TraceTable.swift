import Base
import Networking

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
        var cells = CellReader()
        while let cell = cells.next(in: header) {
            let name = JSONText(range: cell, hasEscapes: false).string(in: header).lowercased()
            names[name] = names[name] ?? cells.count - 1
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
        var cells = CellReader()
        var hasPrompt = false
        while let cell = cells.next(in: bytes) {
            switch cells.count - 1 {
            case time: turn.time = try point(cell, in: bytes)
            case prompt:
                turn.tokens = try count(cell, "prompt", in: bytes)
                hasPrompt = true
            case reply where format == .burstgpt:
                turn.hasFailed = try count(cell, "reply", in: bytes) == 0
            case session where !cell.isEmpty:
                var hash = FNV1a()
                hash.add(words: bytes.extracting(cell))
                turn.session = hash.value
            case elapsed: turn.took = Self.seconds(cell, in: bytes)
            default: break
            }
        }
        if turn.time == nil || !hasPrompt {
            throw Fault("this row has too few cells: \(cells.count)")
        }
        return try turn.checked()
    }

    /// Whether rows may belong to each other.
    var hasSessions: Bool { session != nil }

    /// When a row came; nil when that cannot be read.
    func time(of bytes: Span<UInt8>) -> Nanoseconds? {
        var cells = CellReader()
        while let cell = cells.next(in: bytes) {
            if cells.count - 1 == time { return try? point(cell, in: bytes) }
        }
        return nil
    }

    private func point(_ cell: Range<Int>, in bytes: Span<UInt8>) throws(Fault) -> Nanoseconds {
        let time =
            format == .azure ? Timestamp.parse(cell, in: bytes) : Self.seconds(cell, in: bytes)
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

/// Walks through the cells of a line of CSV: quotes around a cell and white space around either are
/// no part of it. Doubled quotes inside quotes stay as they are; no trace has them.
struct CellReader {
    /// The cells passed.
    private(set) var count = 0
    /// Where the next one begins; nil behind the last.
    private var start: Int? = 0

    /// The next cell's bytes.
    mutating func next(in line: Span<UInt8>) -> Range<Int>? {
        guard let first = start else { return nil }
        count += 1
        var from = first
        while from < line.count, line[from] == 0x20 || line[from] == 0x09 { from += 1 }
        if from < line.count, line[from] == UInt8(ascii: "\"") {
            return quoted(from: from + 1, in: line)
        }
        var end = from
        while end < line.count, line[end] != UInt8(ascii: ",") { end += 1 }
        start = end < line.count ? end + 1 : nil
        while end > from, line[end - 1].isJSONSpace { end -= 1 }
        return from..<end
    }

    private mutating func quoted(from: Int, in line: Span<UInt8>) -> Range<Int> {
        var end = from
        while end < line.count, line[end] != UInt8(ascii: "\"") { end += 1 }
        var next = end
        while next < line.count, line[next] != UInt8(ascii: ",") { next += 1 }
        start = next < line.count ? next + 1 : nil
        return from..<end
    }
}
