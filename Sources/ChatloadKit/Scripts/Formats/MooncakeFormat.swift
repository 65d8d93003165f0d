import Base

/// Mooncake traces (kvcache-ai/Mooncake, `FAST25-release`): `timestamp` in milliseconds,
/// `input_length` in tokens, and `hash_ids`, one for each 512 tokens, equal where prompts begin
/// alike. From aiperf (ai-dynamo/aiperf): `text_input` instead of sizes, `session_id` for turns of
/// one conversation, and `delay`, the milliseconds a user waits before a turn.
enum MooncakeFormat {
    /// Reads a line.
    ///
    /// - Parameter isOutline: leaves out the blocks and the text of `text_input`, of which only it is
    ///   told that it is there.
    static func row(_ bytes: Span<UInt8>, isOutline: Bool = false) throws(Fault) -> SizedTurn {
        var parser = ForeignParser()
        var turn = SizedTurn()
        var hasSize = false
        try parser.beginObject("a request", in: bytes)
        while let key = try parser.nextKey(in: bytes) {
            if key.equals("timestamp", in: bytes) {
                turn.time = try parser.time("timestamp", unit: .milliseconds(1), in: bytes)
            } else if key.equals("input_length", in: bytes) {
                turn.tokens = try parser.count("input_length", in: bytes)
                hasSize = true
            } else if key.equals("hash_ids", in: bytes), !isOutline {
                turn.blocks = try blocks(&parser, in: bytes)
            } else if key.equals("text_input", in: bytes) {
                let text = try parser.text("text_input", in: bytes)
                turn.text = isOutline ? text.map { _ in "" } : text?.string(in: bytes)
            } else if key.equals("session_id", in: bytes) {
                turn.session = try session(&parser, in: bytes)
            } else if key.equals("delay", in: bytes) {
                turn.think = try delay(&parser, in: bytes)
            } else {
                try parser.skipValue(in: bytes)
            }
        }
        try parser.end(in: bytes)
        guard hasSize || turn.text != nil else {
            throw Fault("a request needs \"input_length\" or \"text_input\"")
        }
        return try turn.checked()
    }

    private static func blocks(
        _ parser: inout ForeignParser, in bytes: Span<UInt8>
    ) throws(Fault) -> [UInt64] {
        let first = try parser.next(in: bytes)
        if first == .null { return [] }
        guard first == .beginArray else {
            throw parser.wrong(first, "hash_ids", "an array of numbers")
        }
        var blocks: [UInt64] = []
        while true {
            let token = try parser.next(in: bytes)
            if token == .endArray { return blocks }
            guard let name = hash(of: token, in: bytes) else {
                throw parser.wrong(token, "hash_ids", "an array of numbers")
            }
            blocks.append(name)
        }
    }

    private static func session(
        _ parser: inout ForeignParser, in bytes: Span<UInt8>
    ) throws(Fault) -> UInt64? {
        let token = try parser.next(in: bytes)
        if token == .null { return nil }
        guard let name = hash(of: token, in: bytes) else {
            throw parser.wrong(token, "session_id", "a string")
        }
        return name
    }

    /// A string or a number, as it is written.
    private static func hash(of token: JSONToken, in bytes: Span<UInt8>) -> UInt64? {
        let range: Range<Int>
        switch token {
        case .number(let digits): range = digits
        case .string(let text): range = text.range
        default: return nil
        }
        return FNV1a.hash(ofWords: bytes.extracting(range))
    }

    private static func delay(
        _ parser: inout ForeignParser, in bytes: Span<UInt8>
    ) throws(Fault) -> Nanoseconds? {
        let token = try parser.next(in: bytes)
        if token == .null { return nil }
        guard case .number(let range) = token, let value = JSONNumber.double(range, in: bytes),
            value >= 0, value < 1e15
        else { throw parser.wrong(token, "delay", "a number of milliseconds from 0 on") }
        return Nanoseconds(seconds: value / 1e3)
    }
}

/// One request of a trace that tells sizes and no texts.
struct SizedTurn {
    /// The tokens of its prompt.
    var tokens = 0
    /// When it came, counted from whatever the trace counts from.
    var time: Nanoseconds?
    /// How long its reply took; nil when nobody knows.
    var took: Nanoseconds?
    /// How long the user waited before it, after the reply before; nil when nobody says.
    var think: Nanoseconds?
    /// Names of the blocks its prompt begins with.
    var blocks: [UInt64] = []
    /// Its prompt, where the trace has it after all.
    var text: String?
    /// The conversation it belongs to, as a hash; nil when it is one of its own.
    var session: UInt64?
    var hasFailed = false

    /// How long the user thinks before it: what is written, or the time between the end of the reply
    /// before and this turn, where both are known. Nil for the first turn.
    func think(after previous: Timing?) -> Nanoseconds? {
        guard let previous else { return nil }
        if let think { return think }
        guard let time, let before = previous.time, let took = previous.took else { return nil }
        return max(time - before - took, .zero)
    }

    /// When a turn came and how long its reply took.
    struct Timing {
        var time: Nanoseconds?
        var took: Nanoseconds?
    }

    /// What the next turn must know of this one.
    var timing: Timing { Timing(time: time, took: took) }

    /// Makes sure that a prompt can be made of it.
    func checked() throws(Fault) -> SizedTurn {
        if text != nil { return self }
        if tokens == 0 { throw Fault("a prompt of 0 tokens says nothing") }
        guard tokens <= PromptMaker.mostTokens else {
            throw Fault("a prompt of \(tokens) tokens; at most \(PromptMaker.mostTokens) are made")
        }
        return self
    }
}

/// A conversation of such requests with their texts.
struct SizedDialogue {
    private var turns: [SizedTurn] = []

    mutating func add(_ turn: SizedTurn) { turns.append(turn) }

    /// Adds the turns with their texts to `dialogue`.
    func speak(by prompts: PromptMaker, row: Int, into dialogue: inout Dialogue) {
        var previous: SizedTurn.Timing?
        for (index, turn) in turns.enumerated() {
            let stream = UInt64(clamping: index) &+ 0x7475_726E
            let text =
                turn.text
                ?? prompts.prompt(
                    tokens: turn.tokens, blocks: turn.blocks, stream: stream, row: row)
            if turn.hasFailed { dialogue.omissions.add(.failedRequest) }
            let think = turn.think(after: previous).map(ThinkTime.fixed)
            dialogue.add(Turn(.say(text), think: think), at: turn.time)
            previous = turn.timing
        }
    }
}

/// What such a conversation amounts to, without any text.
struct SizedOutline {
    private(set) var turns = 0
    private(set) var tokens = 0
    /// Its longest prompt, and the turn that has it, from 1.
    private(set) var longest = (tokens: 0, turn: 1)
    private(set) var think = Nanoseconds.zero
    /// When its earliest request came.
    private(set) var start: Nanoseconds?
    private(set) var failed = 0
    /// Turns after the first of which nobody knows when they came.
    private(set) var untimed = 0
    private var previous: SizedTurn.Timing?

    mutating func add(_ turn: SizedTurn) {
        turns += 1
        tokens += turn.tokens
        if turn.tokens > longest.tokens { longest = (turn.tokens, turns) }
        if let pause = turn.think(after: previous) { think = think + pause }
        if let time = turn.time {
            start = min(start ?? time, time)
        } else if turns > 1 {
            untimed += 1
        }
        if turn.hasFailed { failed += 1 }
        previous = turn.timing
    }
}
