import Networking

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
    func checked() throws(ScriptFault) -> SizedTurn {
        if text != nil { return self }
        if tokens == 0 { throw ScriptFault("a prompt of 0 tokens says nothing", at: nil) }
        guard tokens <= PromptMaker.mostTokens else {
            throw ScriptFault(
                "a prompt of \(tokens) tokens; at most \(PromptMaker.mostTokens) are made", at: nil)
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
