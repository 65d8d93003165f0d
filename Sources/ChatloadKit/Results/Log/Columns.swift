import Base

/// Column of a log.
protocol LogColumn: CaseIterable, RawRepresentable<String> {
    /// Whether every log has it; the others came later.
    var isRequired: Bool { get }
}

extension LogColumn {
    /// The first line of a log.
    static var header: [UInt8] {
        Array((allCases.map(\.rawValue).joined(separator: ",") + "\n").utf8)
    }

    /// Makes sure that a header has what every log has; more may be there, so newer logs can be read.
    static func require(in header: [String]) throws(Fault) {
        if header.count == 1, let mark = header[0].first(where: { $0 == ";" || $0 == "\t" }) {
            throw Fault(
                "line 1: columns are divided by \(mark == ";" ? "semicolons" : "tabs") here; "
                    + "save it with commas")
        }
        for column in allCases where column.isRequired && !header.contains(column.rawValue) {
            throw Fault(
                "line 1: the column \(column.rawValue) is missing; is this a log of ours?")
        }
    }
}

/// Column of `exchanges.csv`, in the order of the file. New ones are only added at the end; one that an
/// older log lacks leaves the exchange's default, and one that this version does not know is passed
/// over.
enum ExchangeColumn: String, LogColumn, Sendable {
    case shard, worker, user, conversation, turn, step, service, credential
    case intended = "intended_ns"
    case sent = "sent_ns"
    case firstByte = "first_byte_ns"
    case firstToken = "first_token_ns"
    case answerToken = "answer_token_ns"
    case end = "end_ns"
    case dns = "dns_ns"
    case connect = "connect_ns"
    case tls = "tls_ns"
    case throttled = "throttled_ns"
    case bytesOut = "bytes_out"
    case bytesIn = "bytes_in"
    case promptTokens = "prompt_tokens"
    case replyTokens = "reply_tokens"
    case tokenSource = "token_source"
    case chunks, status, outcome, detail
    case reply = "reply_ns"
    case attempt, phase
    case turnTime = "turn_ns"
    case recorded = "recorded_ns"
    case interimResponses = "interim_responses"
    case lastToken = "last_token_ns"
    case firstTokens = "first_tokens"
    case reasoningTokens = "reasoning_tokens"
    case cachedTokens = "cached_tokens"
    case finish
    case longestGap = "max_gap_ns"
    case gaps, reads, stream
    case askedPrompt = "prompt_asked"
    case askedReply = "reply_asked"

    /// Those at the end that are empty of a reply without anything that only some have.
    static let ofOutput = allCases.drop { $0 != .lastToken }

    var isRequired: Bool {
        switch self {
        case .attempt, .phase, .turnTime, .recorded, .interimResponses: false
        default: !Self.ofOutput.contains(self)
        }
    }

    /// Whether a figure depends on it.
    var isOfFigures: Bool {
        switch self {
        case .shard, .worker, .user, .conversation, .service: false
        default: true
        }
    }

    /// Writes its cell.
    @inline(__always)
    func write(
        _ exchange: borrowing Exchange, _ step: String, _ constants: borrowing RowConstants,
        into cells: inout MutableSpan<UInt8>, at end: inout Int
    ) {
        switch self {
        case .shard: cells.put(constants.shard, at: &end)
        case .worker: cells.put(exchange.worker, at: &end)
        case .user: cells.put(exchange.user, at: &end)
        case .conversation: cells.put(exchange.script, exchange.iteration, at: &end)
        case .turn: cells.put(exchange.turn, at: &end)
        case .step: cells.put(text: step, at: &end)
        case .service: cells.put(constants.service, at: &end)
        case .credential: cells.put(constants.credentials[exchange.credential], at: &end)
        case .intended: cells.put(exchange.intended, at: &end)
        case .sent: cells.put(exchange.sent, at: &end)
        case .firstByte: cells.put(exchange.firstByte, at: &end)
        case .firstToken: cells.put(exchange.firstToken, at: &end)
        case .answerToken: cells.put(exchange.answerToken, at: &end)
        case .end: cells.put(exchange.end, at: &end)
        case .dns: cells.put(exchange.dns, at: &end)
        case .connect: cells.put(exchange.connect, at: &end)
        case .tls: cells.put(exchange.tls, at: &end)
        case .throttled: cells.put(exchange.throttled, at: &end)
        case .bytesOut: cells.put(exchange.bytesOut, at: &end)
        case .bytesIn: cells.put(exchange.bytesIn, at: &end)
        case .promptTokens: cells.put(exchange.promptTokens, at: &end)
        case .replyTokens: cells.put(exchange.replyTokens, at: &end)
        case .tokenSource: cells.put(text: exchange.tokenSource.rawValue, at: &end)
        case .chunks: cells.put(exchange.chunks, at: &end)
        case .status: if let status = exchange.status { cells.put(status, at: &end) }
        case .outcome: cells.put(text: exchange.outcome.label, at: &end)
        case .detail: cells.put(text: exchange.detail, at: &end)
        case .reply: cells.put(exchange.reply, at: &end)
        case .attempt: cells.put(exchange.attempt, at: &end)
        case .phase: cells.put(text: exchange.phase.rawValue, at: &end)
        case .turnTime: cells.put(exchange.turnTime, at: &end)
        case .recorded: cells.put(exchange.recorded, at: &end)
        default: writeRare(exchange, into: &cells, at: &end)
        }
    }

