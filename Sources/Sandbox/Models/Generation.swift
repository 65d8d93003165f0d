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
    let reasoningTokens: Int
    let answerTokens: Int
    /// Whether it ends because it may have no more tokens.
    let isCut: Bool
    /// Whether a stream tells its usage at the end, and whether in every frame.
    let includesUsage: Bool
    let countsInFrames: Bool
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

/// Prefix cache of an imitated model: the blocks of prompts that it has read, whole ones only, each
/// known by itself and all before it.
struct PrefixCache {
    /// Tokens of a block.
    private let block: Int
    private var blocks = GenerationCache<UInt64, Bool>(capacity: 100_000)

    /// An empty cache.
    init(block: Int) { self.block = max(block, 1) }

    /// How many of a prompt's tokens it has, and takes in the rest. The last token of a prompt is always
    /// read.
    mutating func take(_ prompt: Span<UInt8>, tokens: Int) -> Int {
        var hash = FNV1a()
        var (start, characters, number, known) = (0, 0, 0, 0)
        for index in 0...prompt.count {
            if index < prompt.count, prompt[index] & 0xC0 == 0x80 { continue }
            if characters == block * GeneratedText.width {
                hash.add(words: prompt.extracting(start..<index))
                number += 1
                if see(hash.value), known == number - 1 { known = number }
                (start, characters) = (index, 0)
            }
            characters += 1
        }
        return min(known, max(tokens - 1, 0) / block) * block
    }

    /// Whether a block was known; it is from now on.
    private mutating func see(_ hash: UInt64) -> Bool {
        if blocks.value(for: hash) != nil { return true }
        _ = blocks.update(hash, initial: true) { _ in }
        return false
    }
}
