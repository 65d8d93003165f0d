import Base
import Networking

extension ServiceDescription {
    /// The description of the Botyard Client API.
    package static let botyard = ServiceDescription(
        name: "botyard",
        summary: "Botyard Client API: login, chats, files; replies are polled for",
        path: BotyardRoutes.path,
        parameters: [
            ServiceParameter(
                "bot", aliases: ["bot_name", "bot_id"],
                "the bot's id or name; the first the service lists when not set"),
            ServiceParameter(
                "nickname", "the name to log in with; made from the user when not set"),
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
        ],
        steps: Botyard.Step.allCases.map(\.description), allowsOverlap: false
    ) { (setup) throws(Fault) in try Botyard(setup) }
}

/// The Botyard Client API: users log in with a nickname and keep a cookie, chat with one bot, and
/// poll for its replies, since no response brings them.
final class Botyard: ChatService {
    /// The exchanges of the API.
    enum Step: Int, CaseIterable {
        case say, poll, login, serviceInfo, botsList, botsGet, userGet, commandsList
        case chatsCreate, chatsList, chatsDelete, messagesSend, messagesList, filesUpload

        var description: StepDescription {
            switch self {
            case .say: StepDescription("say", attachments: .optional)
            case .poll: StepDescription("poll", isRepeatable: true, isPoll: true)
            // Each login makes a user.
            case .login: StepDescription("login", isCallable: true)
            case .serviceInfo:
                StepDescription("service.info", isRepeatable: true, isCallable: true)
            case .botsList: StepDescription("bots.list", isRepeatable: true, isCallable: true)
            case .botsGet: StepDescription("bots.get", isRepeatable: true, isCallable: true)
            case .userGet: StepDescription("user.get", isRepeatable: true, isCallable: true)
            case .commandsList:
                StepDescription("commands.list", isRepeatable: true, isCallable: true)
            case .chatsCreate: StepDescription("chats.create", isCallable: true)
            case .chatsList: StepDescription("chats.list", isRepeatable: true, isCallable: true)
            case .chatsDelete: StepDescription("chats.delete", isCallable: true)
            case .messagesSend:
                StepDescription("messages.send", isCallable: true, attachments: .optional)
            case .messagesList:
                StepDescription("messages.list", isRepeatable: true, isCallable: true)
            case .filesUpload:
                StepDescription("files.upload", isCallable: true, attachments: .required)
            }
        }
    }

    /// A session of one user.
    final class Session: ServiceSession {
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

    let setup: ServiceSetup
    let failures = ErrorBodyReader(fields: JSONFields(literal: "message"))
    let routes: BotyardRoutes
    /// How the official web client polls, or as set.
    private let polling: (first: Nanoseconds, every: Nanoseconds, count: Int, overlap: Int)

    init(_ setup: ServiceSetup) throws(Fault) {
        self.setup = setup
        routes = BotyardRoutes(at: setup.address)
        let settings = setup.settings
        let overlap = try settings.duration("overlap").count / 1_000_000
        polling = (
            try settings.duration("poll_first"), try settings.duration("poll_every"),
            try settings.number("polls", in: 1...100_000) ?? 10, Int(overlap)
        )
        if let nickname = settings["nickname"], !Self.isNickname(nickname) {
            throw settings.service.fault(
                "nickname", "is refused: \"\(nickname)\"",
                "use 3 to 32 English letters, digits, blanks and dashes")
        }
        _ = try MessageQuery(of: "", settings)
    }

    func makeSession(identity: String) -> ServiceSession { Session(identity: identity) }

    /// Plays a turn; when the service does not accept the session (any more), logs in again and
    /// plays it once more from its beginning, since the new user has no chat.
    func play(
        _ turn: Turn, in session: ServiceSession, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        guard let session = session as? Session else {
            preconditionFailure("BUG: a session of another service")
        }
        session.wasRefused = false
        do throws(ExchangeFailure) {
            try await attempt(turn, in: session, over: transport)
        } catch {
            // A refusal that the script expects is none.
            guard session.wasRefused, error.errorClass == .http4xx else { throw error }
            session.reset()
            transport.cookies = CookieJar()
            try await attempt(turn, in: session, over: transport)
        }
    }

    private func attempt(
        _ turn: Turn, in session: Session, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        switch turn.action {
        case .say(let text):
            try await say(text, attaching: turn.attachments, in: session, over: transport)
        case .call(let operation):
            guard let step = description.step(named: operation),
                let step = Step(rawValue: step.index)
            else { preconditionFailure("BUG: the description has no objection to \(operation)") }
            try await call(step, attaching: turn.attachments, in: session, over: transport)
        }
    }

