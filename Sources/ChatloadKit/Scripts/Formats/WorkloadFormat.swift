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
        }
    }

    /// Whether it tells the sizes of prompts and not their texts, which are made then.
    package var isSized: Bool { self == .azure || self == .burstgpt || self == .mooncake }

    /// Whether its files are tables, whose first line names the columns.
    var isTable: Bool { self == .azure || self == .burstgpt }

    /// Whether its ids must differ from each other; elsewhere nobody promised that.
    var hasUniqueIDs: Bool { self == .chatload || self == .batch }
}

/// Reads the elements of one file into conversations.
struct FormatReader: Sendable {
    let format: WorkloadFormat
    let order: ElementOrder
    let table: TraceTable?
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
            var conversation = try ScriptParser.conversation(
                in: bytes, line: number, columns: columns)
            if !conversation.hasOwnID { conversation.id = order.name(of: number) }
            return conversation
        }
        var part = Part()
        try read(bytes, of: element, branch: branch, into: &part)
        return try conversation(of: part, beginningAt: element, omitting: &omitting)
    }

    /// A conversation while it is put together out of its elements.
    struct Part {
        var dialogue = Dialogue()
        var sized = SizedDialogue()
        /// When the element before was answered.
        var clock: Nanoseconds?
    }

    /// Adds an element to a conversation.
    func read(
        _ bytes: Span<UInt8>, of element: Element, branch: Int = 0, into part: inout Part
    ) throws(Fault) {
        switch format {
        case .chatload: preconditionFailure("BUG: a script is no part of a conversation")
        case .messages: try MessagesFormat.read(bytes, into: &part.dialogue)
        case .batch: try BatchFormat.read(bytes, into: &part.dialogue)
        case .sharegpt: try ShareGPTFormat.read(bytes, into: &part.dialogue)
        case .lmsys, .wildchat: try ChatLogFormat.read(bytes, into: &part.dialogue)
        case .oasstMessages: try OASSTFormat.readMessage(bytes, into: &part.dialogue)
        case .oasstThreads: try OASSTFormat.readThread(bytes, into: &part.dialogue)
        case .oasstTrees:
            try OASSTFormat.readTree(bytes, branch: branch, into: &part.dialogue)
        case .har: try HARFormat.read(bytes, into: &part.dialogue, clock: &part.clock)
        case .evalscope: try EvalscopeFormat.read(bytes, into: &part.dialogue)
        case .mooncake, .azure, .burstgpt: part.sized.add(try sizedTurn(bytes))
        }
    }

    /// The request of an element of a trace that tells sizes. An outline has no text.
    func sizedTurn(_ bytes: Span<UInt8>, isOutline: Bool = false) throws(Fault) -> SizedTurn {
        guard let table else { return try MooncakeFormat.row(bytes, isOutline: isOutline) }
        return try table.row(bytes)
    }

    /// The conversation that all its elements make.
    func conversation(
        of part: Part, beginningAt element: Element, omitting: inout Omissions
    ) throws(Fault) -> Conversation {
        var dialogue = part.dialogue
        part.sized.speak(by: prompts, row: element.ordinal, into: &dialogue)
        omitting.add(dialogue.omissions)
        return try dialogue.conversation(
            number: order.number(of: element), of: order, epoch: epoch)
    }

    /// The earliest time in an element, as a file's epoch wants it.
    func earliestTime(in bytes: Span<UInt8>) -> Nanoseconds? {
        let fields: JSONFields
        switch format {
        case .wildchat: fields = ChatLogFormat.times
        case .evalscope: fields = EvalscopeFormat.times
        default: return nil
        }
        var earliest: Nanoseconds?
        try? fields.read(bytes) { _, token, range in
            let time =
                switch token {
                case .string: UTCTime.parse(range, in: bytes)
                case .number: UTCTime.parse(number: range, unit: .seconds(1), in: bytes)
                default: Nanoseconds?.none
                }
            if let time { earliest = min(earliest ?? time, time) }
        }
        return earliest
    }
}
