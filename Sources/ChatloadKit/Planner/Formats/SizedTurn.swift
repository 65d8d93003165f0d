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

/// A conversation of such requests, put together in their order.
struct SizedDialogue {
    private(set) var turns: [SizedTurn] = []

    mutating func add(_ turn: SizedTurn) { turns.append(turn) }

    /// When its earliest request came.
    var start: Nanoseconds? { turns.lazy.compactMap(\.time).min() }

    /// How long the user thinks before a turn: what is written, or the time between the end of the
    /// reply before and the turn, where both are known.
    func think(before index: Int) -> Nanoseconds? {
        if let think = turns[index].think { return index == 0 ? nil : think }
        guard index > 0, let time = turns[index].time, let before = turns[index - 1].time,
            let took = turns[index - 1].took
        else { return nil }
        return max(time - before - took, .zero)
    }

    /// The turns with their texts, as `dialogue` wants them.
    func speak(by prompts: PromptMaker, row: Int, into dialogue: inout Dialogue) {
        for index in turns.indices {
            let turn = turns[index]
            let stream = UInt64(clamping: index) &+ 0x7475_726E
            let text =
                turn.text
                ?? prompts.prompt(
                    tokens: turn.tokens, blocks: turn.blocks, stream: stream, row: row)
            if turn.hasFailed { dialogue.omissions.add(.failedRequest) }
            dialogue.add(
                Turn(.say(text), think: think(before: index).map(ThinkTime.fixed)), at: turn.time)
        }
    }
}
