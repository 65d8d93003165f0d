import Networking

/// What a session needs before it can chat: a user, a bot, a chat.
extension Botyard {
    /// One exchange of a session; notices when the service does not accept it.
    func exchange<Result>(
        _ operation: Operation, prompt: String = "", in session: Session,
        over line: some ChatLine, build: (inout ByteBuffer) -> Void,
        read: (Span<UInt8>, inout Reception) throws(ExchangeFailure) -> Result
    ) async throws(ExchangeFailure) -> Result {
        var status = 0
        defer { if status == 401, !session.userID.isEmpty { session.wasRefused = true } }
        return try await line.exchange(
            operation, prompt: prompt, build: build,
            read: { (head, body, reception) throws(ExchangeFailure) in
                status = head.status
                try failures.checkStatus(head, body)
                return try read(body, &reception)
            })
    }

    /// Logs in unless that was done.
    func logIn(in session: Session, over line: some ChatLine) async throws(ExchangeFailure) {
        if session.userID.isEmpty { _ = try await createUser(in: session, over: line) }
    }

    /// Logs in, which makes a new user every time; what the one before had is gone.
    func createUser(
        in session: Session, over line: some ChatLine
    ) async throws(ExchangeFailure) -> String {
        let nickname = settings["nickname"] ?? Self.nickname(for: session.identity)
        let id = try await exchange(
            .login, in: session, over: line,
            build: { routes.writeLogin(as: nickname, to: &$0, over: line) },
            read: { (body, _) throws(ExchangeFailure) in try readObject(body, "id") })
        session.reset()
        session.userID = id
        return id
    }

    /// Finds the bot's id: the parameter itself when it is one, else by its name or as the first of
    /// the service's list.
    func findBot(
        in session: Session, over line: some ChatLine
    ) async throws(ExchangeFailure) {
        let setting = settings["bot"] ?? ""
        if session.botSetting == setting { return }
        var found = setting
        if !Self.isIdentifier(setting) {
            found = try await exchange(
                .botsList, in: session, over: line,
                build: { routes.writeBots(to: &$0, over: line) },
                read: { (body, _) throws(ExchangeFailure) in
                    try choose(setting, from: readList(body))
                })
        }
        session.botSetting = setting
        if session.botID != found { session.chatID = "" }
        session.botID = found
    }

    private func choose(
        _ name: String, from bots: [BotyardEntry]
    ) throws(ExchangeFailure) -> String {
        if let bot = bots.first(where: { name.isEmpty || $0.name == name }) { return bot.id }
        if bots.isEmpty { throw failures.failure(.serviceError, "the service has no bots") }
        let names = bots.map(\.name)
        let advice =
            nearestName(to: name, among: names).map { "did you mean \($0)?" }
            ?? "it has \(names.joined(separator: ", "))"
        throw failures.failure(.serviceError, "the service has no bot called \(name); \(advice)")
    }

    /// Makes sure of a user, a bot and a chat between them: the first one they have, or a new one.
    func openChat(
        in session: Session, over line: some ChatLine
    ) async throws(ExchangeFailure) {
        try await logIn(in: session, over: line)
        try await findBot(in: session, over: line)
        if !session.chatID.isEmpty || settings["chat"] != nil { return }
        let bot = session.botID
        let chats = try await exchange(
            .chatsList, in: session, over: line,
            build: { routes.writeChats(with: bot, to: &$0, over: line) },
            read: { (body, _) throws(ExchangeFailure) in try readList(body) })
        if let chat = chats.first {
            session.chatID = chat.id
        } else {
            _ = try await createChat(in: session, over: line)
        }
    }

    func createChat(
        in session: Session, over line: some ChatLine, keepingBody: Bool = false
    ) async throws(ExchangeFailure) {
        let bot = session.botID
        session.chatID = try await exchange(
            .chatsCreate, in: session, over: line,
            build: { routes.writeNewChat(with: bot, to: &$0, over: line) },
            read: { (body, reception) throws(ExchangeFailure) in
                if keepingBody { reception.reply.append(body) }
                return try readObject(body, "id")
            })
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

    static func check(nickname: String) throws(SettingComplaint) {
        if 3...32 ~= nickname.utf8.count, nickname.utf8.allSatisfy(isNicknameByte) { return }
        throw SettingComplaint(
            service: .botyard, parameter: "nickname", problem: "is refused: \"\(nickname)\"",
            advice: "use 3 to 32 English letters, digits, blanks and dashes")
    }

    private static func isNicknameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
