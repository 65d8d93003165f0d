/// Everything that a request can be counted as.
enum Route: Int, CaseIterable {
    case tamakoChat, tamakoOther, stammerMessage, stammerOther
    case botyardServiceInfo, botyardBots, botyardBot, botyardCommands
    case botyardCreateUser, botyardCurrentUser
    case botyardCreateChat, botyardChats, botyardDeleteChat
    case botyardSend, botyardMessages, botyardUpload, botyardStatic
    case botyardBotAPI, botyardAdminAPI, botyardOther
    case counts, unknown, malformed

    /// The name in `SandboxCounts`.
    var name: String {
        switch self {
        case .tamakoChat: "tamako.chat"
        case .tamakoOther: "tamako.other"
        case .stammerMessage: "stammer.message"
        case .stammerOther: "stammer.other"
        case .botyardServiceInfo: "botyard.service-info"
        case .botyardBots: "botyard.bots.list"
        case .botyardBot: "botyard.bots.get"
        case .botyardCommands: "botyard.bots.commands"
        case .botyardCreateUser: "botyard.users.create"
        case .botyardCurrentUser: "botyard.users.current"
        case .botyardCreateChat: "botyard.chats.create"
        case .botyardChats: "botyard.chats.list"
        case .botyardDeleteChat: "botyard.chats.delete"
        case .botyardSend: "botyard.messages.send"
        case .botyardMessages: "botyard.messages.list"
        case .botyardUpload: "botyard.files.upload"
        case .botyardStatic: "botyard.static"
        case .botyardBotAPI: "botyard.bot-api"
        case .botyardAdminAPI: "botyard.admin-api"
        case .botyardOther: "botyard.other"
        case .counts: "sandbox.counts"
        case .unknown: "unknown"
        case .malformed: "malformed"
        }
    }
}
