import Base
import Networking

/// The Botyard platform: its client API with built-in bots, and of its bot and admin APIs what
/// somebody needs who attaches a bot of their own that polls. Webhooks are not called.
struct BotyardService {
    let settings: SandboxSettings
    let replies: ReplyText
    var conduct: ServiceBehaviour
    var store: BotyardStore
    var tokens: BotyardTokens
    var ledger: CredentialLedger

    /// A service started at `start` (since 1970).
    init(_ settings: SandboxSettings, start: Nanoseconds) {
        self.settings = settings
        replies = ReplyText(seed: settings.seed)
        conduct = ServiceBehaviour(settings.botyard, seed: settings.seed, stream: 2)
        store = BotyardStore(start: start, seed: settings.seed)
        ledger = CredentialLedger(settings.botyard)
        var random = SeededRandom(seed: settings.seed, stream: 0x6a77_74)
        tokens = BotyardTokens(secret: random.next())
    }

    /// Answers a request at the time `now` (since 1970).
    mutating func answer(
        _ request: borrowing Request, at now: Nanoseconds, into response: inout Response
    ) -> Route {
        addCORS(request, into: &response)
        if request.method == .options {
            response.status = 204
            response.contentType = nil
            return .botyardOther
        }
        let call = BotyardCall(request)
        do throws(BotyardError) {
            if let failure = call.failureText, conduct.fails() {
                throw BotyardError(500, failure)
            }
            try perform(call, request, at: now, into: &response)
        } catch {
            response.status = error.status
            response.contentType = Response.json
            response.body.clear()
            response.body.append(message: error.message)
        }
        return call.route
    }

    /// The web client's origins, as configured by default.
    private func addCORS(_ request: borrowing Request, into response: inout Response) {
        response.headers.append(fixed: "Vary: Origin\r\nAccess-Control-Allow-Origin: ")
        if let origin = request.fields.origin {
            let bytes = request.bytes.span
            if bytes.equals("http://localhost", origin) || bytes.equals("http://127.0.0.1", origin)
            {
                response.headers.append(bytes.extracting(origin))
            }
        }
        response.headers.append(fixed: "\r\n")
    }

    private mutating func perform(
        _ call: BotyardCall, _ request: borrowing Request, at now: Nanoseconds,
        into response: inout Response
    ) throws(BotyardError) {
        switch call {
        case .serviceInfo: response.body.append(fixed: Self.serviceInfo)
        case .bots: response.body.append(array: store.bots) { $0.append($1) }
        case .bot(let id): response.body.append(try bot(id))
        case .createUser: try createUser(request, at: now, into: &response)
        case .currentUser: try currentUser(request, at: now, into: &response)
        case .commands(let id):
            _ = try authenticate(request, at: now, into: &response)
            response.body.append(array: try bot(id).commands) { $0.append($1) }
        case .createChat: try createChat(request, at: now, into: &response)
        case .chats: try listChats(request, at: now, into: &response)
        case .deleteChat(let id):
            let user = try authenticate(request, at: now, into: &response)
            store.removeChat(try chat(id, of: user).id)
            response.body.append(message: "Chat deleted.")
        case .send: try send(request, at: now, into: &response)
        case .messages(let id):
            let user = try authenticate(request, at: now, into: &response)
            try listMessages(try chat(id, of: user), request, at: now, into: &response)
        case .upload:
            _ = try authenticate(request, at: now, into: &response)
            try upload(request, into: &response)
        case .file(let path): try serveFile(path, into: &response)
        case .webClient: serveWebClient(into: &response)
        case .botAPI(let segments):
            try performBotAPI(segments, request, at: now, into: &response)
        case .adminAPI(let segments): try performAdminAPI(segments, request, into: &response)
        case .wrongMethod:
            throw BotyardError(settings.isBotyardExact ? 500 : 405, "Method Not Allowed")
        case .unknown:
            let words = "Cannot \(request.text(request.methodText)) \(request.text(request.path))"
            throw BotyardError(settings.isBotyardExact ? 500 : 404, words)
        }
    }

    private mutating func currentUser(
        _ request: borrowing Request, at now: Nanoseconds, into response: inout Response
    ) throws(BotyardError) {
        let user = try authenticate(request, at: now, into: &response)
        guard let nickname = store.nickname(of: user) else {
            throw BotyardError(404, "User not found.")
        }
        response.body.appendUser(user, nickname)
    }

