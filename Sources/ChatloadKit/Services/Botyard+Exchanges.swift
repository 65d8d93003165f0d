import Base
import Networking

/// The exchanges of a session: what it needs before it can chat (a user, a bot, a chat), and what
/// more than one kind of turn sends.
extension Botyard {
    /// One exchange of a session; notices when the service does not accept it.
    func exchange(
        _ step: Step, prompt: String = "", in session: Session,
        over transport: any ChatTransport, build: (inout ByteBuffer) -> Void,
        read: (Span<UInt8>, inout ParsedReply) throws(ExchangeFailure) -> Void
    ) async throws(ExchangeFailure) {
        var status = 0
        defer { if status == 401, !session.userID.isEmpty { session.wasRefused = true } }
        try await transport.exchange(
            ServiceStep(step.rawValue), prompt: prompt, stream: nil, build: build,
            read: { (head, body, reply) throws(ExchangeFailure) in
                status = head.status
                try failures.checkStatus(head, body)
                try read(body, &reply)
            })
    }

    /// Logs in unless that was done.
    func logIn(
        in session: Session, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        if session.userID.isEmpty { try await createUser(in: session, over: transport) }
    }

    /// Logs in, which makes a new user every time; what the one before had is gone.
    func createUser(
        in session: Session, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        let nickname =
            setup.settings["nickname"] ?? Self.nickname(for: session.conversation.identity)
        var id = ""
        try await exchange(
            .login, in: session, over: transport,
            build: { routes.postUser(nickname, to: &$0, over: transport) },
            read: { (body, _) throws(ExchangeFailure) in id = try readObject(body, "id") })
        session.reset()
        session.userID = id
    }

    /// Finds the bot's id: the parameter itself when it is one, else by its name or as the first of
    /// the service's list.
    func findBot(
        in session: Session, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        let setting = setup.settings["bot"] ?? ""
        if session.botSetting == setting { return }
        var found = setting
        if !Self.isIdentifier(setting) {
            try await exchange(
                .botsList, in: session, over: transport,
                build: { routes.get("bots", to: &$0, over: transport) },
                read: { (body, _) throws(ExchangeFailure) in
                    found = try choose(setting, from: readList(body))
                })
        }
        session.botSetting = setting
        if session.botID != found { session.chatID = "" }
        session.botID = found
    }

    private func choose(_ name: String, from bots: [Entry]) throws(ExchangeFailure) -> String {
        if let bot = bots.first(where: { name.isEmpty || $0.name == name }) { return bot.id }
        if bots.isEmpty { throw ExchangeFailure(.serviceError, "the service has no bots") }
        let names = bots.map(\.name)
        let advice =
            nearestName(to: name, among: names).map { "did you mean \($0)?" }
            ?? "it has \(names.joined(separator: ", "))"
        throw ExchangeFailure(.serviceError, "the service has no bot called \(name); \(advice)")
    }

    /// Makes sure of a user, a bot and a chat between them: the first one they have, or a new one.
    func openChat(
        in session: Session, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        try await logIn(in: session, over: transport)
        try await findBot(in: session, over: transport)
        if !chat(of: session).isEmpty { return }
        let bot = session.botID
        try await exchange(
            .chatsList, in: session, over: transport,
            build: { routes.get("chats?bot_id=", bot, to: &$0, over: transport) },
            read: { (body, _) throws(ExchangeFailure) in
                session.chatID = try readList(body).first?.id ?? ""
            })
        if session.chatID.isEmpty { try await createChat(in: session, over: transport) }
    }

    func createChat(
        in session: Session, over transport: any ChatTransport, keepingBody: Bool = false
    ) async throws(ExchangeFailure) {
        let bot = session.botID
        try await exchange(
            .chatsCreate, in: session, over: transport,
            build: { routes.postChat(with: bot, to: &$0, over: transport) },
            read: { (body, reply) throws(ExchangeFailure) in
                if keepingBody { reply.text.append(body) }
                session.chatID = try readObject(body, "id")
            })
    }

    /// The chat that is set, else the session's own.
    func chat(of session: Session) -> String { setup.settings["chat"] ?? session.chatID }

