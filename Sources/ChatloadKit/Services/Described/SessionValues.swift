import Base

/// How the messages of a conversation are kept, where the client sends them all with every turn.
package struct HistorySettings: Sendable, Equatable {
    /// What is sent back as the bot's part.
    package enum Source: String, Sendable, CaseIterable {
        /// What it has answered.
        case live
        /// What it had answered when the conversation was recorded; the live answer where that is not
        /// known.
        case recorded
        /// Nothing of what was said before.
        case none
    }

    /// How much is kept at most; the oldest turns are dropped, never the system's message.
    package enum Limit: Sendable, Equatable {
        case turns(Int)
        /// By estimate.
        case tokens(Int)
    }

    package var source = Source.live
    package var limit: Limit?

    /// The live answers, all of them.
    package init() {}

    /// Reads `20turns` or `8000tokens`; nil for anything else.
    package static func limit(parsing text: String) -> Limit? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number > 0 else { return nil }
        switch text.dropFirst(digits.count) {
        case "turns", "turn": return .turns(number)
        case "tokens", "token": return .tokens(number)
        default: return nil
        }
    }
}

/// History of a conversation as it is sent: the messages of its turns, rendered once.
///
/// A turn that is played has its message at the end until it is kept or dropped.
struct MessageHistory: Sendable {
    /// The messages, with commas between them.
    private var rendered = ByteBuffer()
    /// Of each turn that is kept, where its messages begin and their tokens by estimate.
    private var turns: [(start: Int, tokens: Int)] = []
    /// Where the messages of the turn that is played begin.
    private var open = 0
    private var tokens = 0

    init() {}

    /// Forgets everything, memory kept.
    mutating func clear() {
        rendered.clear()
        turns.removeAll(keepingCapacity: true)
        (open, tokens) = (0, 0)
    }

    /// Drops the oldest turns that are beyond a limit.
    mutating func drop(beyond limit: HistorySettings.Limit) {
        var dropped = 0
        switch limit {
        case .turns(let most): dropped = max(turns.count - most, 0)
        case .tokens(let most):
            var kept = turns.reduce(0) { $0 + $1.tokens }
            while kept > most, dropped < turns.count {
                kept -= turns[dropped].tokens
                dropped += 1
            }
        }
        guard dropped > 0 else { return }
        let start = dropped < turns.count ? turns[dropped].start : open
        rendered.removeFirst(start)
        turns.removeFirst(dropped)
        for index in turns.indices { turns[index].start -= start }
        open -= start
    }

    /// Begins a turn with a message that `render` appends, of so many tokens; what an unfinished turn
    /// left is gone.
    mutating func begin(tokens: Int, _ render: (inout ByteBuffer) -> Void) {
        rendered.truncate(to: open)
        self.tokens = tokens
        render(&rendered)
    }

    /// Keeps the turn, with the bot's message that `render` appends.
    mutating func keep(tokens: Int, _ render: (inout ByteBuffer) -> Void) {
        rendered.append(byte: UInt8(ascii: ","))
        render(&rendered)
        turns.append((open, self.tokens + tokens))
        // The comma belongs to what comes before it.
        rendered.append(byte: UInt8(ascii: ","))
        open = rendered.count
    }

    /// Drops the turn.
    mutating func drop() { rendered.truncate(to: open) }

    /// Appends the messages as an array, behind the system's.
    func append(to buffer: inout ByteBuffer, behind system: [UInt8]) {
        buffer.append(byte: UInt8(ascii: "["))
        buffer.append(system)
        if !system.isEmpty, !rendered.isEmpty { buffer.append(byte: UInt8(ascii: ",")) }
        buffer.append(rendered)
        if rendered.bytes.last == UInt8(ascii: ",") { buffer.truncate(to: buffer.count - 1) }
        buffer.append(byte: UInt8(ascii: "]"))
    }
}

/// Values of a session that only the exchange at hand knows: what is filled into requests, and what
/// replies have given to remember. Confined to its user's loop.
final class SessionValues {
    /// The user's identity, and what the service knows it by.
    var user = ""
    var userID = ""
    /// The conversation's number in the run, and the turn's in the conversation, from 1.
    var conversation = 0
    var turn = 0
    /// A fresh one for each exchange.
    var uuid = ""
    /// What replies have given, by the places of the captures' names; nil before there was anything.
    var captures: [[UInt8]?]
    /// The messages of the conversation, where the client keeps them.
    var history = MessageHistory()

    init(captures count: Int) { captures = Array(repeating: nil, count: count) }
}
