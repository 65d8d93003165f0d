import Base
import Glibc

/// Makes `transcript.jsonl`, and `batch_output.jsonl` where there is anything for it, of a journal:
/// the same lines in the workload's order.
extension KeptReplies {
    private static let feed = [UInt8(ascii: "\n")]

    /// Writes the transcript and the batch output into `output`, each replaced as a whole, as far as
    /// there is anything for them; nothing without a journal.
    ///
    /// - Parameter started: when the run began, as `run.json` says it.
    /// - Returns: the paths written, and how the replies differ from the recorded ones.
    func writeTranscript(
        to output: String, started: String
    ) throws(Fault) -> (paths: [String], drift: ReplyDiffTally) {
        guard let index else { return ([], try drift()) }
        let start = Int((UTCTime.parse(started) ?? .zero).count / 1_000_000_000)
        var files = [try Replacement(of: "\(output)/\(RunFolder.transcript)")]
        if index.entries.contains(where: \.isBatch) {
            files.append(try Replacement(of: "\(output)/\(RunFolder.batchOutput)"))
        }
        do throws(Fault) {
            let drift = try copy(index, to: &files, started: start)
            for place in files.indices { try files[place].finish() }
            return (files.map(\.path), drift)
        } catch {
            for file in files { file.abandon() }
            throw error
        }
    }

    /// How the replies differ from the recorded ones, by the journal or a finished transcript.
    func drift() throws(Fault) -> ReplyDiffTally {
        var none: [Replacement] = []
        if let index { return try copy(index, to: &none, started: 0) }
        var drift = ReplyDiffTally()
        let path = "\(folder)/\(RunFolder.transcript)"
        if !Files.exists(path) { return drift }
        _ = try Files.readLines(of: path) { (_, line) throws(Fault) in
            TranscriptLine(line)?.count(into: &drift)
        }
        return drift
    }

    /// Copies what is done from the journal to a transcript and a batch output, or to neither.
    private func copy(
        _ index: JournalIndex, to files: inout [Replacement], started: Int
    ) throws(Fault) -> ReplyDiffTally {
        let source = try Files.open(reading: journal)
        defer { close(source) }
        var drift = ReplyDiffTally()
        for entry in index.entries {
            let record = try Files.read(
                source, at: entry.offset, count: Int(entry.length), path: journal)
            guard case .done(let place, let isBatch, _, let range) = JournalRecord(record.span)
            else { continue }
            if !files.isEmpty {
                try files[0].append(ShownJSON.bytes(Array(record[range])).span)
                try files[0].append(Self.feed.span)
            }
            guard let line = TranscriptLine(record.span.extracting(range)) else { continue }
            line.count(into: &drift)
            if isBatch, files.count > 1 {
                var output = ByteBuffer()
                line.appendBatchOutput(place: place, started: started, to: &output)
                try files[1].append(ShownJSON.bytes(output.bytes).span)
            }
        }
        return drift
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

    /// Takes the field at a place in the list of a line's fields.
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