    /// Sends a message.
    ///
    /// - Returns: when the service got it: Unix milliseconds by its clock.
    func send(
        _ step: Step, _ text: String, attaching files: [String], in session: Session,
        over transport: any ChatTransport
    ) async throws(ExchangeFailure) -> Int {
        let chat = chat(of: session)
        var timestamp = 0
        try await exchange(
            step, prompt: step == .say ? text : "", in: session, over: transport,
            build: {
                routes.postMessage(text, attaching: files, in: chat, to: &$0, over: transport)
            },
            read: { (body, reply) throws(ExchangeFailure) in
                if step != .say { reply.text.append(body) }
                timestamp = try readSent(body)
            })
        return timestamp
    }

    /// The files' ids; nothing is sent when there are none.
    func upload(
        _ paths: [String], in session: Session, over transport: any ChatTransport,
        keepingBody: Bool = false
    ) async throws(ExchangeFailure) -> [String] {
        if paths.isEmpty { return [] }
        let form = try Attachment.form(of: paths)
        var files: [String] = []
        try await exchange(
            .filesUpload, in: session, over: transport,
            build: { routes.post(form, to: &$0, over: transport) },
            read: { (body, reply) throws(ExchangeFailure) in
                if keepingBody { reply.text.append(body) }
                files = try readList(body).map(\.id)
            })
        return files
    }

    /// Whether a text is an id: a ULID, 26 characters of Crockford's base 32.
    static func isIdentifier(_ text: String) -> Bool {
        text.utf8.count == 26
            && text.lowercased().utf8.allSatisfy {
                "0123456789abcdefghjkmnpqrstvwxyz".utf8.contains($0)
            }
    }

    /// A nickname the service takes for any user: letters, digits, blanks and dashes, 3 to 32.
    static func nickname(for identity: String) -> String {
        let letters = identity.utf8.map { isNicknameByte($0) ? $0 : UInt8(ascii: "-") }
        let name = String(decoding: letters.prefix(32), as: UTF8.self)
        return name.utf8.count < 3 ? "user " + name : name
    }

    static func isNickname(_ text: String) -> Bool {
        3...32 ~= text.utf8.count && text.utf8.allSatisfy(isNicknameByte)
    }

    private static func isNicknameByte(_ byte: UInt8) -> Bool {
        byte.isASCIILetterOrDigit || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-")
    }
}

/// What Botyard's successful responses mean. Unknown fields are ignored, and only what is needed
/// must be there: real message lists, for one, leave out the documented `chatId`.
extension Botyard {
    /// One element of a list: a bot, a chat, a command, a file.
    private typealias Entry = (id: String, name: String)

    private static let listFields = JSONFields(literal: "$", "*", "*.id", "*.name")
    private static let sentFields = JSONFields(literal: "id", "timestamp")
    private static let pageFields = JSONFields(
        literal: "messages", "messages.0.id", "messages.0.senderId", "messages.0.body")

    /// Makes sure that a response to a call has what the call is for.
    func check(_ body: Span<UInt8>, of step: Step) throws(ExchangeFailure) {
        switch step {
        case .serviceInfo: _ = try readObject(body, "name")
        case .userGet, .botsGet: _ = try readObject(body, "id")
        case .chatsDelete: _ = try readObject(body, "$")
        case .messagesList: _ = try readObject(body, "messages")
        default: _ = try readList(body)
        }
    }

    /// The elements of a list of objects, each with an id.
    private func readList(_ body: Span<UInt8>) throws(ExchangeFailure) -> [Entry] {
        var entries: [Entry] = []
        var entry: Entry = ("", "")
        var isList = false
        try scan(body, Self.listFields) { path, token, _ in
            switch path {
            case 0: isList = token == .beginArray
            case 1:
                entries.append(entry)
                entry = ("", "")
            case 2: entry.id = token.text(in: body)
            default: entry.name = token.text(in: body)
            }
        }
        guard isList, entries.allSatisfy({ !$0.id.isEmpty }) else {
            throw ErrorBodyReader.lacking("list of objects with ids", body)
        }
        return entries
    }

