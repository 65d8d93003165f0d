import Networking

/// What a captured request means to a chat service.
enum HARRequest {
    /// The user says something to a service that keeps the conversation.
    case say(String, user: String?, with: [String: String], system: String?, replies: JSONFields)
    /// The user calls an operation.
    case call(Operation, user: String?, with: [String: String])
    /// The client looks whether the bot has replied.
    case poll
    /// The whole conversation so far, as OpenAI's and similar services want it each time.
    case chat(Dialogue)

    /// Recognises the requests of Tamako, Botyard and Stammer by their paths, and others by bodies
    /// that hold messages.
    init(_ entry: HAREntry) throws(ScriptFault) {
        let request =
            Self.tamako(entry) ?? Self.stammer(entry) ?? Self.botyard(entry) ?? Self.chat(entry)
        if request == nil, entry.url.path.hasSuffix("/v1/client-api/files") {
            throw ScriptFault(
                "\(entry.summary) uploads files, which a capture does not hold", at: nil,
                suggestion: "\"attach\" them in a script")
        }
        guard let request else {
            throw ScriptFault("\(entry.summary) is no request of a chat service", at: nil)
        }
        self = request
    }

    private static func tamako(_ entry: HAREntry) -> HARRequest? {
        guard entry.method == "GET", entry.url.path.hasSuffix("/api/chat"),
            let message = entry.url.parameter("message"),
            let user = entry.url.parameter("user") ?? entry.url.parameter("userid")
        else { return nil }
        var with: [String: String] = [:]
        for name in ["name", "gender", "dev", "prefix"] {
            with[name] = entry.url.parameter(name)
        }
        return .say(message, user: user, with: with, system: nil, replies: tamakoReplies)
    }

    private static func stammer(_ entry: HAREntry) -> HARRequest? {
        let path = entry.url.path
        guard entry.method == "POST",
            path.hasSuffix("/chatbot/api/v1/message/") || path.hasSuffix("/chatbot/api/v1/message"),
            let texts = texts(at: stammerRequest, in: entry.body), let query = texts[0]
        else { return nil }
        return .say(query, user: texts[1], with: [:], system: texts[2], replies: stammerReplies)
    }

    private static func botyard(_ entry: HAREntry) -> HARRequest? {
        guard let prefix = entry.url.path.firstRange(of: "/v1/client-api/") else { return nil }
        let parts = entry.url.path[prefix.upperBound...].split(separator: "/")
        switch (entry.method, parts.count, parts.first) {
        case ("POST", 2, "chat") where parts[1] == "message":
            guard let body = texts(at: botyardMessage, in: entry.body)?[0] else { return nil }
            return .say(body, user: nil, with: [:], system: nil, replies: noReplies)
        case ("GET", 3, "chat") where parts[2] == "messages":
            if entry.url.parameter("since") != nil { return .poll }
            return .call(.messagesList, user: nil, with: paging(entry.url))
        case ("POST", 1, "user"):
            let nickname = texts(at: botyardLogin, in: entry.body)?[0]
            return .call(.login, user: nickname, with: [:])
        default: return operation(entry.method, parts).map { .call($0, user: nil, with: [:]) }
        }
    }

    private static func operation(_ method: String, _ parts: [Substring]) -> Operation? {
        switch (method, parts.count, parts.first) {
        case ("GET", 1, "service-info"): .serviceInfo
        case ("GET", 1, "bots"): .botsList
        case ("GET", 2, "bot"): .botsGet
        case ("GET", 3, "bot") where parts[2] == "commands": .commandsList
        case ("GET", 1, "user"): .userGet
        case ("GET", 1, "chats"): .chatsList
        case ("POST", 1, "chat"): .chatsCreate
        case ("DELETE", 2, "chat"): .chatsDelete
        default: nil
        }
    }

    private static func paging(_ url: CapturedURL) -> [String: String] {
        var with: [String: String] = [:]
        for name in ["page", "limit"] { with[name] = url.parameter(name) }
        return with
    }

    private static func chat(_ entry: HAREntry) -> HARRequest? {
        guard entry.method == "POST" else { return nil }
        var dialogue = Dialogue()
        do throws(ScriptFault) {
            var parser = ForeignParser()
            try parser.beginObject("body", in: entry.body.bytes.span)
            try parser.requestBody(into: &dialogue, in: entry.body.bytes.span)
            try parser.end(in: entry.body.bytes.span)
        } catch {
            return nil
        }
        return dialogue.turns.isEmpty ? nil : .chat(dialogue)
    }

    private static let noReplies = JSONFields([])
    private static let tamakoReplies = JSONFields(literal: "response", "message")
    private static let stammerRequest = JSONFields(
        literal: "query", "user_key", "custom_base_system_prompt")
    private static let stammerReplies = JSONFields(
        literal: "data.answer", "data.message", "answer", "response", "message")
    private static let botyardMessage = JSONFields(literal: "body")
    private static let botyardLogin = JSONFields(literal: "nickname")

    /// The strings at some paths of a document; nil when it is none.
    static func texts(at fields: JSONFields, in body: ByteBuffer) -> [String?]? {
        var texts = [String?](repeating: nil, count: fields.paths.count)
        do throws(JSONError) {
            try fields.read(body.bytes.span) { path, token, _ in
                if case .string(let text) = token { texts[path] = text.string(in: body.bytes.span) }
            }
        } catch {
            return nil
        }
        return texts
    }
}