    /// Reads its cell; false if that cannot be understood.
    @inline(__always)
    func read(
        _ row: borrowing CSVCells, _ index: Int, of bytes: Span<UInt8>, _ steps: inout NameIndex,
        _ credentials: inout NameIndex, into exchange: inout Exchange
    ) -> Bool {
        switch self {
        case .shard, .service: true
        case .worker: row.read(index, of: bytes, into: &exchange.worker)
        case .user: row.read(index, of: bytes, into: &exchange.user)
        case .conversation: row.read(index, of: bytes, &exchange.script, &exchange.iteration)
        case .turn: row.read(index, of: bytes, into: &exchange.turn)
        case .step: row.read(index, of: bytes, in: &steps, into: &exchange.step.index)
        case .credential:
            row.read(index, of: bytes, in: &credentials, into: &exchange.credential)
        case .intended: row.read(index, of: bytes, into: &exchange.intended)
        case .sent: row.read(index, of: bytes, into: &exchange.sent)
        case .firstByte: row.read(index, of: bytes, into: &exchange.firstByte)
        case .firstToken: row.read(index, of: bytes, into: &exchange.firstToken)
        case .answerToken: row.read(index, of: bytes, into: &exchange.answerToken)
        case .end: row.read(index, of: bytes, into: &exchange.end)
        case .dns: row.read(index, of: bytes, into: &exchange.dns)
        case .connect: row.read(index, of: bytes, into: &exchange.connect)
        case .tls: row.read(index, of: bytes, into: &exchange.tls)
        case .throttled: row.read(index, of: bytes, into: &exchange.throttled)
        case .bytesOut: row.read(index, of: bytes, into: &exchange.bytesOut)
        case .bytesIn: row.read(index, of: bytes, into: &exchange.bytesIn)
        case .promptTokens: row.read(index, of: bytes, into: &exchange.promptTokens)
        case .replyTokens: row.read(index, of: bytes, into: &exchange.replyTokens)
        case .tokenSource: row.read(index, of: bytes, into: &exchange.tokenSource)
        case .chunks: row.read(index, of: bytes, into: &exchange.chunks)
        case .status: row.read(index, of: bytes, into: &exchange.status)
        case .outcome: row.read(index, of: bytes, into: &exchange.outcome)
        case .detail: row.read(index, of: bytes, into: &exchange.detail)
        case .reply: row.read(index, of: bytes, into: &exchange.reply)
        case .attempt: row.read(index, of: bytes, into: &exchange.attempt)
        case .phase: row.read(index, of: bytes, into: &exchange.phase)
        case .turnTime: row.read(index, of: bytes, into: &exchange.turnTime)
        case .recorded: row.read(index, of: bytes, into: &exchange.recorded)
        default: readRare(row, index, of: bytes, into: &exchange)
        }
    }
}

/// Cells that most rows have nothing in.
extension ExchangeColumn {
    private func writeRare(
        _ exchange: borrowing Exchange, into cells: inout MutableSpan<UInt8>, at end: inout Int
    ) {
        switch self {
        case .interimResponses: cells.put(unlessNone: exchange.interimResponses, at: &end)
        case .lastToken: cells.put(exchange.lastToken, at: &end)
        case .firstTokens: if let count = exchange.firstTokens { cells.put(count, at: &end) }
        case .reasoningTokens:
            if let count = exchange.reasoningTokens { cells.put(count, at: &end) }
        case .cachedTokens: if let count = exchange.cachedTokens { cells.put(count, at: &end) }
        case .finish: cells.put(text: exchange.finish, at: &end)
        case .longestGap: cells.put(exchange.longestGap, at: &end)
        case .gaps: cells.put(exchange.gaps, at: &end)
        case .reads: cells.put(unlessNone: exchange.reads, at: &end)
        case .stream: cells.put(text: exchange.stream.text, at: &end)
        case .askedPrompt: if let count = exchange.askedPrompt { cells.put(count, at: &end) }
        case .askedReply: if let count = exchange.askedReply { cells.put(count, at: &end) }
        default: break
        }
    }

