import Base
import Networking

/// The bot API, for bots of one's own that poll, and the admin API, which makes them.
extension BotyardService {
    mutating func performBotAPI(
        _ path: [String], _ request: borrowing Request, at now: Nanoseconds,
        into response: inout Response
    ) throws(BotyardError) {
        let index = try authenticateBot(request)
        let bot = store.bots[index]
        switch (request.method, path.count, path[0]) {
        case (.get, 1, "bot"): response.body.append(bot)
        case (.put, 1, "bot"): try updateBot(at: index, request, into: &response)
        case (.get, 2, "bot") where path[1] == "commands":
            response.body.append(array: bot.commands) { $0.append($1) }
        case (.get, 1, "chats"):
            let user = QueryString.value(of: "user_id", in: request) ?? ""
            let chats = ULID(text: user).map {
                store.chats(of: $0, bot: bot.id.text)
            }
            response.body.append(array: chats ?? []) { $0.append($1) }
        case (.get, 3, "chat") where path[2] == "messages":
            try listMessages(try chat(path[1], of: bot), request, at: now, into: &response)
        case (.post, 2, "chat") where path[1] == "message":
            let body = try BotyardBody(of: request)
            let chat = try chat(body.chatID, of: bot)
            let message = try addMessage(body, to: chat, isFromBot: true, at: now)
            response.status = 201
            response.body.append(message, of: chat, files: store.files, showsChat: true)
        case (.post, 1, "files"): try upload(request, into: &response)
        case (.get, 2, "bot") where path[1] == "webhook":
            throw BotyardError(404, "Webhook not found.")
        default: throw BotyardError(404, "Cannot \(request.text(request.methodText)) here")
        }
    }

    mutating func performAdminAPI(
        _ path: [String], _ request: borrowing Request, into response: inout Response
    ) throws(BotyardError) {
        guard let header = request.fields.authorization, !header.isEmpty else {
            throw BotyardError(403, "Admin key is required.")
        }
        let key = request.bytes.span.extracting(header)
        guard settings.credentials.takesBotyardAdmin(key) else {
            throw BotyardError(403, "Access denied.")
        }
        switch (request.method, path.count, path[0]) {
        case (.post, 1, "bot"): try createBot(request, into: &response)
        case (.delete, 2, "bot"):
            store.removeBot(at: try botIndex(path[1]))
            response.body.append(message: "Bot deleted.")
        case (.get, 3, "bot") where path[2] == "key", (.put, 3, "bot") where path[2] == "key":
            let index = try botIndex(path[1])
            if request.method == .put {
                let token = store.makeID().bytes
                store.updateBot(at: index) { $0.token = token }
            }
            response.body.append { $0.append("key", keyOf: store.bots[index]) }
        case (.put, 1, "config"): response.body.append(message: "Config reloaded.")
        default: throw BotyardError(404, "Cannot \(request.text(request.methodText)) here")
        }
    }

    private mutating func createBot(
        _ request: borrowing Request, into response: inout Response
    ) throws(BotyardError) {
        let body = try BotyardBody(of: request)
        let bot = try store.addBot(
            name: body.name ?? "", description: body.description ?? "", avatar: body.avatar ?? "")
        response.status = 201
        response.body.append {
            $0.append(key: "bot")
            $0.append(bot)
            $0.append("key", keyOf: bot)
        }
    }

    private mutating func updateBot(
        at index: Int, _ request: borrowing Request, into response: inout Response
    ) throws(BotyardError) {
        let body = try BotyardBody(of: request)
        if let name = body.name, name != store.bots[index].name { try store.checkBotName(name) }
        store.updateBot(at: index) { bot in
            bot.name = body.name ?? bot.name
            bot.description = body.description ?? bot.description
            bot.avatar = body.avatar ?? bot.avatar
        }
        response.body.append(store.bots[index])
    }

    private func botIndex(_ id: String) throws(BotyardError) -> Int {
        guard let index = store.botIndex(id) else { throw BotyardError(404, "Bot not found.") }
        return index
    }

    /// Which bot the header `Authorization: <botId>:<token>` stands for.
    private func authenticateBot(_ request: borrowing Request) throws(BotyardError) -> Int {
        guard let header = request.fields.authorization, !header.isEmpty else {
            throw BotyardError(403, "Bot key is required.")
        }
        let key = request.bytes[header]
        let colon = header.lowerBound + 26
        guard key.count == 53, request.bytes[colon] == UInt8(ascii: ":"),
            let index = store.botIndex(String(decoding: key.prefix(26), as: UTF8.self))
        else { throw BotyardError(403, "Invalid bot key.") }
        let given = Array(key.suffix(26))
        let valid = store.bots[index].token
        guard valid.span.isEqualInConstantTime(to: given.span) else {
            throw BotyardError(403, "Invalid bot key.")
        }
        return index
    }

    private func chat(_ id: String, of bot: BotyardBot) throws(BotyardError) -> BotyardChat {
        guard let chat = ULID(text: id).flatMap({ store.chat($0) }) else {
            throw BotyardError(404, "Chat not found.")
        }
        guard chat.bot == bot.id.text else {
            throw BotyardError(403, "Chat is not related to current bot.")
        }
        return chat
    }
}

extension ByteBuffer {
    /// Appends a member with a bot's key.
    fileprivate mutating func append(_ name: String, keyOf bot: BotyardBot) {
        append(name, bot.id.text + ":" + String(decoding: bot.token, as: UTF8.self))
    }
}
