import Base
import Networking

/// Understands the rows of `exchanges.csv` and counts them.
struct ExchangeRows<Counter: LogCounter>: CSVSink {
    private(set) var counter: Counter
    /// What each of the file's columns is; nil for one of a newer version.
    private var columns: [ExchangeColumn?] = []
    private var steps = StepIndex()
    private var credentials = StepIndex()

    init(into counter: Counter) {
        self.counter = counter
        self.counter.expectLog()
    }

    mutating func take(header: [String]) throws(Fault) {
        _ = try CSVHeader.places(of: ExchangeColumn.first.map(\.rawValue), in: header)
        columns = header.map { ExchangeColumn(rawValue: $0) }
    }

    mutating func take(row: borrowing CSVCells, of bytes: Span<UInt8>) -> Bool {
        if row.ranges.count != columns.count { return false }
        var exchange = Exchange()
        for index in columns.indices {
            guard let column = columns[index] else { continue }
            if !read(column, from: row, index, of: bytes, into: &exchange) { return false }
        }
        counter.add(exchange)
        return true
    }

    /// Reads what every row of a success needs; false if the cell cannot be understood.
    private mutating func read(
        _ column: ExchangeColumn, from row: borrowing CSVCells, _ index: Int,
        of bytes: Span<UInt8>, into exchange: inout Exchange
    ) -> Bool {
        switch column {
        case .shard, .worker, .user, .conversation, .service, .chunks: return true
        case .credential:
            let cell = bytes.extracting(row.ranges[index])
            exchange.credential = credentials.id(of: cell, among: &counter.credentials).index
            return true
        case .phase:
            guard let phase = row.phase(index, of: bytes) else { return false }
            exchange.phase = phase
            return true
        case .step:
            let cell = bytes.extracting(row.ranges[index])
            exchange.step = steps.id(of: cell, among: &counter.steps)
            return true
        case .tokenSource:
            let isReported = row.cell(index, of: bytes, is: "reported")
            exchange.tokenSource = isReported ? .reported : .estimated
            return isReported || row.cell(index, of: bytes, is: "estimated")
        case .outcome:
            if row.cell(index, of: bytes, is: "ok") { return true }
            guard let error = ErrorClass(rawValue: row.text(index, of: bytes)) else { return false }
            exchange.outcome = .failed(error)
            return true
        case .detail:
            if !row.ranges[index].isEmpty { exchange.detail = row.text(index, of: bytes) }
            return true
        default:
            var isNumber = true
            let number = row.number(index, of: bytes, isNumber: &isNumber)
            return isNumber && Self.set(column, of: &exchange, to: number)
        }
    }

    /// Sets a figure; false if it must not be empty and is.
    private static func set(
        _ column: ExchangeColumn, of exchange: inout Exchange, to number: Int64?
    ) -> Bool {
        let time = number.map { Nanoseconds($0) }
        switch column {
        case .sent: exchange.sent = time
        case .firstByte: exchange.firstByte = time
        case .firstToken: exchange.firstToken = time
        case .answerToken: exchange.answerToken = time
        case .dns: exchange.dns = time
        case .connect: exchange.connect = time
        case .tls: exchange.tls = time
        case .reply: exchange.reply = time
        case .recorded: exchange.recorded = time
        case .turnTime: exchange.turnTime = time
        case .status: exchange.status = number.map { Int($0) }
        case .interimResponses: exchange.interimResponses = Int(number ?? 0)
        default:
            guard let number else { return false }
            setRequired(column, of: &exchange, to: number)
        }
        return true
    }

