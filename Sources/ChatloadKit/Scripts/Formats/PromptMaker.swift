import Base

/// What prompts are made of where only their sizes are told.
package struct PromptSettings: Sendable {
    /// Decides every word.
    package var seed: UInt64
    /// How many tokens a text has.
    package var tokens: TokenEstimate
    /// How the service counts them, as soon as that is known; nil where nobody asks.
    package var calibration: PromptCalibration?

    /// Four characters a token unless said otherwise.
    package init(
        seed: UInt64 = 1, tokens: TokenEstimate = .usual, calibration: PromptCalibration? = nil
    ) {
        self.seed = seed
        self.tokens = tokens
        self.calibration = calibration
    }
}

/// Makes readable prompts of a given number of tokens: the same for the same seed and name, and of
/// different beginnings for different names, so that a service cannot have seen them before.
///
/// A text is eight words of its own and a stretch of one long tape of words, copied.
struct PromptMaker: Sendable {
    /// The most tokens of a prompt: more than any model reads.
    static let mostTokens = 10_000_000
    /// Tokens that one id of a Mooncake trace stands for.
    static let blockTokens = 512

    /// The most characters a token is given: an estimate beyond that is a slip of the pen.
    private static let longestToken = 64
    private static let tapeStream: UInt64 = 0x7461_7065
    private static let headWords = 8
    private static let tapeLength = 65_000

    let settings: PromptSettings
    /// Words with a space behind each.
    private let tape: ByteBuffer
    /// Where they begin.
    private let wordStarts: [Int]

    /// - Parameter isNeeded: whether any prompt is going to be asked for; otherwise the tape is left
    ///   out, which takes longer than all else that opening a small workload does.
    init(_ settings: PromptSettings, isNeeded: Bool = true) {
        self.settings = settings
        var random = SeededRandom(seed: settings.seed, stream: Self.tapeStream)
        var tape = ByteBuffer(capacity: isNeeded ? Self.tapeLength : 0)
        var starts: [Int] = []
        repeat {
            starts.append(tape.count)
            Self.append(wordBy: &random, to: &tape)
        } while isNeeded && tape.count < Self.tapeLength
        self.tape = tape
        wordStarts = starts
    }

    /// The prompt of a row: so many tokens of text whose beginning is made of blocks. Those of equal
    /// names are equal, in all rows; what they do not cover is the row's own.
    ///
    /// - Parameter isWhole: whether it is all that the service is sent, so that what the service adds
    ///   to it counts.
    func prompt(
        tokens: Int, blocks: [UInt64] = [], stream: UInt64, row: Int, isWhole: Bool = true
    ) -> String {
        let fit = settings.calibration?.fit
        var text = ByteBuffer(capacity: 0)
        var rest = tokens
        for block in blocks where rest > 0 {
            let count = min(rest, Self.blockTokens)
            append(count, by: fit, stream: ~stream, name: block, to: &text)
            rest -= count
        }
        if isWhole, let fit { rest = max(rest - Int(fit.overhead.rounded()), text.isEmpty ? 1 : 0) }
        if rest > 0 {
            append(rest, by: fit, stream: stream, name: UInt64(clamping: row), to: &text)
        }
        // A space at the end would not survive everywhere.
        if text.bytes.last == UInt8(ascii: " ") {
            text.truncate(to: text.count - 1)
            text.append(".")
        }
        return text.text
    }

    private func append(
        _ tokens: Int, by fit: PromptCalibration.Fit?, stream: UInt64, name: UInt64,
        to text: inout ByteBuffer
    ) {
        var random = SeededRandom(seed: settings.seed, stream: stream, index: name)
        if let fit {
            let bytes = Int((Double(tokens) * fit.bytesPerToken).rounded())
            return append(bytes: max(bytes, 1), by: &random, to: &text)
        }
        switch settings.tokens {
        case .characters(let size), .bytes(let size):
            append(bytes: tokens * min(size, Self.longestToken), by: &random, to: &text)
        case .reported: append(bytes: tokens * 4, by: &random, to: &text)
        case .words: for _ in 0..<tokens { Self.append(wordBy: &random, to: &text) }
        }
    }

    /// All words are ASCII, so bytes are characters.
    private func append(bytes count: Int, by random: inout SeededRandom, to text: inout ByteBuffer)
    {
        let end = text.count + count
        for _ in 0..<Self.headWords where text.count < end {
            Self.append(wordBy: &random, to: &text)
        }
        var place = wordStarts[Int(random.next() % UInt64(wordStarts.count))]
        while text.count < end {
            let piece = min(tape.count - place, end - text.count)
            text.append(tape.bytes.span.extracting(place..<place + piece))
            place = 0
        }
        text.truncate(to: end)
    }

    private static func append(wordBy random: inout SeededRandom, to text: inout ByteBuffer) {
        let word = words[Int(random.next() % UInt64(words.count))]
        text.append(word)
        text.append(byte: UInt8(ascii: " "))
    }

    private static let words = """
        about account after again all also answer any area ask away back because before begin best \
        better between book both bring build but buy call can car care case change check city clear \
        close come cost could country course day deal different does done door down each early easy \
        email end enough even every example fact family far feel few find first follow food for form \
        free friend from full game garden get give good great group grow hand happen hard have head \
        hear help here high history hold home hope hour house how idea into issue just keep kind know \
        language large last later learn leave less letter level life light like line list little live \
        local long look lost made mail main make many market matter may mean meet might mind minute \
        money month more morning most move much music must name near need never new next night now \
        number of offer office often old once one only open order other our over own page paper part \
        pay people phone place plan play point price problem product public question quick rather read \
        ready real reason right room rule same say school second see send service set several share \
        short should show side small some soon speak start state still stop store story street strong \
        study such sure system take talk teach team tell than that their then there these they thing \
        think this those thought time today together town travel tree true try turn under until use \
        very view visit wait walk want was water way week well what when where which while who why \
        will window with word work world would write year yes yet young your
        """.split(separator: " ").map(String.init)
}

/// Whether a service takes prompts that are made, by their length: if it takes one it takes every
/// shorter one, and if it refuses one it refuses every longer one. So few prompts need to be made.
struct PromptCheck {
    /// The longest known to be taken and the shortest known to be refused, in tokens.
    private var taken = 0
    private var refused = Int.max
    /// What was said about the shortest.
    private var objection: String?

    /// What the service has against a prompt of so many tokens. Of a prompt that nobody is going to
    /// be told of, what it has against a shorter one will do.
    mutating func objection(
        to tokens: Int, _ service: any ChatService, _ prompts: PromptMaker, isTold: Bool
    ) -> String? {
        if tokens <= taken { return nil }
        if tokens >= refused, !isTold { return objection }
        let turn = Turn(.say(prompts.prompt(tokens: tokens, stream: 0, row: 0)))
        if let objection = service.description.objection(to: turn) {
            if tokens < refused { (refused, self.objection) = (tokens, objection) }
            return objection
        }
        taken = tokens
        return nil
    }
}
