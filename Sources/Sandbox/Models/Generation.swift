import Base

/// Generation: what an imitated model makes of a request, before it is put into an API's words.
struct Generation {
    let pacing: Pacing
    /// The draws of its frames.
    let random: SeededRandom
    /// When its first token is there, counted from the request.
    let firstToken: Nanoseconds
    /// The time since 1970.
    let time: Nanoseconds
    /// Sixteen hexadecimal digits that no other reply has.
    let id: String
    let model: String
    let promptTokens: Int
    /// How many of them the prefix cache had.
    let cachedTokens: Int
    var reasoningTokens: Int
    var answerTokens: Int
    /// Whether it ends because it may have no more tokens.
    var isCut: Bool
    /// Whether a stream tells its usage at the end, and whether in every frame.
    var includesUsage: Bool
    var countsInFrames: Bool
    /// Whether a stream is one array.
    var isArray = false
    let thought: GeneratedText
    let answer: GeneratedText

    /// Tokens of reasoning and answer.
    var replyTokens: Int { reasoningTokens + answerTokens }

    /// Appends the whole reasoning, escaped for a JSON string.
    func appendReasoning(to buffer: inout ByteBuffer) {
        var text = thought
        text.append(reasoningTokens, to: &buffer)
    }

    /// Appends the whole answer, escaped for a JSON string.
    func appendAnswer(to buffer: inout ByteBuffer) {
        var text = answer
        text.append(answerTokens, to: &buffer)
    }

    /// When the whole reply is there, while so many are under way.
    func end(running: Int) -> Nanoseconds {
        var random = random
        return pacing.end(
            of: replyTokens, first: firstToken, running: running, using: &random)
    }
}