    private func readRare(
        _ row: borrowing CSVCells, _ index: Int, of bytes: Span<UInt8>,
        into exchange: inout Exchange
    ) -> Bool {
        switch self {
        case .interimResponses: row.read(orNone: index, of: bytes, &exchange.interimResponses)
        case .lastToken: row.read(index, of: bytes, into: &exchange.lastToken)
        case .firstTokens: row.read(index, of: bytes, into: &exchange.firstTokens)
        case .reasoningTokens: row.read(index, of: bytes, into: &exchange.reasoningTokens)
        case .cachedTokens: row.read(index, of: bytes, into: &exchange.cachedTokens)
        case .finish: row.read(index, of: bytes, into: &exchange.finish)
        case .longestGap: row.read(index, of: bytes, into: &exchange.longestGap)
        case .gaps: row.read(index, of: bytes, into: &exchange.gaps)
        case .reads: row.read(orNone: index, of: bytes, &exchange.reads)
        case .stream: row.read(index, of: bytes, into: &exchange.stream)
        case .askedPrompt: row.read(index, of: bytes, into: &exchange.askedPrompt)
        case .askedReply: row.read(index, of: bytes, into: &exchange.askedReply)
        default: true
        }
    }
}

/// Column of `conversations.csv`, in the order of the file. New ones are only added at the end.
enum ConversationColumn: String, LogColumn, Sendable {
    case shard, worker, user, conversation
    case started = "started_ns"
    case ended = "ended_ns"
    case turns, exchanges, failures, outcome, phase

    var isRequired: Bool { self != .phase }

    /// Writes its cell.
    @inline(__always)
    func write(
        _ conversation: borrowing ConversationRecord, shard: Int,
        into cells: inout MutableSpan<UInt8>, at end: inout Int
    ) {
        switch self {
        case .shard: cells.put(shard, at: &end)
        case .worker: cells.put(conversation.worker, at: &end)
        case .user: cells.put(conversation.user, at: &end)
        case .conversation: cells.put(conversation.script, conversation.iteration, at: &end)
        case .started: cells.put(conversation.started, at: &end)
        case .ended: cells.put(conversation.ended, at: &end)
        case .turns: cells.put(conversation.turns, at: &end)
        case .exchanges: cells.put(conversation.exchanges, at: &end)
        case .failures: cells.put(conversation.failures, at: &end)
        case .outcome: cells.put(text: conversation.outcome.rawValue, at: &end)
        case .phase: cells.put(text: conversation.phase.rawValue, at: &end)
        }
    }

    /// Reads its cell; false if that cannot be understood.
    func read(
        _ row: borrowing CSVCells, _ index: Int, of bytes: Span<UInt8>,
        into conversation: inout ConversationRecord
    ) -> Bool {
        switch self {
        // Nothing goes by them.
        case .shard, .worker: return true
        case .user: return row.read(index, of: bytes, into: &conversation.user)
        case .conversation:
            return row.read(index, of: bytes, &conversation.script, &conversation.iteration)
        case .started: return row.read(index, of: bytes, into: &conversation.started)
        case .ended: return row.read(index, of: bytes, into: &conversation.ended)
        case .turns: return row.read(index, of: bytes, into: &conversation.turns)
        case .exchanges: return row.read(index, of: bytes, into: &conversation.exchanges)
        case .failures: return row.read(index, of: bytes, into: &conversation.failures)
        case .outcome:
            let outcome = ConversationOutcome(rawValue: row.text(index, of: bytes))
            if let outcome { conversation.outcome = outcome }
            return outcome != nil
        case .phase: return row.read(index, of: bytes, into: &conversation.phase)
        }
    }
}

extension CSVCells {
    fileprivate func read(_ index: Int, of bytes: Span<UInt8>, into value: inout Int64?) -> Bool {
        var isNumber = true
        value = number(index, of: bytes, isNumber: &isNumber)
        return isNumber
    }

    /// A number that must be there.
    fileprivate func read(_ index: Int, of bytes: Span<UInt8>, into value: inout Int) -> Bool {
        var number: Int64?
        guard read(index, of: bytes, into: &number), let number else { return false }
        value = Int(number)
        return true
    }

    /// A count whose cell is empty where there is none.
    fileprivate func read(orNone index: Int, of bytes: Span<UInt8>, _ value: inout Int) -> Bool {
        ranges[index].isEmpty || read(index, of: bytes, into: &value)
    }

