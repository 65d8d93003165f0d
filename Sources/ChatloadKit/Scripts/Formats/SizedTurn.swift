import Base

/// Mooncake traces (kvcache-ai/Mooncake, `FAST25-release`): `timestamp` in milliseconds,
/// `input_length` in tokens, and `hash_ids`, one for each 512 tokens, equal where prompts begin
/// alike. From aiperf (ai-dynamo/aiperf): `text_input` instead of sizes, `session_id` for turns of
/// one conversation, and `delay`, the milliseconds a user waits before a turn.
extension ElementParser {
    /// Reads a line.
    ///
    /// - Parameter isOutline: leaves out the blocks and the text of `text_input`, of which only it is
    ///   told that it is there.
    mutating func sizedTurn(isOutline: Bool) throws(Fault) -> SizedTurn {
        var turn = SizedTurn()
        var hasSize = false
        try beginObject("a request")
        while let key = try nextKey() {
            switch key {
            case "timestamp": turn.time = try time(key, unit: .milliseconds(1))
            case "input_length":
                turn.tokens = try count(key)
                hasSize = true
            case "output_length": try replyTokens(of: &turn)
            case "hash_ids" where !isOutline: turn.blocks = try blocks(key)
            case "text_input":
                let text = try text(key)
                turn.text = isOutline ? text.map { _ in "" } : text?.string(in: bytes.span)
            case "session_id":
                let token = try next()
                turn.session = token == .null ? nil : try hash(of: token, key, "a string")
            case "delay": turn.think = try delay(key)
            default: try skipValue()
            }
        }
        try end()
        guard hasSize || turn.text != nil else {
            throw Fault("a request needs \"input_length\" or \"text_input\"")
        }
        return try turn.checked()
    }

    private mutating func replyTokens(of turn: inout SizedTurn) throws(Fault) {
        let token = try next()
        guard case .number(let range) = token else { return try skipRest(of: token) }
        turn.take(replyTokens: JSONNumber.integer(range, in: bytes.span))
    }

    private mutating func blocks(_ key: String) throws(Fault) -> [UInt64] {
        let first = try next()
        if first == .null { return [] }
        guard first == .beginArray else { throw wrong(first, key, "an array of numbers") }
        var blocks: [UInt64] = []
        while true {
            let token = try next()
            if token == .endArray { return blocks }
            blocks.append(try hash(of: token, key, "an array of numbers"))
        }
    }

    /// Of a string or a number, as it is written.
    private func hash(
        of token: JSONToken, _ key: String, _ expected: String
    ) throws(Fault) -> UInt64 {
        switch token {
        case .number(let range): return FNV1a.hash(ofWords: bytes.span.extracting(range))
        case .string(let text): return FNV1a.hash(ofWords: bytes.span.extracting(text.range))
        default: throw wrong(token, key, expected)
        }
    }

    /// The next value as milliseconds that a user waits; nil for null.
    mutating func delay(_ key: String) throws(Fault) -> Nanoseconds? {
        let token = try next()
        if token == .null { return nil }
        guard case .number(let range) = token else {
            throw wrong(token, key, "a number of milliseconds")
        }
        return Nanoseconds(seconds: try amount(key, range) / 1e3)
    }
}

/// One request of a trace that tells sizes and no texts.
struct SizedTurn {
    /// The tokens of its prompt.
    var tokens = 0
    /// The tokens of its reply; nil where nobody says, or it had none.
    var replyTokens: Int?
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

    /// Takes how many tokens its reply had, if that is any.
    mutating func take(replyTokens: Int?) {
        self.replyTokens = replyTokens.flatMap { $0 > 0 ? $0 : nil }
    }

    /// How long the user thinks before it: what is written, or the time between the end of the reply
    /// before and this turn, where both are known. Nil for the first turn.
    func think(after previous: SizedTurn?) -> Nanoseconds? {
        guard let previous else { return nil }
        if let think { return think }
        guard let time, let before = previous.time, let took = previous.took else { return nil }
        return max(time - before - took, .zero)
    }

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

extension Dialogue {
    /// Makes turns with texts of the requests that tell sizes; `row` is the first one's.
    mutating func speak(by prompts: PromptMaker, row: Int) {
        var previous: SizedTurn?
        for (index, turn) in sized.enumerated() {
            let stream = UInt64(clamping: index) &+ 0x7475_726E
            let text =
                turn.text
                ?? prompts.prompt(
                    tokens: turn.tokens, blocks: turn.blocks, stream: stream, row: row)
            if turn.hasFailed { omissions.add(.failedRequest) }
            let think = turn.think(after: previous).map(ThinkTime.fixed)
            lengthLimit = turn.replyTokens
            var said = Turn(.say(text), think: think)
            if turn.text == nil, index == 0 { said.madeTokens = turn.tokens }
            add(said, at: turn.time)
            previous = turn
        }
    }
}

/// What a conversation of such requests amounts to, without any text.
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
    private var previous: SizedTurn?

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
        previous = turn
    }
}

