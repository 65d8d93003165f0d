import Glibc
import Networking

/// Makes `transcript.jsonl`, and `batch_output.jsonl` where there is anything for it, of a journal:
/// the same lines in the workload's order.
struct TranscriptFile {
    private static let feed = [UInt8(ascii: "\n")]

    /// The journal's path and what it says.
    let journal: String
    let index: JournalIndex
    /// When the run began, in seconds since 1970.
    var started = 0

    /// Writes the files into `folder`, each replaced as a whole.
    ///
    /// - Returns: how the replies differ from the recorded ones, and the paths written.
    func write(to folder: String) throws(LogComplaint) -> (drift: DriftTally, paths: [String]) {
        let source = try RunFiles.open(reading: journal)
        defer { close(source) }
        let hasBatch = index.entries.contains { $0.isBatch }
        var files = [try Replacement(of: "\(folder)/\(RunFolder.transcript)")]
        if hasBatch { files.append(try Replacement(of: "\(folder)/\(RunFolder.batchOutput)")) }
        var drift = DriftTally()
        do throws(LogComplaint) {
            for entry in index.entries {
                let record = try record(of: entry, from: source)
                try copy(record.span, to: &files, counting: &drift)
            }
            for place in files.indices { try files[place].finish() }
        } catch {
            for file in files { file.abandon() }
            throw error
        }
        return (drift, files.map(\.path))
    }

    private func copy(
        _ record: Span<UInt8>, to files: inout [Replacement], counting drift: inout DriftTally
    ) throws(LogComplaint) {
        guard case .done(let place, let isBatch, _, let range) = JournalRecord(record) else {
            return
        }
        let bytes = record.extracting(range)
        if !files.isEmpty {
            try files[0].append(ShownJSON.bytes(bytes.withUnsafeBufferPointer { Array($0) }).span)
            try files[0].append(Self.feed.span)
        }
        guard let line = TranscriptLine(bytes) else { return }
        line.count(into: &drift)
        if isBatch, files.count > 1 {
            var output = ByteBuffer()
            BatchOutput(started: started).append(line, place: place, to: &output)
            try files[1].append(ShownJSON.bytes(output.bytes).span)
        }
    }

    /// How the replies differ from the recorded ones; writes nothing.
    func drift() throws(LogComplaint) -> DriftTally {
        let source = try RunFiles.open(reading: journal)
        defer { close(source) }
        var files: [Replacement] = []
        var drift = DriftTally()
        for entry in index.entries {
            let record = try record(of: entry, from: source)
            try copy(record.span, to: &files, counting: &drift)
        }
        return drift
    }

    /// How the replies of a finished transcript differ from the recorded ones.
    static func drift(of path: String) throws(LogComplaint) -> DriftTally {
        var drift = DriftTally()
        _ = try LineStream.read(path) { (_, line) throws(LogComplaint) in
            TranscriptLine(line)?.count(into: &drift)
        }
        return drift
    }

    private func record(
        of entry: JournalIndex.Entry, from source: Int32
    ) throws(LogComplaint) -> [UInt8] {
        try RunFiles.read(source, at: entry.offset, count: Int(entry.length), path: journal)
    }
}
