import Glibc

/// Reads a log back into an aggregator, in chunks and with bounded memory.
package enum LogReader {
    /// Counts every exchange of the file at `path`.
    ///
    /// - Throws: when the file cannot be read or its header lacks a column. Rows that cannot be
    ///   understood and a torn last line are counted in the result instead.
    package static func read(
        exchanges path: String, into aggregator: inout Aggregator
    ) throws(LogComplaint) -> LogReading {
        var stream = CSVStream(sink: ExchangeRows(into: aggregator))
        try feed(path, to: &stream)
        aggregator = stream.sink.aggregator
        return stream.reading
    }

    /// Counts every conversation of the file at `path`. Throws as for exchanges.
    package static func read(
        conversations path: String, into aggregator: inout Aggregator
    ) throws(LogComplaint) -> LogReading {
        var stream = CSVStream(sink: ConversationRows(into: aggregator))
        try feed(path, to: &stream)
        aggregator = stream.sink.aggregator
        return stream.reading
    }

    private static func feed<Sink>(
        _ path: String, to stream: inout CSVStream<Sink>
    ) throws(LogComplaint) {
        let descriptor = try RunFiles.open(reading: path)
        defer { close(descriptor) }
        var chunk: [UInt8] = []
        do throws(LogComplaint) {
            while try RunFiles.read(descriptor, limit: 262_144, into: &chunk, path: path) {
                try stream.feed(chunk)
                chunk.removeAll(keepingCapacity: true)
            }
            try stream.finish()
        } catch {
            let isNamed = error.description.hasPrefix(path)
            throw isNamed ? error : LogComplaint("\(path): \(error)")
        }
    }
}