    /// The field `name` of an object: a text's content, of anything else that it is there.
    private func readObject(_ body: Span<UInt8>, _ name: String) throws(ExchangeFailure) -> String {
        var value: String?
        try scan(body, JSONFields([name].compactMap { JSONPath($0) })) { _, token, _ in
            value = token.text(in: body)
        }
        guard let value, name != "id" || !value.isEmpty else {
            throw ErrorBodyReader.lacking(name, body)
        }
        return value
    }

    /// When an own message was sent: Unix milliseconds by the service's clock.
    private func readSent(_ body: Span<UInt8>) throws(ExchangeFailure) -> Int {
        var id = ""
        var timestamp: Int?
        try scan(body, Self.sentFields) { path, token, _ in
            if path == 0 {
                id = token.text(in: body)
            } else if case .number(let digits) = token {
                timestamp = JSONNumber.integer(digits, in: body)
            }
        }
        guard let timestamp, !id.isEmpty else {
            throw ErrorBodyReader.lacking("id and timestamp", body)
        }
        return timestamp
    }

    /// The id of the bot's newest message, its text put into the reply; nil when the page has
    /// none, or only the reply that was taken before.
    func readReply(
        _ body: Span<UInt8>, from own: String, after last: String, into reply: inout ParsedReply
    ) throws(ExchangeFailure) -> String? {
        var (hasMessages, hasMessage) = (false, false)
        var (id, sender) = ("", "")
        var text: JSONText?
        try scan(body, Self.pageFields) { path, token, _ in
            hasMessage = hasMessage || path > 0
            switch path {
            case 0: hasMessages = token == .beginArray
            case 1: id = token.text(in: body)
            case 2: sender = token.text(in: body)
            default: if case .string(let found) = token { text = found }
            }
        }
        guard hasMessages else { throw ErrorBodyReader.lacking("messages", body) }
        guard text != nil || !hasMessage else { throw ErrorBodyReader.lacking("text", body) }
        guard let text, id.isEmpty || id != last, sender.isEmpty || sender != own else {
            return nil
        }
        text.append(to: &reply.text, from: body)
        reply.deliversReply = true
        return id
    }

    private func scan(
        _ body: Span<UInt8>, _ fields: JSONFields, found: (Int, JSONToken, Range<Int>) -> Void
    ) throws(ExchangeFailure) {
        do throws(JSONError) {
            try fields.read(body, found: found)
        } catch {
            throw ErrorBodyReader.malformed(error, body)
        }
    }

    /// Bodies as the documentation shows them; a poll's leaves out the message's id, so that every
    /// poll brings a new one.
    func placeholderReply(to step: ServiceStep, with parameters: [String: String]) -> String {
        let bot = Self.placeholderBot(parameters["bot"] ?? setup.settings["bot"] ?? "Test bot")
        let chat = "01hc7aa947s4fdwywwjqr14wh7"
        let user = "01hc71yz5pny5bmf0b4055zbjw"
        return switch Step(rawValue: step.index) {
        case .serviceInfo: #"{"name":"Service name","description":"","socials":[]}"#
        case .botsList: "[\(bot)]"
        case .botsGet: bot
        case .login, .userGet: #"{"id":"\#(user)","nickname":"user"}"#
        case .commandsList: #"[{"id":"01hcjd34adz1va07vk97jfjmgq","alias":"start"}]"#
        case .chatsCreate:
            #"{"id":"\#(chat)","userId":"\#(user)","botId":"01hc76p6ma76qfrs0bfr5x2pry"}"#
        case .chatsList: "[]"
        case .chatsDelete: #"{"message":"Chat deleted."}"#
        case .say, .messagesSend, nil:
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
        body.append {
            $0.append("id", "01hc76p6ma76qfrs0bfr5x2pry")
            $0.append("name", name)
        }
        return body.text
    }
}

extension JSONToken {
    /// The content of a string; nothing for anything else.
    fileprivate func text(in body: Span<UInt8>) -> String {
        if case .string(let text) = self { text.string(in: body) } else { "" }
    }
}