    /// The number of a name; any cell is one.
    fileprivate func read(
        _ index: Int, of bytes: Span<UInt8>, in names: inout NameIndex, into number: inout Int
    ) -> Bool {
        number = names.number(of: bytes.extracting(ranges[index]))
        return true
    }

    fileprivate func read(_ index: Int, of bytes: Span<UInt8>, into value: inout Int?) -> Bool {
        var number: Int64?
        let isNumber = read(index, of: bytes, into: &number)
        value = number.map { Int($0) }
        return isNumber
    }

    /// A time that must be there.
    fileprivate func read(
        _ index: Int, of bytes: Span<UInt8>, into value: inout Nanoseconds
    ) -> Bool {
        var number: Int64?
        guard read(index, of: bytes, into: &number), let number else { return false }
        value = Nanoseconds(number)
        return true
    }

    fileprivate func read(
        _ index: Int, of bytes: Span<UInt8>, into value: inout Nanoseconds?
    ) -> Bool {
        var number: Int64?
        let isNumber = read(index, of: bytes, into: &number)
        value = number.map { Nanoseconds($0) }
        return isNumber
    }

    fileprivate func read(_ index: Int, of bytes: Span<UInt8>, into value: inout String) -> Bool {
        if !ranges[index].isEmpty { value = text(index, of: bytes) }
        return true
    }

    /// Almost every row of a run says `main`.
    fileprivate func read(_ index: Int, of bytes: Span<UInt8>, into value: inout RunPhase) -> Bool {
        if cell(index, of: bytes, is: "main") { return true }
        guard let phase = RunPhase(rawValue: text(index, of: bytes)) else { return false }
        value = phase
        return true
    }

    fileprivate func read(_ index: Int, of bytes: Span<UInt8>, into value: inout Outcome) -> Bool {
        if cell(index, of: bytes, is: "ok") { return true }
        guard let error = ErrorClass(rawValue: text(index, of: bytes)) else { return false }
        value = .failed(error)
        return true
    }

    fileprivate func read(
        _ index: Int, of bytes: Span<UInt8>, into value: inout TokenSource
    ) -> Bool {
        if cell(index, of: bytes, is: "estimated") { return true }
        value = .reported
        return cell(index, of: bytes, is: "reported")
    }

    fileprivate func read(
        _ index: Int, of bytes: Span<UInt8>, into value: inout StreamRemarks
    ) -> Bool {
        if !ranges[index].isEmpty { value = StreamRemarks(text: text(index, of: bytes)) }
        return true
    }

    /// `slot:count` divided by blanks, slots ascending.
    fileprivate func read(_ index: Int, of bytes: Span<UInt8>, into value: inout GapCounts) -> Bool
    {
        let range = ranges[index]
        if range.isEmpty { return true }
        guard let counts = GapCounts(cell: bytes.extracting(range)) else { return false }
        value = counts
        return true
    }

    /// `<script>#<number in the run>`.
    fileprivate func read(
        _ index: Int, of bytes: Span<UInt8>, _ script: inout String, _ iteration: inout Int
    ) -> Bool {
        let name = text(index, of: bytes)
        guard let mark = name.lastIndex(of: "#"), let number = Int(name[name.index(after: mark)...])
        else { return false }
        (script, iteration) = (String(name[..<mark]), number)
        return true
    }
}

extension MutableSpan<UInt8> {
    fileprivate mutating func put(_ number: Int, at end: inout Int) { put(Int64(number), at: &end) }

    /// Writes a count, nothing where there is none.
    fileprivate mutating func put(unlessNone count: Int, at end: inout Int) {
        if count != 0 { put(count, at: &end) }
    }

    fileprivate mutating func put(_ time: Nanoseconds?, at end: inout Int) {
        if let time { put(time.count, at: &end) }
    }

    /// Writes `slot:count` divided by blanks.
    fileprivate mutating func put(_ gaps: borrowing GapCounts, at end: inout Int) {
        let start = end
        for entry in gaps.entries {
            if end > start { put(byte: UInt8(ascii: " "), at: &end) }
            put(entry.slot, at: &end)
            put(byte: UInt8(ascii: ":"), at: &end)
            put(entry.count, at: &end)
        }
    }

    /// Writes `<script>#<number in the run>`, inside the quotes where the script's id needs them.
    fileprivate mutating func put(_ script: String, _ iteration: Int, at end: inout Int) {
        let start = end
        put(text: script, at: &end)
        let isQuoted = end > start && self[start] == UInt8(ascii: "\"")
        if isQuoted { end -= 1 }
        put(byte: UInt8(ascii: "#"), at: &end)
        put(iteration, at: &end)
        if isQuoted { put(byte: UInt8(ascii: "\""), at: &end) }
    }
}
