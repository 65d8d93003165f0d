import Base
import Networking

/// The operations a script may call. What they need of the session (a user, the bot, a chat) is made
/// first when it is missing; the body of the operation's own response becomes its reply.
extension Botyard {
    func call(
        _ operation: Operation, attaching paths: [String], in session: Session,
        over line: some ChatTransport
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
        in session: Session, over line: some ChatTransport
    ) async throws(ExchangeFailure) {
        session.reset()
        line.cookies = CookieJar()
        _ = try await createUser(in: session, over: line)
    }

    private func callOfBot(
        _ operation: Operation, in session: Session, over line: some ChatTransport
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
        over line: some ChatTransport
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
        _ operation: Operation, in session: Session, over line: some ChatTransport,
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
        _ operation: Operation, in session: Session, over line: some ChatTransport,
        build: (inout ByteBuffer) -> Void
    ) async throws(ExchangeFailure) {
        try await exchange(operation, in: session, over: line, build: build) {
            (body, reception) throws(ExchangeFailure) in
            _ = try readList(body)
            reception.reply.append(body)
        }
    }
}

/// Saying something to a bot and waiting for its reply, as the official web client does.
extension Botyard {
    /// What the service made of an own message.
    struct Sent {
        let id: String
        /// Unix milliseconds by the service's clock.
        let timestamp: Int
    }

    func say(
        _ text: String, attaching paths: [String], in session: Session,
        over line: some ChatTransport
    ) async throws(ExchangeFailure) {
        try await openChat(in: session, over: line)
        let files = try await upload(paths, in: session, over: line)
        let sent = try await send(.say, text, attaching: files, in: session, over: line)
        try await awaitReply(to: sent, in: session, over: line)
    }

    func send(
        _ operation: Operation, _ text: String, attaching files: [String],
        in session: Session, over line: some ChatTransport
    ) async throws(ExchangeFailure) -> Sent {
        let chat = settings["chat"] ?? session.chatID
        return try await exchange(
            operation, prompt: operation == .say ? text : "", in: session, over: line,
            build: {
                routes.writeMessage(text, attaching: files, in: chat, to: &$0, over: line)
            },
            read: { (body, reception) throws(ExchangeFailure) in
                if operation != .say { reception.reply.append(body) }
                return try readSent(body)
            })
    }

    /// The files' ids; nothing is sent when there are none.
    func upload(
        _ paths: [String], in session: Session, over line: some ChatTransport,
        keepingBody: Bool = false
    ) async throws(ExchangeFailure) -> [String] {
        if paths.isEmpty { return [] }
        let form = try Attachment.form(of: paths)
        return try await exchange(
            .filesUpload, in: session, over: line,
            build: { routes.writeUpload(form, to: &$0, over: line) },
            read: { (body, reception) throws(ExchangeFailure) in
                if keepingBody { reception.reply.append(body) }
                return try readList(body).map(\.id)
            })
    }

    /// Polls until the bot's newest message is one that was not there before.
    ///
    /// The service's `since` excludes its own millisecond in production, although documented as
    /// "from which"; looking `overlap` further back finds a reply of the same millisecond, and the
    /// reply before is told from it by its id.
    private func awaitReply(
        to sent: Sent, in session: Session, over line: some ChatTransport
    ) async throws(ExchangeFailure) {
        let (since, overflow) = sent.timestamp.subtractingReportingOverflow(
            polling.overlapMilliseconds)
        let query = MessageQuery(
            chat: settings["chat"] ?? session.chatID, sender: session.botID, page: 1, limit: 1,
            since: overflow ? 0 : max(since, 0))
        for poll in 0..<polling.count {
            try await line.pause(poll == 0 ? polling.first : polling.every)
            let (own, last) = (session.userID, session.lastReply)
            let reply = try await exchange(
                .poll, in: session, over: line,
                build: { routes.writeMessages(query, to: &$0, over: line) },
                read: { (body, reception) throws(ExchangeFailure) in
                    let reply = try readReply(body, from: own, after: last, into: &reception)
                    guard reply != nil || poll + 1 < polling.count else {
                        throw ExchangeFailure(.noReply, "no reply after \(polling.count) polls")
                    }
                    return reply
                })
            if let reply {
                session.lastReply = reply
                return
            }
        }
    }
}

/// One element of a list: a bot, a chat, a command, a file.
struct BotyardEntry: Equatable {
    var id = ""
    var name = ""
}

/// What Botyard's successful responses mean. Unknown fields are ignored, and only what is needed
/// must be there: real message lists, for one, leave out the documented `chatId`.
extension Botyard {
    /// The elements of a list of objects, each with an id.
    func readList(_ body: Span<UInt8>) throws(ExchangeFailure) -> [BotyardEntry] {
        var entries: [BotyardEntry] = []
        var entry = BotyardEntry()
        var isList = false
        try scan(body, listFields) { path, token, _ in
            switch path {
            case 0: isList = token == .beginArray
            case 1:
                entries.append(entry)
                entry = BotyardEntry()
            case 2: entry.id = token.text(in: body)
            default: entry.name = token.text(in: body)
            }
        }
        guard isList, entries.allSatisfy({ !$0.id.isEmpty }) else {
            throw failures.lacking("list of objects with ids", body)
        }
        return entries
    }

