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
    ) throws(LogComplaint) -> LogReading {
        var stream = CSVStream(sink: ExchangeRows(into: counter))
        try feed(path, to: &stream, progress)
        counter = stream.sink.counter
        return stream.reading
    }

    /// Counts every conversation of a log. Throws as for exchanges.
    static func read<Counter: LogCounter>(
        conversations path: String, into counter: inout Counter,
        progress: (Int) -> Void = { _ in }
    ) throws(LogComplaint) -> LogReading {
        var stream = CSVStream(sink: ConversationRows(into: counter))
        try feed(path, to: &stream, progress)
        counter = stream.sink.counter
        return stream.reading
    }

    /// Hands the rows of a log to a sink; `afterwards` may take from it what has come together, every
    /// now and then and at the end. Throws as for exchanges, and what it throws.
    static func read<Sink: CSVSink>(
        _ path: String, by sink: Sink, afterwards: (inout Sink) throws(LogComplaint) -> Void
    ) throws(LogComplaint) {
        var stream = CSVStream(sink: sink)
        try feed(path, to: &stream, { _ in }, afterwards)
    }

    private static func feed<Sink>(
        _ path: String, to stream: inout CSVStream<Sink>, _ progress: (Int) -> Void,
        _ afterwards: (inout Sink) throws(LogComplaint) -> Void = { _ in }
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
