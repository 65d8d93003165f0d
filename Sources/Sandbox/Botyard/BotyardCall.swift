import Base
import Networking

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

/// What the JSON bodies of Botyard's routes can hold, read as Go's decoder does: keys in any case,
/// unknown ones ignored, `null` the same as absent, the last of several counts.
struct BotyardBody {
    var nickname = ""
    var botID = ""
    var chatID = ""
    var text: [UInt8] = []
    var attachmentIDs: [String] = []
    var name: String?
    var description: String?
    var avatar: String?

    /// Reads the request's body.
    ///
    /// - Throws: 400 with the decoder's words, or with the framework's for a body of another type.
    init(of request: borrowing Request) throws(BotyardError) {
        let type = request.text(request.fields.contentType)?.lowercased() ?? ""
        if type.hasPrefix("application/x-www-form-urlencoded")
            || type.hasPrefix("multipart/form-data")
        {
            return
        }
        guard type.hasPrefix("application/json") else {
            throw BotyardError(400, "Unprocessable Entity")
        }
        let body = request.bodyBytes.span.extracting(request.body)
        do {
            try read(body)
        } catch let error as JSONError {
            throw Self.goError(error, body)
        } catch let error as BotyardError {
            throw error
        } catch {
            throw BotyardError(400, "Bad Request")
        }
    }

    private mutating func read(_ body: Span<UInt8>) throws {
        var scanner = JSONScanner()
        // The decoder checks the whole text before it assigns anything.
        try scanner.skipValue(in: body)
        guard try scanner.next(in: body) == .end else { return }
        scanner = JSONScanner()
        let first = try scanner.next(in: body)
        if first == .null { return }
        guard first == .beginObject else {
            throw Self.mismatch(first, target: "value of type handlers.body")
        }
        while case .key(let key) = try scanner.next(in: body) {
            try readMember(key.string(in: body).lowercased(), body, &scanner)
        }
    }

    private mutating func readMember(
        _ key: String, _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws {
        switch key {
        case "nickname": nickname = try Self.text(key, body, &scanner) ?? nickname
        case "botid": botID = try Self.text("botId", body, &scanner) ?? botID
        case "chatid": chatID = try Self.text("chatId", body, &scanner) ?? chatID
        case "body": text = try Self.text(key, body, &scanner).map { Array($0.utf8) } ?? text
        case "name": name = try Self.text(key, body, &scanner) ?? name
        case "description": description = try Self.text(key, body, &scanner) ?? description
        case "avatar": avatar = try Self.text(key, body, &scanner) ?? avatar
        case "attachmentids": try readAttachments(body, &scanner)
        default: try scanner.skipValue(in: body)
        }
    }

    private mutating func readAttachments(
        _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws {
        let first = try scanner.next(in: body)
        attachmentIDs = []
        if first == .null { return }
        guard first == .beginArray else { throw Self.mismatch(first, field: "attachmentIds") }
        while true {
            switch try scanner.next(in: body) {
            case .endArray: return
            case .string(let text): attachmentIDs.append(text.string(in: body))
            case .null: attachmentIDs.append("")
            case let token: throw Self.mismatch(token, field: "attachmentIds")
            }
        }
    }

    /// A text member's value; nil for null.
    private static func text(
        _ field: String, _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws -> String? {
        switch try scanner.next(in: body) {
        case .string(let text): return text.string(in: body)
        case .null: return nil
        case let token: throw mismatch(token, field: field)
        }
    }

    private static func mismatch(_ token: JSONToken, field: String) -> BotyardError {
        mismatch(token, target: "struct field .\(field) of type string")
    }

    private static func mismatch(_ token: JSONToken, target: String) -> BotyardError {
        let kind =
            switch token {
            case .beginObject: "object"
            case .beginArray: "array"
            case .number: "number"
            case .bool: "bool"
            default: "string"
            }
        return BotyardError(400, "json: cannot unmarshal \(kind) into Go \(target)")
    }

    /// The decoder's words for a text that is not JSON.
    private static func goError(_ error: JSONError, _ body: Span<UInt8>) -> BotyardError {
        guard error.offset < body.count else {
            return BotyardError(400, "unexpected end of JSON input")
        }
        let byte = body[error.offset]
        let character =
            (0x20..<0x7F).contains(byte)
            ? String(UnicodeScalar(byte)) : "\\x" + String(byte, radix: 16)
        return BotyardError(
            400, "invalid character '\(character)' looking for beginning of value")
    }
}