    /// The field `name` of an object: a text's content, of anything else that it is there.
    func readObject(_ body: Span<UInt8>, _ name: String) throws(ExchangeFailure) -> String {
        var value: String?
        try scan(body, JSONFields([name].compactMap { JSONPath($0) })) { _, token, _ in
            value = token.text(in: body)
        }
        guard let value, name != "id" || !value.isEmpty else {
            throw failures.lacking(name, body)
        }
        return value
    }

    func readSent(_ body: Span<UInt8>) throws(ExchangeFailure) -> Sent {
        var id = ""
        var timestamp: Int?
        try scan(body, sentFields) { path, token, _ in
            if path == 0 {
                id = token.text(in: body)
            } else if case .number(let digits) = token {
                timestamp = JSONNumber.integer(digits, in: body)
            }
        }
        guard let timestamp, !id.isEmpty else {
            throw failures.lacking("id and timestamp", body)
        }
        return Sent(id: id, timestamp: timestamp)
    }

    /// The id of the bot's newest message, its text put into the reception; nil when the page has
    /// none, or only the reply that was taken before.
    func readReply(
        _ body: Span<UInt8>, from own: String, after last: String, into reception: inout ParsedReply
    ) throws(ExchangeFailure) -> String? {
        var (hasMessages, hasMessage) = (false, false)
        var (id, sender) = ("", "")
        var text: JSONText?
        try scan(body, pageFields) { path, token, _ in
            hasMessage = hasMessage || path > 0
            switch path {
            case 0: hasMessages = token == .beginArray
            case 1: id = token.text(in: body)
            case 2: sender = token.text(in: body)
            default: if case .string(let found) = token { text = found }
            }
        }
        guard hasMessages else { throw failures.lacking("messages", body) }
        guard text != nil || !hasMessage else { throw failures.lacking("text", body) }
        guard let text, id.isEmpty || id != last, sender.isEmpty || sender != own else {
            return nil
        }
        text.append(to: &reception.reply, from: body)
        reception.deliversReply = true
        return id
    }

    private func scan(
        _ body: Span<UInt8>, _ fields: JSONFields, found: (Int, JSONToken, Range<Int>) -> Void
    ) throws(ExchangeFailure) {
        do throws(JSONError) {
            try fields.read(body, found: found)
        } catch {
            throw failures.malformed(error, body)
        }
    }

    /// Bodies as the documentation shows them; a poll's leaves out the message's id, so that every
    /// poll brings a new one.
    package func placeholderReply(
        to operation: Operation, with parameters: [String: String]
    ) -> String {
        let bot = Self.placeholderBot(parameters["bot"] ?? settings["bot"] ?? "Test bot")
        let chat = "01hc7aa947s4fdwywwjqr14wh7"
        let user = "01hc71yz5pny5bmf0b4055zbjw"
        return switch operation {
        case .serviceInfo: #"{"name":"Service name","description":"","socials":[]}"#
        case .botsList: "[\(bot)]"
        case .botsGet: bot
        case .login, .userGet: #"{"id":"\#(user)","nickname":"user"}"#
        case .commandsList: #"[{"id":"01hcjd34adz1va07vk97jfjmgq","alias":"start"}]"#
        case .chatsCreate:
            #"{"id":"\#(chat)","userId":"\#(user)","botId":"01hc76p6ma76qfrs0bfr5x2pry"}"#
        case .chatsList: "[]"
        case .chatsDelete: #"{"message":"Chat deleted."}"#
        case .say, .messagesSend:
            #"{"id":"01hc7akt8z3w2a5ayfcrvkfy52","chatId":"\#(chat)","senderId":"\#(user)","#
                + #""body":"Hello World!","timestamp":1696758105336}"#
        case .poll, .messagesList:
            #"{"chatId":"\#(chat)","total":1,"page":1,"limit":1,"messages":["#
                + #"{"body":"Hello World!","timestamp":1696758105337}]}"#
        case .filesUpload:
            #"[{"id":"01hc79xqtqhd4jtzceyxstxgh7","path":"static/images/f.png","name":"f.png","#
                + #""size":25908,"mimeType":"image/png"}]"#
        }
    }

    private static func placeholderBot(_ name: String) -> String {
        var body = ByteBuffer()
        body.append("{\"id\":\"01hc76p6ma76qfrs0bfr5x2pry\",\"name\":\"")
        body.append(jsonEscaped: name)
        body.append("\"}")
        return body.text
    }
}

extension JSONToken {
    /// The content of a string; nothing for anything else.
    fileprivate func text(in body: Span<UInt8>) -> String {
        if case .string(let text) = self { text.string(in: body) } else { "" }
    }
}
