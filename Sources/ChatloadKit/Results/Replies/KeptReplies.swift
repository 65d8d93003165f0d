package import Base
import Glibc

/// What the folder of a run holds of its replies.
package struct KeptReplies {
    let folder: String
    /// What the journal says; nil when there is none: in a run that keeps no replies, and in one
    /// that is complete.
    let index: JournalIndex?

    /// Looks into a run's folder.
    ///
    /// - Throws: when the journal cannot be read.
    package init(in folder: String) throws(Fault) {
        self.folder = folder
        let path = "\(folder)/\(RunFolder.journal)"
        index = Files.exists(path) ? try JournalIndex(reading: path) : nil
    }

    /// Whether there is something to make a transcript of.
    package var hasJournal: Bool { index != nil }

    /// The conversations that are done.
    package var doneCount: Int { index?.entries.count ?? 0 }

    /// What a reader of the run's figures must know of how it went.
    package func notes(on run: RunDescription) throws(Fault) -> [String] {
        run.notes(inFlight: try inFlight())
    }

    /// Takes the journal away, which a complete run needs no more.
    package func removeJournal() { unlink(journal) }

    /// The conversations that were under way when a part of the run ended.
    func inFlight() throws(Fault) -> [InFlight] {
        if let index { return index.abandoned + index.inFlight }
        let path = "\(folder)/\(RunFolder.inFlight)"
        guard Files.exists(path) else { return [] }
        let list = try RunReader.record(
            path, \.schema, as: InFlightList(conversations: []), otherwise: "is damaged")
        return list.conversations
    }

    /// Counts the conversations of a run that can be resumed, as the journal has them: each once,
    /// however often it was begun.
    ///
    /// - Returns: what was read; nil when the journal is not there or not meant for it.
    func count<Counter: LogCounter>(into counter: inout Counter) throws(Fault) -> LogReading? {
        guard let index, index.parts > 0 else { return nil }
        var stream = CSVStream(sink: ConversationRows(into: counter))
        try stream.feed(ConversationColumn.header)
        try index.forEachRow(in: journal) { (row) throws(Fault) in try stream.feed(row) }
        try stream.finish()
        counter = stream.sink.counter
        return stream.reading
    }

    var journal: String { "\(folder)/\(RunFolder.journal)" }
}

/// What came of a turn, for the transcript.
struct TurnResult: Sendable {
    /// The inside of a JSON string, secrets masked; nil without a reply.
    var reply: ByteBuffer?
    /// When the say or the call left, counted from the run's start.
    var sent: Nanoseconds?
    /// The service time of the say or the call.
    var service: Nanoseconds?
    /// Send → the reply is in the user's hands.
    var replyTime: Nanoseconds?
    var promptTokens = 0
    var replyTokens = 0
    var tokenSource = TokenSource.estimated
    /// The HTTP status of the latest response.
    var status: Int?
    /// Attempts at the say or the call.
    var attempts = 0
    /// What the turn failed with.
    var failure: ExchangeFailure?

    /// Takes an exchange of the turn into account.
    ///
    /// - Parameter isOwn: whether it is the say or the call itself, and not a login, an upload or a
    ///   poll that goes with it.
    mutating func add(_ exchange: borrowing Exchange, isOwn: Bool) {
        if isOwn {
            sent = sent ?? exchange.sent
            service = exchange.sent.map { exchange.end - $0 }
            attempts = max(attempts, exchange.attempt)
        }
        if let time = exchange.reply {
            replyTime = time
            replyTokens = exchange.replyTokens
            tokenSource = exchange.tokenSource
        }
        promptTokens += exchange.promptTokens
        status = exchange.status ?? status
        switch exchange.outcome {
        case .ok: failure = nil
        case .failed(let error): failure = ExchangeFailure(error, exchange.detail)
        }
    }

