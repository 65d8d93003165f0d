import Base
import Glibc

/// Reads a log back into figures, in chunks and with bounded memory.
package enum LogReader {
    /// Counts every exchange of the log at a path; `progress` hears how many bytes more have been read.
    ///
    /// - Returns: what there was to read. Rows that cannot be understood and a torn last line are
    ///   counted in it.
    /// - Throws: when the file cannot be read or its header lacks a column.
    static func read<Counter: LogCounter>(
        exchanges path: String, into counter: inout Counter, progress: (Int) -> Void = { _ in }
    ) throws(Fault) -> LogReading {
        var stream = CSVStream(sink: ExchangeRows(into: counter))
        try feed(path, to: &stream, progress)
        counter = stream.sink.counter
        return stream.reading
    }

    /// Counts every conversation of a log. Throws as for exchanges.
    static func read<Counter: LogCounter>(
        conversations path: String, into counter: inout Counter,
        progress: (Int) -> Void = { _ in }
    ) throws(Fault) -> LogReading {
        var stream = CSVStream(sink: ConversationRows(into: counter))
        try feed(path, to: &stream, progress)
        counter = stream.sink.counter
        return stream.reading
    }

    /// Hands the rows of a log to a sink; `afterwards` may take from it what has come together, every
    /// now and then and at the end. Throws as for exchanges, and what it throws.
    static func read<Sink: CSVSink>(
        _ path: String, by sink: Sink, afterwards: (inout Sink) throws(Fault) -> Void
    ) throws(Fault) {
        var stream = CSVStream(sink: sink)
        try feed(path, to: &stream, { _ in }, afterwards)
    }

    private static func feed<Sink>(
        _ path: String, to stream: inout CSVStream<Sink>, _ progress: (Int) -> Void,
        _ afterwards: (inout Sink) throws(Fault) -> Void = { _ in }
    ) throws(Fault) {
        let descriptor = try RunFiles.open(reading: path)
        defer { close(descriptor) }
        var chunk: [UInt8] = []
        do throws(Fault) {
            while try RunFiles.read(descriptor, limit: 262_144, into: &chunk, path: path) {
                try stream.feed(chunk)
                try afterwards(&stream.sink)
                progress(chunk.count)
                chunk.removeAll(keepingCapacity: true)
            }
            try stream.finish()
            try afterwards(&stream.sink)
        } catch {
            let isNamed = error.description.hasPrefix(path)
            throw isNamed ? error : Fault("\(path): \(error)")
        }
    }
}

/// Which exchanges a run writes down.
package enum LogMode: String, Sendable, Codable, CaseIterable {
    case all
    /// Only those that failed: figures rebuilt from such a log are partial.
    case errors
    /// None: nothing can be rebuilt.
    case none

    /// Whether an exchange that ended like this is written.
    package func keeps(_ outcome: Outcome) -> Bool {
        switch self {
        case .all: true
        case .errors: outcome != .ok
        case .none: false
        }
    }
}

/// What reading a log fills: the figures of a run, or those and more.
protocol LogCounter {
    /// The names behind the exchanges' step numbers.
    var steps: StepTable { get set }
    /// The labels behind the exchanges' credential numbers.
    var credentials: StepTable { get set }

    /// Is told that a log's rows come, whose steps and credentials nobody knows beforehand.
    mutating func expectLog()
    mutating func add(_ exchange: borrowing Exchange)
    mutating func add(_ conversation: borrowing ConversationRecord)
}

extension Aggregator: LogCounter {
    mutating func expectLog() { countsCredentials = true }
}