    /// Whose session the request belongs to. A fresh token goes with the answer, whatever becomes
    /// of the request afterwards.
    ///
    /// - Throws: 401; 429 beyond a limit, which the real service does not have.
    mutating func authenticate(
        _ request: borrowing Request, at now: Nanoseconds, into response: inout Response
    ) throws(BotyardError) -> ULID {
        let bytes = request.bytes.span
        guard let header = request.fields.cookie,
            let token = BotyardTokens.cookie(in: bytes, header),
            let claims = tokens.verify(bytes.extracting(token), at: now)
        else { throw BotyardError(401, "User is unauthorized.") }
        tokens.appendCookie(claims, at: now, to: &response.headers)
        if ledger.isLimited,
            let standing = ledger.admit(Self.account(of: claims.user), at: now),
            standing.wait > .zero
        {
            throw BotyardError(429, "Too Many Requests")
        }
        return claims.user
    }

    /// Under what a user's limits are kept.
    static func account(of user: ULID) -> HashedKey { HashedKey(user.bytes.span, Span()) }

    func bot(_ id: String) throws(BotyardError) -> BotyardBot {
        guard let index = store.botIndex(id) else { throw BotyardError(404, "Bot not found.") }
        return store.bots[index]
    }

    /// The user's chat with this id.
    ///
    /// - Throws: 404, or 403 when it is somebody else's.
    func chat(_ id: String, of user: ULID) throws(BotyardError) -> BotyardChat {
        guard let chat = ULID(text: id).flatMap({ store.chat($0) }) else {
            throw BotyardError(404, "Chat not found.")
        }
        guard chat.user == user else {
            throw BotyardError(403, "Chat is not related to current user.")
        }
        return chat
    }

    private mutating func createUser(
        _ request: borrowing Request, at now: Nanoseconds, into response: inout Response
    ) throws(BotyardError) {
        let nickname = try BotyardBody(of: request).nickname
        let length = nickname.utf8.count
        if length < BotyardLimits.nickname.lowerBound {
            throw BotyardError(400, "Nickname must be at least 3 characters long.")
        }
        if length > BotyardLimits.nickname.upperBound {
            throw BotyardError(400, "Nickname should not be longer than 32 characters.")
        }
        guard nickname.utf8.allSatisfy(\.isBotyardName) else {
            throw BotyardError(
                400,
                "Nickname should contain only upper/lower case English letters, spaces, dashes and "
                    + "numbers.")
        }
        let claims = BotyardTokens.Claims(
            user: store.addUser(nickname: nickname), nickname: nickname)
        tokens.appendCookie(claims, at: now, to: &response.headers)
        response.status = 201
        response.body.appendUser(claims.user, nickname)
    }

    private static let serviceInfo: StaticString = """
        {"name":"chatload sandbox","description":"An imitation of Botyard for load tests.",\
        "socials":[{"title":"GitHub","url":"https://github.com/cheatsnake/botyard"}]}
        """
}

extension BotyardService {
    /// Keeps the parts called `file`, all or none of them.
    mutating func upload(
        _ request: borrowing Request, into response: inout Response
    ) throws(BotyardError) {
        guard let type = request.text(request.fields.contentType),
            let boundary = MultipartReader.boundary(ofContentType: type)
        else { throw BotyardError(400, "request has no multipart/form-data Content-Type") }
        let body = request.bodyBytes.span.extracting(request.body)
        guard let parts = MultipartReader.parts(of: body, boundary: boundary) else {
            throw BotyardError(400, "multipart: NextPart: EOF")
        }
        let uploads = parts.filter { $0.name == "file" && $0.fileName != nil }
        if uploads.isEmpty { throw BotyardError(400, "No files found to upload.") }
        if uploads.count > BotyardLimits.attachments {
            throw BotyardError(400, "Too many files, max allowed amount is 10.")
        }
        for part in uploads {
            try BotyardFiles.checkSize(part.content.count, mimeType: part.contentType ?? "")
        }
        var files: [BotyardFile] = []
        for part in uploads {
            let id = store.makeID()
            let pathID = store.makeID()
            files.append(
                store.files.add(
                    name: part.fileName ?? "",
                    mimeType: part.contentType ?? "application/octet-stream",
                    content: body.extracting(part.content).array, id: id, pathID: pathID))
        }
        response.body.append(array: files) { $0.append($1) }
    }

