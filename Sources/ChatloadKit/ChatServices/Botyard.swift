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
        let tuned = Tuned<Botyard>()

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
    let failures: FailureText
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
        failures = FailureText(fields: JSONFields(literal: "message"))
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
        over line: some ChatLine
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
        _ turn: Turn, in session: Session, over line: some ChatLine
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
