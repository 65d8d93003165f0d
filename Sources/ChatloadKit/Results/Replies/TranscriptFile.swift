import Base
import Glibc

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
    func write(to folder: String) throws(Fault) -> (drift: ReplyDiffTally, paths: [String]) {
        let source = try Files.open(reading: journal)
        defer { close(source) }
        let hasBatch = index.entries.contains { $0.isBatch }
        var files = [try Replacement(of: "\(folder)/\(RunFolder.transcript)")]
        if hasBatch { files.append(try Replacement(of: "\(folder)/\(RunFolder.batchOutput)")) }
        var drift = ReplyDiffTally()
        do throws(Fault) {
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
        _ record: Span<UInt8>, to files: inout [Replacement], counting drift: inout ReplyDiffTally
    ) throws(Fault) {
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
    func drift() throws(Fault) -> ReplyDiffTally {
        let source = try Files.open(reading: journal)
        defer { close(source) }
        var files: [Replacement] = []
        var drift = ReplyDiffTally()
        for entry in index.entries {
            let record = try record(of: entry, from: source)
            try copy(record.span, to: &files, counting: &drift)
        }
        return drift
    }

    /// How the replies of a finished transcript differ from the recorded ones.
    static func drift(of path: String) throws(Fault) -> ReplyDiffTally {
        var drift = ReplyDiffTally()
        _ = try Files.readLines(of: path) { (_, line) throws(Fault) in
            TranscriptLine(line)?.count(into: &drift)
        }
        return drift
    }

    private func record(of entry: JournalIndex.Entry, from source: Int32) throws(Fault) -> [UInt8] {
        try Files.read(source, at: entry.offset, count: Int(entry.length), path: journal)
    }
}

/// What a line of a transcript says of its conversation.
struct TranscriptLine {
    var id = ""
    var model: String?
    var turns: [TranscriptTurn] = []

    private static let fields = JSONFields(
        literal: "id", "with.model", "turns.*.reply", "turns.*.result.reply",
        "turns.*.result.sent_ms", "turns.*.result.prompt_tokens", "turns.*.result.reply_tokens",
        "turns.*.result.token_source", "turns.*.result.status", "turns.*.result.error.class",
        "turns.*.result.error.detail", "turns.*.result", "turns.*")

    /// Reads a line; nil when it is not JSON.
    init?(_ line: Span<UInt8>) {
        var turn = TranscriptTurn()
        do throws(JSONError) {
            try Self.fields.read(line) { path, token, _ in
                switch path {
                case 0: id = token.text(in: line) ?? ""
                case 1: model = token.text(in: line)
                case 12:
                    turns.append(turn)
                    turn = TranscriptTurn()
                default: turn.take(path, token, in: line)
                }
            }
        } catch {
            return nil
        }
    }

    /// Compares every recorded reply with the live one.
    func count(into drift: inout ReplyDiffTally) {
        for (place, turn) in turns.enumerated() {
            guard let recorded = turn.recorded else { continue }
            if let reply = turn.reply {
                drift.add(recorded: recorded, live: reply, conversation: id, turn: place + 1)
            } else {
                drift.addMissing()
            }
        }
    }
}

/// What a transcript says of a turn.
struct TranscriptTurn {
    /// What was recorded, and what came now.
    var recorded: String?
    var reply: String?
    /// Whether the turn was taken.
    var isTaken = false
    var status: Int?
    var promptTokens: Int?
    var replyTokens: Int?
    var isReported = false
    var sentMilliseconds = 0.0
    var errorClass: String?
    var errorDetail: String?
}

extension TranscriptTurn {
    /// Takes the field at a place in the list above.
    fileprivate mutating func take(_ path: Int, _ token: JSONToken, in line: Span<UInt8>) {
        switch path {
        case 2: recorded = token.text(in: line)
        case 3: reply = token.text(in: line)
        case 4: sentMilliseconds = token.double(in: line) ?? 0
        case 5: promptTokens = token.integer(in: line)
        case 6: replyTokens = token.integer(in: line)
        case 7: isReported = token.text(in: line) == TokenSource.reported.rawValue
        case 8: status = token.integer(in: line)
        case 9: errorClass = token.text(in: line)
        case 10: errorDetail = token.text(in: line)
        default: isTaken = true
        }
    }
}

extension JSONToken {
    fileprivate func text(in bytes: Span<UInt8>) -> String? {
        if case .string(let text) = self { text.string(in: bytes) } else { nil }
    }

    fileprivate func integer(in bytes: Span<UInt8>) -> Int? {
        if case .number(let range) = self { JSONNumber.integer(range, in: bytes) } else { nil }
    }

    fileprivate func double(in bytes: Span<UInt8>) -> Double? {
        if case .number(let range) = self { JSONNumber.double(range, in: bytes) } else { nil }
    }
}
