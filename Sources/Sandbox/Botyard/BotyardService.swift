import Networking

/// The Botyard platform: its client API with built-in bots, and of its bot and admin APIs what
/// somebody needs who attaches a bot of their own that polls. Webhooks are not called.
struct BotyardService {
    let settings: SandboxSettings
    let replies: ReplyText
    var conduct: Conduct
    var store: BotyardStore
    var tokens: BotyardTokens
    var ledger: CredentialLedger

    /// A service started at `start` (since 1970).
    init(_ settings: SandboxSettings, start: Nanoseconds) {
        self.settings = settings
        replies = ReplyText(seed: settings.seed)
        conduct = Conduct(settings.botyard, seed: settings.seed, stream: 2)
        store = BotyardStore(start: start, seed: settings.seed)
        ledger = CredentialLedger(settings.botyard)
        var random = SeededRandom(seed: settings.seed, stream: 0x6a77_74)
        tokens = BotyardTokens(key: (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }

    /// Answers a request at the time `now` (since 1970).
    mutating func answer(
        _ request: borrowing Request, at now: Nanoseconds, into response: inout Response
    ) -> Route {
        addCORS(request, into: &response)
        if request.method == .options {
            response.status = 204
            response.contentType = .none
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
            response.contentType = .json
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
        case .bots: response.body.appendList(store.bots) { $0.append($1) }
        case .bot(let id): response.body.append(try bot(id))
        case .createUser: try createUser(request, at: now, into: &response)
        case .currentUser:
            let user = try authenticate(request, at: now, into: &response)
            guard let nickname = store.nickname(of: user) else {
                throw BotyardError(404, "User not found.")
            }
            response.body.appendUser(user, nickname)
        case .commands(let id):
            _ = try authenticate(request, at: now, into: &response)
            response.body.appendList(try bot(id).commands) { $0.append($1) }
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
            let method = request.text(request.methodText)
            throw BotyardError(
                settings.isBotyardExact ? 500 : 404,
                "Cannot \(method) \(request.text(request.path))")
        }
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
        guard nickname.utf8.allSatisfy(BotyardNames.isAllowed) else {
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
