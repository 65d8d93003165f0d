import Networking

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
    func count(into drift: inout DriftTally) {
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
