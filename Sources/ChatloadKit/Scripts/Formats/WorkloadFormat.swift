import Base

/// What a workload file can be, besides chatload's own.
package enum WorkloadFormat: String, CaseIterable, Sendable {
    case chatload
    case messages
    case batch
    case sharegpt
    case lmsys
    case wildchat
    case oasstMessages = "oasst-messages"
    case oasstThreads = "oasst-threads"
    case oasstTrees = "oasst-trees"
    case har
    case evalscope
    case mooncake
    case azure
    case burstgpt
    case text
    case prompts
    case promptTable = "prompts-csv"
    case aiperf

    /// What people call it.
    package var title: String {
        switch self {
        case .chatload: "chatload script"
        case .messages: "OpenAI messages"
        case .batch: "OpenAI Batch input"
        case .sharegpt: "ShareGPT"
        case .lmsys: "LMSYS-Chat"
        case .wildchat: "WildChat"
        case .oasstMessages: "OASST messages"
        case .oasstThreads: "OASST threads"
        case .oasstTrees: "OASST trees"
        case .har: "HAR capture"
        case .evalscope: "evalscope workload trace"
        case .mooncake: "Mooncake trace"
        case .azure: "Azure LLM inference trace"
        case .burstgpt: "BurstGPT trace"
        case .text: "prompts (text)"
        case .prompts: "prompts (JSON)"
        case .promptTable: "prompts (CSV)"
        case .aiperf: "AIPerf turns"
        }
    }

    /// Whether it tells the sizes of prompts and not their texts, which are made then.
    package var isSized: Bool { self == .azure || self == .burstgpt || self == .mooncake }

    /// Whether its files are tables, whose first line names the columns.
    var isTable: Bool { self == .azure || self == .burstgpt || self == .promptTable }

    /// Whether its ids must differ from each other; elsewhere nobody promised that.
    var hasUniqueIDs: Bool { self == .chatload || self == .batch }
}

/// Reads the elements of one file into conversations.
struct FormatReader: Sendable {
    let format: WorkloadFormat
    let order: ElementOrder
    let table: WorkloadTable?
    let prompts: PromptMaker
    /// The columns of the run's data, which scripts may use as variables.
    let columns: [String]
    /// The earliest time in the file, since 1970 or whatever the format counts from.
    var epoch = Nanoseconds.zero

    /// The conversation that a single element holds, or the given branch of it.
    func conversation(
        in bytes: Span<UInt8>, of element: Element, branch: Int, omitting: inout Omissions
    ) throws(Fault) -> Conversation {
        if format == .chatload {
            let number = order.number(of: element)
            var conversation = try ElementParser.conversation(
                in: bytes, line: number, columns: columns)
            if !conversation.hasOwnID { conversation.id = order.name(of: number) }
            return conversation
        }
        var dialogue = Dialogue()
        try read(bytes, branch: branch, into: &dialogue)
        return try conversation(of: dialogue, beginningAt: element, omitting: &omitting)
    }

    /// Adds an element to a conversation.
    func read(_ bytes: Span<UInt8>, branch: Int = 0, into dialogue: inout Dialogue) throws(Fault) {
        if format == .har { return try dialogue.add(entryIn: bytes) }
        if format == .text { return try dialogue.add(lineOfText: bytes) }
        if format.isSized { return dialogue.sized.append(try sizedTurn(bytes)) }
        if let table { return try table.addPrompt(of: bytes, to: &dialogue) }
        var parser = ElementParser(bytes)
        switch format {
        case .messages: try parser.readMessages(into: &dialogue)
        case .batch: try parser.readBatchRequest(into: &dialogue)
        case .sharegpt: try parser.readShareGPT(into: &dialogue)
        case .lmsys, .wildchat: try parser.readChatLog(into: &dialogue)
        case .oasstMessages: try parser.readOASSTMessage(into: &dialogue)
        case .oasstThreads: try parser.readOASSTThread(into: &dialogue)
        case .oasstTrees: try parser.readOASSTTree(branch: branch, into: &dialogue)
        case .evalscope: try parser.readTracedRequest(into: &dialogue)
        case .prompts: try parser.readPrompt(into: &dialogue)
        case .aiperf: try parser.readTurns(into: &dialogue)
        case .chatload, .har, .mooncake, .azure, .burstgpt, .text, .promptTable:
            preconditionFailure("BUG: \(format) is no transcript")
        }
    }

    /// The request of an element of a trace that tells sizes. An outline has no text.
    func sizedTurn(_ bytes: Span<UInt8>, isOutline: Bool = false) throws(Fault) -> SizedTurn {
        if let table { return try table.row(bytes) }
        var parser = ElementParser(bytes)
        return try parser.sizedTurn(isOutline: isOutline)
    }

    /// The conversation that all its elements make.
    func conversation(
        of dialogue: Dialogue, beginningAt element: Element, omitting: inout Omissions
    ) throws(Fault) -> Conversation {
        var dialogue = dialogue
        dialogue.speak(by: prompts, row: element.ordinal)
        omitting.add(dialogue.omissions)
        return try dialogue.conversation(number: order.number(of: element), of: order, epoch: epoch)
    }

    /// Every time in a chat log, in a traced request, and in aiperf's turns.
    private static let chatTimes = JSONFields(literal: "timestamp", "conversation.*.timestamp")
    private static let requestTimes = JSONFields(literal: "timestamp")
    private static let turnTimes = JSONFields(literal: "timestamp", "turns.*.timestamp")
    private static let sessions = JSONFields(literal: "session_id")

    /// The earliest time in an element, as a file's epoch wants it.
    func earliestTime(in bytes: Span<UInt8>) -> Nanoseconds? {
        var earliest: Nanoseconds?
        let (fields, unit) =
            switch format {
            case .wildchat: (Self.chatTimes, Nanoseconds.seconds(1))
            case .aiperf: (Self.turnTimes, .milliseconds(1))
            default: (Self.requestTimes, .seconds(1))
            }
        try? fields.read(bytes) { _, token, range in
            let time =
                switch token {
                case .string: UTCTime.parse(range, in: bytes)
                case .number: UTCTime.parse(number: range, unit: unit, in: bytes)
                default: Nanoseconds?.none
                }
            if let time { earliest = min(earliest ?? time, time) }
        }
        return earliest
    }

    /// The conversation that an element of aiperf's belongs to, as a hash; nil when it is one of its
    /// own.
    static func session(in bytes: Span<UInt8>) -> UInt64? {
        var session: UInt64?
        try? sessions.read(bytes) { _, token, range in
            switch token {
            case .string, .number: session = FNV1a.hash(ofWords: bytes.extracting(range))
            default: break
            }
        }
        return session
    }
}