    private static func setRequired(
        _ column: ExchangeColumn, of exchange: inout Exchange, to number: Int64
    ) {
        switch column {
        case .intended: exchange.intended = Nanoseconds(number)
        case .end: exchange.end = Nanoseconds(number)
        case .throttled: exchange.throttled = Nanoseconds(number)
        case .bytesOut: exchange.bytesOut = Int(number)
        case .bytesIn: exchange.bytesIn = Int(number)
        case .promptTokens: exchange.promptTokens = Int(number)
        case .replyTokens: exchange.replyTokens = Int(number)
        case .attempt: exchange.attempt = Int(number)
        case .turn: exchange.turn = Int(number)
        default: preconditionFailure("BUG: the column \(column.rawValue) is not a figure")
        }
    }
}

extension CSVCells {
    /// The cell as a phase; nil if it is none.
    func phase(_ index: Int, of bytes: Span<UInt8>) -> RunPhase? {
        // Almost every row of a run says this.
        if cell(index, of: bytes, is: "main") { return .main }
        return RunPhase(rawValue: text(index, of: bytes))
    }
}

/// Understands the rows of `conversations.csv` and counts them.
struct ConversationRows<Counter: LogCounter>: CSVSink {
    private(set) var counter: Counter
    private var places: [Int] = []
    private var phasePlace: Int?
    private var width = 0
    private static var columns: [ConversationColumn] {
        [.started, .ended, .outcome, .conversation, .user, .turns, .exchanges, .failures]
    }

    init(into counter: Counter) { self.counter = counter }

    mutating func take(header: [String]) throws(Fault) {
        places = try CSVHeader.places(of: Self.columns.map(\.rawValue), in: header)
        phasePlace = header.firstIndex(of: ConversationColumn.phase.rawValue)
        width = header.count
    }

    mutating func take(row: borrowing CSVCells, of bytes: Span<UInt8>) -> Bool {
        if row.ranges.count != width { return false }
        var isValid = true
        guard let started = row.number(places[0], of: bytes, isNumber: &isValid),
            let ended = row.number(places[1], of: bytes, isNumber: &isValid),
            let outcome = ConversationOutcome(rawValue: row.text(places[2], of: bytes)),
            var conversation = identity(row, of: bytes)
        else { return false }
        conversation.started = Nanoseconds(started)
        conversation.ended = Nanoseconds(ended)
        conversation.outcome = outcome
        if let phasePlace {
            guard let phase = row.phase(phasePlace, of: bytes) else { return false }
            conversation.phase = phase
        }
        counter.add(conversation)
        return true
    }

    /// Which conversation it was, and what was in it.
    private func identity(_ row: borrowing CSVCells, of bytes: Span<UInt8>) -> ConversationRecord? {
        var isValid = true
        var conversation = ConversationRecord()
        let name = row.text(places[3], of: bytes)
        guard let mark = name.lastIndex(of: "#"),
            let ticket = Int(name[name.index(after: mark)...]),
            let user = row.number(places[4], of: bytes, isNumber: &isValid),
            let turns = row.number(places[5], of: bytes, isNumber: &isValid),
            let exchanges = row.number(places[6], of: bytes, isNumber: &isValid),
            let failures = row.number(places[7], of: bytes, isNumber: &isValid)
        else { return nil }
        conversation.script = String(name[..<mark])
        (conversation.ticket, conversation.user) = (ticket, Int(user))
        (conversation.turns, conversation.exchanges) = (Int(turns), Int(exchanges))
        conversation.failures = Int(failures)
        return conversation
    }
}

/// The first line of a log.
enum CSVHeader {
    /// Where each of the `wanted` columns stands; others are ignored, so newer files can be read.
    static func places(
        of wanted: [String], in header: [String]
    ) throws(Fault) -> [Int] {
        if header.count == 1, let mark = header[0].first(where: { $0 == ";" || $0 == "\t" }) {
            throw Fault(
                "line 1: columns are divided by \(mark == ";" ? "semicolons" : "tabs") here; "
                    + "save it with commas")
        }
        var places: [Int] = []
        for name in wanted {
            guard let place = header.firstIndex(of: name) else {
                throw Fault("line 1: the column \(name) is missing; is this a log of ours?")
            }
            places.append(place)
        }
        return places
    }
}
