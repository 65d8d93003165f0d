import Networking

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
        response.body.appendList(store.chats(of: user, bot: bot)) { $0.append($1) }
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
        let cost = Tokens.count(of: message.body.span)
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
        charge(cost + Tokens.count(of: reply.bytes.span), to: user, at: now)
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
