import Networking

/// The operations a script may call. What they need of the session (a user, the bot, a chat) is made
/// first when it is missing; the body of the operation's own response becomes its reply.
extension Botyard {
    func call(
        _ operation: Operation, attaching paths: [String], in session: Session,
        over line: some ChatLine
    ) async throws(ExchangeFailure) {
        switch operation {
        case .serviceInfo:
            try await request(operation, in: session, over: line, requiring: "name") {
                routes.writeServiceInfo(to: &$0, over: line)
            }
        case .botsList:
            try await listing(operation, in: session, over: line) {
                routes.writeBots(to: &$0, over: line)
            }
        case .login: try await callLogin(in: session, over: line)
        case .userGet:
            try await logIn(in: session, over: line)
            try await request(operation, in: session, over: line, requiring: "id") {
                routes.writeUser(to: &$0, over: line)
            }
        case .filesUpload:
            try await logIn(in: session, over: line)
            _ = try await upload(paths, in: session, over: line, keepingBody: true)
        case .botsGet, .commandsList, .chatsCreate, .chatsList:
            try await callOfBot(operation, in: session, over: line)
        case .chatsDelete, .messagesSend, .messagesList:
            try await callOfChat(operation, attaching: paths, in: session, over: line)
        case .say, .poll:
            throw ExchangeFailure(.script, "botyard cannot be called for \(operation.rawValue)")
        }
    }

    private func callLogin(
        in session: Session, over line: some ChatLine
    ) async throws(ExchangeFailure) {
        session.reset()
        line.cookies = CookieJar()
        _ = try await createUser(in: session, over: line)
    }

    private func callOfBot(
        _ operation: Operation, in session: Session, over line: some ChatLine
    ) async throws(ExchangeFailure) {
        if operation != .botsGet { try await logIn(in: session, over: line) }
        try await findBot(in: session, over: line)
        let bot = session.botID
        switch operation {
        case .botsGet:
            try await request(operation, in: session, over: line, requiring: "id") {
                routes.writeBot(bot, to: &$0, over: line)
            }
        case .commandsList:
            try await listing(operation, in: session, over: line) {
                routes.writeCommands(of: bot, to: &$0, over: line)
            }
        case .chatsList:
            try await listing(operation, in: session, over: line) {
                routes.writeChats(with: bot, to: &$0, over: line)
            }
        default: try await createChat(in: session, over: line, keepingBody: true)
        }
    }

    private func callOfChat(
        _ operation: Operation, attaching paths: [String], in session: Session,
        over line: some ChatLine
    ) async throws(ExchangeFailure) {
        try await openChat(in: session, over: line)
        let chat = settings["chat"] ?? session.chatID
        switch operation {
        case .chatsDelete:
            try await request(operation, in: session, over: line, requiring: "$") {
                routes.writeDelete(chat: chat, to: &$0, over: line)
            }
            if chat == session.chatID { session.chatID = "" }
        case .messagesSend:
            let files = try await upload(paths, in: session, over: line)
            _ = try await send(
                operation, settings["body"] ?? "", attaching: files, in: session, over: line)
        default:
            let query = try query(of: chat, bot: session.botID)
            try await request(operation, in: session, over: line, requiring: "messages") {
                routes.writeMessages(query, to: &$0, over: line)
            }
        }
    }

    private func query(of chat: String, bot: String) throws(ExchangeFailure) -> MessageQuery {
        let sender = settings["sender_id"]
        do throws(SettingComplaint) {
            return MessageQuery(
                chat: chat, sender: sender == "bot" ? bot : sender,
                page: try settings.number("page", in: 1...Int(Int32.max)),
                limit: try settings.number("limit", in: 1...Int(Int32.max)),
                since: try settings.number("since", in: 0...Int.max))
        } catch {
            throw ExchangeFailure(.script, error.description)
        }
    }

    /// An exchange whose response is an object with the field `name`; `$` for any JSON.
    private func request(
        _ operation: Operation, in session: Session, over line: some ChatLine,
        requiring name: String, build: (inout ByteBuffer) -> Void
    ) async throws(ExchangeFailure) {
        try await exchange(operation, in: session, over: line, build: build) {
            (body, reception) throws(ExchangeFailure) in
            _ = try readObject(body, name)
            reception.reply.append(body)
        }
    }

    /// An exchange whose response is a list of objects with ids.
    private func listing(
        _ operation: Operation, in session: Session, over line: some ChatLine,
        build: (inout ByteBuffer) -> Void
    ) async throws(ExchangeFailure) {
        try await exchange(operation, in: session, over: line, build: build) {
            (body, reception) throws(ExchangeFailure) in
            _ = try readList(body)
            reception.reply.append(body)
        }
    }
}
