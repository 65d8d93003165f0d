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