    /// Appends the JSON object that stands under `result` in a transcript.
    func append(to buffer: inout ByteBuffer) {
        buffer.append { object in
            object.append(key: "reply")
            if let reply {
                object.append("\"")
                object.append(reply)
                object.append("\"")
            } else {
                object.append("null")
            }
            Self.append("sent_ms", sent, to: &object)
            Self.append("service_ms", service, to: &object)
            Self.append("reply_ms", replyTime, to: &object)
            object.append("prompt_tokens", promptTokens)
            object.append("reply_tokens", reply == nil ? nil : replyTokens)
            object.append("token_source", tokenSource.rawValue)
            object.append("status", status)
            object.append("attempts", attempts)
            guard let failure else { return }
            object.append("error") { error in
                error.append("class", failure.errorClass.rawValue)
                error.append("detail", failure.detail)
            }
        }
    }

    /// A time in milliseconds, to the microsecond.
    private static func append(_ key: String, _ time: Nanoseconds?, to buffer: inout ByteBuffer) {
        buffer.append(key: key)
        guard let time else { return buffer.append("null") }
        let microseconds = max(time, .zero).roundedMicroseconds
        buffer.append(decimal: Int(microseconds / 1_000))
        buffer.append(".")
        let rest = Int(microseconds % 1_000)
        buffer.append(rest < 10 ? "00" : rest < 100 ? "0" : "")
        buffer.append(decimal: rest)
    }
}

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

extension TranscriptLine {
    /// Appends the line of a batch's output as OpenAI's Batch API writes it: one for each request, told
    /// apart by `custom_id`, with the response or why there is none. The last turn that was taken is
    /// the request.
    ///
    /// - Parameters:
    ///   - place: that of the conversation in the workload, from 0.
    ///   - started: when the run began, in seconds since 1970.
    func appendBatchOutput(place: Int, started: Int, to buffer: inout ByteBuffer) {
        let turn = turns.last { $0.isTaken } ?? TranscriptTurn()
        buffer.append { output in
            output.append("id", "batch_req_\(place + 1)")
            output.append("custom_id", id)
            guard let status = turn.status ?? (turn.reply == nil ? nil : 200) else {
                output.append("response", literal: nil)
                return output.append("error") { error in
                    error.append("code", turn.errorClass ?? "not_sent")
                    error.append("message", turn.errorDetail ?? "")
                }
            }
            output.append("response") { response in
                response.append("status_code", status)
                response.append("request_id", "req_\(place + 1)")
                response.append("body") {
                    append(body: turn, place: place, started: started, to: &$0)
                }
            }
            output.append("error", literal: nil)
        }
        buffer.append("\n")
    }

    /// Appends what is in the response's body: a completion, or an error.
    private func append(
        body turn: TranscriptTurn, place: Int, started: Int, to body: inout ByteBuffer
    ) {
        guard let reply = turn.reply else {
            return body.append("error") { error in
                error.append("message", turn.errorDetail ?? "")
                error.append("type", turn.errorClass ?? "unknown")
            }
        }
        let seconds = Int(exactly: (turn.sentMilliseconds / 1_000).rounded(.down)) ?? 0
        body.append("id", "chatcmpl-\(place + 1)")
        body.append("object", "chat.completion")
        body.append("created", started &+ seconds)
        body.append("model", model ?? "")
        body.append(key: "choices")
        body.append(array: CollectionOfOne(reply)) { choices, reply in
            choices.append { choice in
                choice.append("index", 0)
                choice.append("message") { message in
                    message.append("role", "assistant")
                    message.append("content", reply)
                }
                choice.append("finish_reason", "stop")
            }
        }
        guard turn.isReported, let prompt = turn.promptTokens, let reply = turn.replyTokens
        else { return }
        body.append("usage") { usage in
            usage.append("prompt_tokens", prompt)
            usage.append("completion_tokens", reply)
            usage.append("total_tokens", prompt &+ reply)
        }
    }
}
