/// What a request asks of Botyard, by its method and path.
enum BotyardCall {
    case serviceInfo
    case bots
    case bot(String)
    case commands(String)
    case createUser
    case currentUser
    case createChat
    case chats
    case deleteChat(String)
    case send
    case messages(String)
    case upload
    case file(String)
    case webClient
    case botAPI([String])
    case adminAPI([String])
    /// The path is known and the method is not.
    case wrongMethod
    case unknown

    init(_ request: borrowing Request) {
        let path = request.text(request.path)
        let segments = path.split(separator: "/").map(String.init)
        switch segments.first {
        case "v1" where segments.count >= 3:
            let rest = Array(segments.dropFirst(2))
            switch segments[1].lowercased() {
            case "client-api": self = Self.client(rest, request)
            case "bot-api": self = .botAPI(rest)
            case "admin-api": self = .adminAPI(rest)
            default: self = request.isGet ? .webClient : .unknown
            }
        case "static" where request.isGet && segments.count == 3:
            self = .file(segments.joined(separator: "/"))
        default: self = request.isGet ? .webClient : .unknown
        }
    }

    private static func client(_ path: [String], _ request: borrowing Request) -> BotyardCall {
        let isGet = request.isGet
        let method = request.method
        switch (path.count, path[0]) {
        case (1, "service-info"): return isGet ? .serviceInfo : .wrongMethod
        case (1, "bots"): return isGet ? .bots : .wrongMethod
        case (2, "bot"): return isGet ? .bot(path[1]) : .wrongMethod
        case (3, "bot") where path[2] == "commands":
            return isGet ? .commands(path[1]) : .wrongMethod
        case (1, "user"): return method == .post ? .createUser : isGet ? .currentUser : .wrongMethod
        case (1, "chat"): return method == .post ? .createChat : .wrongMethod
        case (1, "chats"): return isGet ? .chats : .wrongMethod
        case (2, "chat") where path[1] == "message" && method == .post: return .send
        case (2, "chat"): return method == .delete ? .deleteChat(path[1]) : .wrongMethod
        case (3, "chat") where path[2] == "messages":
            return isGet ? .messages(path[1]) : .wrongMethod
        case (1, "files"): return method == .post ? .upload : .wrongMethod
        default: return isGet ? .webClient : .unknown
        }
    }

    /// What the request is counted as.
    var route: Route {
        switch self {
        case .serviceInfo: .botyardServiceInfo
        case .bots: .botyardBots
        case .bot: .botyardBot
        case .commands: .botyardCommands
        case .createUser: .botyardCreateUser
        case .currentUser: .botyardCurrentUser
        case .createChat: .botyardCreateChat
        case .chats: .botyardChats
        case .deleteChat: .botyardDeleteChat
        case .send: .botyardSend
        case .messages: .botyardMessages
        case .upload: .botyardUpload
        case .file: .botyardStatic
        case .botAPI: .botyardBotAPI
        case .adminAPI: .botyardAdminAPI
        case .webClient, .wrongMethod, .unknown: .botyardOther
        }
    }

    /// What the program says when its database fails; nil where none is asked.
    var failureText: String? {
        switch self {
        case .bots, .bot: "Can't get bot from database."
        case .commands: "Can't get commands from database."
        case .createUser: "Can't save user to database."
        case .currentUser: "Can't get user from database."
        case .createChat: "Can't save chat to database."
        case .chats: "Can't get chats from database."
        case .deleteChat: "Can't delete chat from database."
        case .send: "Can't save message to database."
        case .messages: "Can't get messages from database."
        case .upload: "Can't save file to database."
        default: nil
        }
    }
}