    func exchangeCount(of turn: Turn) -> ClosedRange<Int> {
        guard case .say = turn.action else {
            let uploads = turn.action == .call("messages.send") && !turn.attachments.isEmpty
            return uploads ? 2...2 : 1...1
        }
        let fixed = turn.attachments.isEmpty ? 1 : 2
        let polls = turn.with["polls"].flatMap { Int($0) } ?? polling.count
        return fixed + 1...fixed + min(max(polls, 1), 100_000)
    }
}

/// Saying something to a bot and waiting for its reply, as the official web client does.
extension Botyard {
    private func say(
        _ text: String, attaching paths: [String], in session: Session,
        over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        try await openChat(in: session, over: transport)
        let files = try await upload(paths, in: session, over: transport)
        let sent = try await send(.say, text, attaching: files, in: session, over: transport)
        try await awaitReply(to: sent, in: session, over: transport)
    }

    /// Polls until the bot's newest message is one that was not there before.
    ///
    /// The service's `since` excludes its own millisecond in production, although documented as
    /// "from which"; looking `overlap` further back finds a reply of the same millisecond, and the
    /// reply before is told from it by its id.
    private func awaitReply(
        to timestamp: Int, in session: Session, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        // In milliseconds.
        let (since, overflow) = timestamp.subtractingReportingOverflow(polling.overlap)
        let query = MessageQuery(
            chat: chat(of: session), sender: session.botID, page: 1, limit: 1,
            since: overflow ? 0 : max(since, 0))
        for poll in 1...polling.count {
            try await transport.pause(poll == 1 ? polling.first : polling.every)
            let (own, last) = (session.userID, session.lastReply)
            var id: String?
            try await exchange(
                .poll, in: session, over: transport,
                build: { routes.get(query, to: &$0, over: transport) },
                read: { (body, reply) throws(ExchangeFailure) in
                    id = try readReply(body, from: own, after: last, into: &reply)
                    guard id != nil || poll < polling.count else {
                        throw ExchangeFailure(.noReply, "no reply after \(polling.count) polls")
                    }
                })
            if let id {
                session.lastReply = id
                return
            }
        }
    }
}

/// The operations a script may call. What they need of the session (a user, the bot, a chat) is made
/// first when it is missing; the body of the operation's own response becomes its reply.
extension Botyard {
    private func call(
        _ step: Step, attaching paths: [String], in session: Session,
        over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        switch step {
        case .login:
            session.reset()
            transport.cookies = CookieJar()
        case .userGet, .filesUpload: try await logIn(in: session, over: transport)
        case .botsGet: try await findBot(in: session, over: transport)
        case .commandsList, .chatsCreate, .chatsList:
            try await logIn(in: session, over: transport)
            try await findBot(in: session, over: transport)
        case .chatsDelete, .messagesSend, .messagesList:
            try await openChat(in: session, over: transport)
        case .say, .poll, .serviceInfo, .botsList: break
        }
        switch step {
        case .login: try await createUser(in: session, over: transport)
        case .chatsCreate:
            try await createChat(in: session, over: transport, keepingBody: true)
        case .filesUpload:
            _ = try await upload(paths, in: session, over: transport, keepingBody: true)
        case .messagesSend:
            let files = try await upload(paths, in: session, over: transport)
            _ = try await send(
                step, setup.settings["body"] ?? "", attaching: files, in: session,
                over: transport)
        default: try await request(step, in: session, over: transport)
        }
    }

    /// An exchange that changes nothing the session knows but a chat that is deleted.
    private func request(
        _ step: Step, in session: Session, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        let (bot, chat) = (session.botID, chat(of: session))
        let query = step == .messagesList ? try query(of: chat, bot: bot) : nil
        try await exchange(
            step, in: session, over: transport,
            build: { buffer in
                switch step {
                case .serviceInfo: routes.get("service-info", to: &buffer, over: transport)
                case .userGet: routes.get("user", to: &buffer, over: transport)
                case .botsGet: routes.get("bot/", bot, to: &buffer, over: transport)
                case .commandsList:
                    routes.get("bot/", bot, "/commands", to: &buffer, over: transport)
                case .chatsList: routes.get("chats?bot_id=", bot, to: &buffer, over: transport)
                case .chatsDelete: routes.delete(chat: chat, to: &buffer, over: transport)
                default:
                    if let query {
                        routes.get(query, to: &buffer, over: transport)
                    } else {
                        routes.get("bots", to: &buffer, over: transport)
                    }
                }
            },
            read: { (body, reply) throws(ExchangeFailure) in
                try check(body, of: step)
                reply.text.append(body)
            })
        if step == .chatsDelete, chat == session.chatID { session.chatID = "" }
    }

    private func query(of chat: String, bot: String) throws(ExchangeFailure) -> MessageQuery {
        do throws(Fault) {
            var query = try MessageQuery(of: chat, setup.settings)
            if query.sender == "bot" { query.sender = bot }
            return query
        } catch {
            throw ExchangeFailure(.script, error.description)
        }
    }
}
