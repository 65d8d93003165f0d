import Base
import Networking

/// The Botyard Client API: users log in with a nickname and keep a cookie, chat with one bot, and
/// poll for its replies, since no response brings them.
///
/// A class, so that a turn's use of it costs one reference count and not one for every field.
package final class Botyard: ChatService {
    static let parameters = [
        ServiceParameter(
            "bot", aliases: ["bot_name", "bot_id"],
            "the bot's id or name; the first the service lists when not set"),
        ServiceParameter("nickname", "the name to log in with; made from the user when not set"),
        ServiceParameter("poll_first", "from a message to the first poll", default: "500ms"),
        ServiceParameter("poll_every", "from one poll to the next", default: "1s"),
        ServiceParameter("polls", "how often to poll before giving up", default: "10"),
        ServiceParameter(
            "overlap",
            "how far before the own message polls look; 0 misses replies within its "
                + "millisecond, as the official client does", default: "1ms"),
        ServiceParameter(
            "chat", "chats.delete, messages.*: the chat's id, when not the user's own"),
        ServiceParameter("body", "messages.send: the text"),
        ServiceParameter("page", "messages.list: which page, from 1 (the newest)"),
        ServiceParameter("limit", "messages.list: how many messages a page"),
        ServiceParameter("sender_id", "messages.list: only this sender's; `bot` is the bot"),
        ServiceParameter("since", "messages.list: only from this time, in Unix milliseconds"),
    ]

    /// How the official web client polls, or as set.
    struct Polling: Sendable {
        let first: Nanoseconds
        let every: Nanoseconds
        let count: Int
        let overlapMilliseconds: Int
    }

    /// What one simulated user's session consists of, besides the cookies, which are the line's.
    package final class Session {
        let identity: String
        /// Empty until logged in.
        var userID = ""
        /// The `bot` parameter that `botID` was found for.
        var botSetting: String?
        var botID = ""
        /// Empty until a chat with the bot is open.
        var chatID = ""
        /// The bot's message that was last taken for a reply.
        var lastReply = ""
        /// Whether the service answered a logged-in user with 401.
        var wasRefused = false
        let tuned = OverrideCache<Botyard>()

        init(identity: String) { self.identity = identity }

        /// Forgets everything but the identity: the user has to log in again.
        func reset() {
            userID = ""
            botSetting = nil
            botID = ""
            chatID = ""
            lastReply = ""
            wasRefused = false
        }
    }

    let settings: ServiceSettings
    let address: ServiceAddress
    package let secrets: Secrets
    let failures: ErrorBodyReader
    let listFields = JSONFields(literal: "$", "*", "*.id", "*.name")
    let sentFields = JSONFields(literal: "id", "timestamp")
    let pageFields = JSONFields(
        literal: "messages", "messages.0.id", "messages.0.senderId", "messages.0.body")
    let polling: Polling
    let routes: BotyardRoutes

    convenience init(_ settings: ServiceSettings, at address: ServiceAddress)
        throws(SettingComplaint)
    {
        let secrets = Secrets(settings.secretValues + address.secretValues)
        try self.init(settings, at: address, secrets: secrets, routes: BotyardRoutes(at: address))
    }

    private init(
        _ settings: ServiceSettings, at address: ServiceAddress, secrets: Secrets,
        routes: BotyardRoutes
    ) throws(SettingComplaint) {
        self.settings = settings
        self.address = address
        self.secrets = secrets
        self.routes = routes
        failures = ErrorBodyReader(fields: JSONFields(literal: "message"))
        let overlap = try settings.duration("overlap").count / 1_000_000
        polling = Polling(
            first: try settings.duration("poll_first"),
            every: try settings.duration("poll_every"),
            count: try settings.number("polls", in: 1...100_000) ?? 10,
            overlapMilliseconds: Int(overlap))
        if let nickname = settings["nickname"] { try Self.check(nickname: nickname) }
        _ = try settings.number("page", in: 1...Int(Int32.max))
        _ = try settings.number("limit", in: 1...Int(Int32.max))
        _ = try settings.number("since", in: 0...Int.max)
    }

    package func makeSession(identity: String) -> Session { Session(identity: identity) }

    /// Plays a turn; when the service does not accept the session (any more), logs in again and
    /// plays it once more from its beginning, since the new user has no chat.
    @inline(never)
    package func play(
        _ turn: Turn, of conversation: ConversationContext, in session: Session,
        over line: some ChatTransport
    ) async throws(ExchangeFailure) {
        let own = try session.tuned.service(self, for: conversation, turn, make: overridden)
        session.wasRefused = false
        do throws(ExchangeFailure) {
            try await own.attempt(turn, in: session, over: line)
        } catch {
            // A refusal that the script expects is none.
            guard session.wasRefused, error.errorClass == .http4xx else { throw error }
            session.reset()
            line.cookies = CookieJar()
            try await own.attempt(turn, in: session, over: line)
        }
    }

    private func attempt(
        _ turn: Turn, in session: Session, over line: some ChatTransport
    ) async throws(ExchangeFailure) {
        switch turn.action {
        case .say(let text):
            try await say(text, attaching: turn.attachments, in: session, over: line)
        case .call(let operation):
            try await call(operation, attaching: turn.attachments, in: session, over: line)
        }
    }

    /// This service with a script's parameters over the run's.
    private func overridden(
        by conversation: [String: String], _ turn: [String: String]
    ) throws(SettingComplaint) -> Botyard {
        try Botyard(
            settings.overridden(by: conversation, turn), at: address, secrets: secrets,
            routes: routes)
    }

    package func objection(to turn: Turn) -> String? {
        if let objection = ServiceName.botyard.objection(to: turn) { return objection }
        if turn.action == .call(.filesUpload), turn.attachments.isEmpty {
            return "files.upload needs something to upload; add attach"
        }
        return nil
    }

    package func objection(
        toParameters conversation: [String: String], _ turn: [String: String]
    ) -> String? {
        settings.objection(toParameters: conversation, turn, make: overridden)
    }

    package var parameters: [ServiceParameter] { Self.parameters }

    package func exchangeCount(of turn: Turn) -> ClosedRange<Int> {
        guard case .say = turn.action else {
            return turn.action == .call(.messagesSend) && !turn.attachments.isEmpty ? 2...2 : 1...1
        }
        let fixed = turn.attachments.isEmpty ? 1 : 2
        let polls = turn.with["polls"].flatMap { Int($0) } ?? polling.count
        return fixed + 1...fixed + min(max(polls, 1), 100_000)
    }
}

/// What a session needs before it can chat: a user, a bot, a chat.
extension Botyard {
    /// One exchange of a session; notices when the service does not accept it.
    func exchange<Result>(
        _ operation: Operation, prompt: String = "", in session: Session,
        over line: some ChatTransport, build: (inout ByteBuffer) -> Void,
        read: (Span<UInt8>, inout ParsedReply) throws(ExchangeFailure) -> Result
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
    func logIn(in session: Session, over line: some ChatTransport) async throws(ExchangeFailure) {
        if session.userID.isEmpty { _ = try await createUser(in: session, over: line) }
    }

    /// Logs in, which makes a new user every time; what the one before had is gone.
    func createUser(
        in session: Session, over line: some ChatTransport
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
        in session: Session, over line: some ChatTransport
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
        in session: Session, over line: some ChatTransport
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
        in session: Session, over line: some ChatTransport, keepingBody: Bool = false
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
