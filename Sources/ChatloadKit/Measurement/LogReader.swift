import Glibc

/// Reads a log back into figures, in chunks and with bounded memory.
package enum LogReader {
    /// Counts every exchange of a log, piece by piece; `progress` hears how many bytes more have been
    /// read.
    ///
    /// - Returns: what there was to read in each piece. Rows that cannot be understood and a torn last
    ///   line are counted in it.
    /// - Throws: when a file cannot be read or its header lacks a column.
    static func read<Counter: LogCounter>(
        exchanges log: LogPieces, into counter: inout Counter, progress: (Int) -> Void = { _ in }
    ) throws(LogComplaint) -> [PieceReading] {
        var stream = CSVStream(sink: ExchangeRows(into: counter))
        let readings = try feed(log, to: &stream, progress)
        counter = stream.sink.counter
        return readings
    }

    /// Counts every conversation of a log, piece by piece. Throws as for exchanges.
    static func read<Counter: LogCounter>(
        conversations log: LogPieces, into counter: inout Counter,
        progress: (Int) -> Void = { _ in }
    ) throws(LogComplaint) -> [PieceReading] {
        var stream = CSVStream(sink: ConversationRows(into: counter))
        let readings = try feed(log, to: &stream, progress)
        counter = stream.sink.counter
        return readings
    }

    /// Hands the rows of a log to a sink, piece by piece; `afterwards` may take from it what has come
    /// together, every now and then and at the end. Throws as for exchanges, and what it throws.
    static func read<Sink: CSVSink>(
        _ log: LogPieces, by sink: Sink, afterwards: (inout Sink) throws(LogComplaint) -> Void
    ) throws(LogComplaint) {
        var stream = CSVStream(sink: sink)
        _ = try feed(log, to: &stream, { _ in }, afterwards)
    }

    private static func feed<Sink>(
        _ log: LogPieces, to stream: inout CSVStream<Sink>, _ progress: (Int) -> Void,
        _ afterwards: (inout Sink) throws(LogComplaint) -> Void = { _ in }
    ) throws(LogComplaint) -> [PieceReading] {
        var readings: [PieceReading] = []
        for path in log.paths {
            stream.beginFile()
            try feed(path, to: &stream, progress, afterwards)
            readings.append(
                PieceReading(
                    path: path, isLast: path == log.last, unfinished: stream.unfinished,
                    reading: stream.reading))
        }
        return readings
    }

    private static func feed<Sink>(
        _ path: String, to stream: inout CSVStream<Sink>, _ progress: (Int) -> Void,
        _ afterwards: (inout Sink) throws(LogComplaint) -> Void
    ) throws(LogComplaint) {
        let descriptor = try RunFiles.open(reading: path)
        defer { close(descriptor) }
        var chunk: [UInt8] = []
        do throws(LogComplaint) {
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
            throw isNamed ? error : LogComplaint("\(path): \(error)")
        }
    }
}

/// What there was to read in one piece of a log.
struct PieceReading: Sendable {
    var path: String
    /// Whether the log ends with it.
    var isLast: Bool
    /// The bytes behind the last whole row.
    var unfinished: Int
    var reading: LogReading
}