    /// An uploaded file. The path is looked up among those given out and never near a file system.
    func serveFile(_ path: String, into response: inout Response) throws(BotyardError) {
        guard let (file, mimeType) = store.files.file(path: path) else {
            return serveWebClient(into: &response)
        }
        response.contentType = mimeType
        response.body.append(file.content)
    }

    /// The page that the program serves for every path it does not know.
    func serveWebClient(into response: inout Response) {
        response.contentType = Response.html
        response.body.append(
            fixed: """
                <!doctype html><html lang="en"><head><title>Botyard (chatload sandbox)</title></head>\
                <body><p>This is the chatload sandbox. It has no web client.</p></body></html>
                """)
    }
}

extension BotyardService {
    mutating func createChat(
        _ request: borrowing Request, at now: Nanoseconds, into response: inout Response
    ) throws(BotyardError) {
        let user = try authenticate(request, at: now, into: &response)
        let bot = try BotyardBody(of: request).botID
        if bot.isEmpty { throw BotyardError(400, "bot id must not be empty") }
        if store.chats(of: user, bot: bot).count >= BotyardLimits.chatsPerBot {
            throw BotyardError(
                400, "Cannot create more than 10 chat rooms with the same bot.")
        }
        response.status = 201
        response.body.append(store.addChat(user: user, bot: bot))
    }

    mutating func listChats(
        _ request: borrowing Request, at now: Nanoseconds, into response: inout Response
    ) throws(BotyardError) {
        let user = try authenticate(request, at: now, into: &response)
        let bot = QueryString.value(of: "bot_id", in: request) ?? ""
        if bot.isEmpty { throw BotyardError(400, "Bot ID is required.") }
        response.body.append(array: store.chats(of: user, bot: bot)) { $0.append($1) }
    }

    mutating func listMessages(
        _ chat: BotyardChat, _ request: borrowing Request, at now: Nanoseconds,
        into response: inout Response
    ) throws(BotyardError) {
        store.deliver(in: chat, at: now)
        BotyardPage(of: request).write(
            chat, files: store.files, isExact: settings.isBotyardExact, to: &response.body)
    }

    /// Stores the user's message and has the bot begin its reply.
    mutating func send(
        _ request: borrowing Request, at now: Nanoseconds, into response: inout Response
    ) throws(BotyardError) {
        let user = try authenticate(request, at: now, into: &response)
        let body = try BotyardBody(of: request)
        let chat = try chat(body.chatID, of: user)
        let message = try addMessage(body, to: chat, isFromBot: false, at: now)
        response.status = 201
        response.body.append(message, of: chat, files: store.files, showsChat: true)
        var text = ByteBuffer()
        text.append(message.body)
        let cost = text.tokenCount
        guard let index = store.botIndex(chat.bot), store.bots[index].behaviour != .external
        else { return charge(cost, to: user, at: now) }
        let latency = conduct.latency()
        chat.turns += 1
        var reply = ByteBuffer()
        if store.bots[index].behaviour == .echoes {
            reply.append(message.body)
        } else {
            replies.append(to: &reply, message: message.body, turn: chat.turns)
        }
        charge(cost + reply.tokenCount, to: user, at: now)
        store.addReply(to: chat, body: reply.bytes, due: now + latency)
        store.deliver(in: chat, at: now)
        if settings.botyardReplies == .blocking {
            response.delay = min(latency, BotyardLimits.webhookTimeout)
        }
    }

    private mutating func charge(_ tokens: Int, to user: ULID, at now: Nanoseconds) {
        if ledger.isLimited { ledger.charge(tokens, to: Self.account(of: user), at: now) }
    }

    /// - Throws: 400 when the message is too long or has too many files. Unknown files are dropped.
    mutating func addMessage(
        _ body: BotyardBody, to chat: BotyardChat, isFromBot: Bool, at now: Nanoseconds
    ) throws(BotyardError) -> BotyardMessage {
        if body.text.count > BotyardLimits.messageBytes {
            throw BotyardError(400, "maximum allowed body length is 4096 characters")
        }
        if body.attachmentIDs.count > BotyardLimits.attachments {
            throw BotyardError(400, "maximum number of files allowed is 10")
        }
        let attachments = body.attachmentIDs
            .compactMap { ULID(text: $0) }
            .filter { store.files.file($0) != nil }
        return store.addMessage(
            to: chat, isFromBot: isFromBot, body: body.text, attachments: attachments, at: now)
    }
}