/// Workload that is a CSV table: Azure's LLM inference traces of 2023 and 2024
/// (Azure/AzurePublicDataset), BurstGPT (HPMLL/BurstGPT), and prompts. Columns are found by their
/// names, whatever their order.
struct WorkloadTable: Sendable, Equatable {
    /// What the header belongs to.
    let format: WorkloadFormat
    private var time = 0
    private(set) var prompt = 0
    private var reply: Int?
    private var session: Int?
    private var elapsed: Int?
    /// The names and the limits of prompts, and how many cells a row has.
    private(set) var (id, limit): (Int?, Int?)
    private(set) var width: Int

    /// Reads a header; nil when it belongs to nothing that is known.
    init?(header: Span<UInt8>) {
        var names: [String: Int] = [:]
        let cells = CSVCells(line: header)
        for index in cells.ranges.indices {
            let name = header.extracting(cells.inside(index, of: header)).text.lowercased()
            names[name] = names[name] ?? index
        }
        width = cells.ranges.count
        if let time = names["timestamp"], let prompt = names["contexttokens"] {
            format = .azure
            self.time = time
            self.prompt = prompt
            reply = names["generatedtokens"]
        } else if let time = names["timestamp"], let prompt = names["request tokens"] {
            format = .burstgpt
            self.time = time
            self.prompt = prompt
            reply = names["response tokens"]
            session = names["session id"]
            elapsed = names["elapsed time"]
        } else if let prompt = names["prompt"] {
            format = .promptTable
            self.prompt = prompt
            (id, limit) = (names["id"], names["max_tokens"])
        } else {
            return nil
        }
    }

    /// Reads a row of a trace.
    func row(_ bytes: Span<UInt8>) throws(Fault) -> SizedTurn {
        var turn = SizedTurn()
        let cells = CSVCells(line: bytes)
        for index in cells.ranges.indices {
            let cell = cells.inside(index, of: bytes)
            switch index {
            case time: turn.time = try point(cell, in: bytes)
            case prompt: turn.tokens = try count(cell, "prompt", in: bytes)
            case reply where format == .burstgpt:
                let tokens = try count(cell, "reply", in: bytes)
                turn.hasFailed = tokens == 0
                turn.take(replyTokens: tokens)
            case reply: turn.take(replyTokens: JSONNumber.integer(cell, in: bytes))
            case session where !cell.isEmpty:
                turn.session = FNV1a.hash(ofWords: bytes.extracting(cell))
            case elapsed: turn.took = Self.seconds(cell, in: bytes)
            default: break
            }
        }
        if cells.ranges.count <= max(time, prompt) {
            throw Fault("this row has too few cells: \(cells.ranges.count)")
        }
        return try turn.checked()
    }

    /// Whether rows may belong to each other.
    var hasSessions: Bool { session != nil }

    /// When a row came; nil when that cannot be read.
    func time(of bytes: Span<UInt8>) -> Nanoseconds? {
        let cells = CSVCells(line: bytes)
        guard time < cells.ranges.count else { return nil }
        return try? point(cells.inside(time, of: bytes), in: bytes)
    }

    private func point(_ cell: Range<Int>, in bytes: Span<UInt8>) throws(Fault) -> Nanoseconds {
        let time =
            format == .azure ? UTCTime.parse(cell, in: bytes) : Self.seconds(cell, in: bytes)
        guard let time else { throw Fault("this is no time", offset: cell.lowerBound) }
        return time
    }

    private static func seconds(_ cell: Range<Int>, in bytes: Span<UInt8>) -> Nanoseconds? {
        if let whole = JSONNumber.integer(cell, in: bytes) { return .seconds(Int64(whole)) }
        return JSONNumber.double(cell, in: bytes).map { Nanoseconds(seconds: $0) }
    }

    private func count(
        _ cell: Range<Int>, _ what: String, in bytes: Span<UInt8>
    ) throws(Fault) -> Int {
        if let whole = JSONNumber.integer(cell, in: bytes), whole >= 0 { return whole }
        guard let value = JSONNumber.double(cell, in: bytes), value >= 0, value < 1e15 else {
            throw Fault("the \(what)'s tokens are no number from 0 on", offset: cell.lowerBound)
        }
        return Int(value)
    }
}

extension CSVCells {
    /// The cells of a line of a trace.
    fileprivate init(line: Span<UInt8>) {
        self.init()
        _ = scan(line, from: 0, isWhole: true)
    }

    /// A cell without white space and quotes around it. Doubled quotes inside stay as they are; no
    /// trace has them.
    fileprivate func inside(_ index: Int, of line: Span<UInt8>) -> Range<Int> {
        let cell = line.trimmed(ranges[index])
        let isQuoted = cell.count > 1 && line[cell.lowerBound] == UInt8(ascii: "\"")
        return isQuoted ? cell.lowerBound + 1..<cell.upperBound - 1 : cell
    }
}
