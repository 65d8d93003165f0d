import Base
import Networking

/// Botyard's objects as JSON, in the order its program writes their members.
extension ByteBuffer {
    mutating func append(_ id: ULID) {
        append(byte: UInt8(ascii: "\""))
        append(id.bytes)
        append(byte: UInt8(ascii: "\""))
    }

    /// `{"message":…}`.
    mutating func append(message: String) {
        append(fixed: "{\"message\":")
        append(json: message, .go)
        append(fixed: "}")
    }

    mutating func append(_ bot: BotyardBot) {
        append(fixed: "{\"id\":")
        append(bot.id)
        append(fixed: ",\"name\":")
        append(json: bot.name, .go)
        append(optional: ",\"description\":", bot.description)
        append(optional: ",\"avatar\":", bot.avatar)
        append(fixed: "}")
    }

    mutating func append(_ command: BotyardCommand) {
        append(fixed: "{\"id\":")
        append(command.id)
        append(fixed: ",\"alias\":")
        append(json: command.alias, .go)
        append(optional: ",\"description\":", command.description)
        append(fixed: "}")
    }

    mutating func appendUser(_ id: ULID, _ nickname: String) {
        append(fixed: "{\"id\":")
        append(id)
        append(fixed: ",\"nickname\":")
        append(json: nickname, .go)
        append(fixed: "}")
    }

    mutating func append(_ chat: BotyardChat) {
        append(fixed: "{\"id\":")
        append(chat.id)
        append(fixed: ",\"userId\":")
        append(chat.user)
        append(fixed: ",\"botId\":")
        append(json: chat.bot, .go)
        append(fixed: "}")
    }

    mutating func append(_ file: BotyardFile) {
        append(fixed: "{\"id\":")
        append(file.id)
        append(fixed: ",\"path\":")
        append(json: file.path, .go)
        append(fixed: ",\"name\":")
        append(json: file.name, .go)
        append(fixed: ",\"size\":")
        append(decimal: file.content.count)
        append(fixed: ",\"mimeType\":")
        append(json: file.mimeType, .go)
        append(fixed: "}")
    }

    /// A message as clients see it, its attachments being whole files; those forgotten are left out.
    mutating func append(
        _ message: BotyardMessage, of chat: BotyardChat, files: BotyardFiles, showsChat: Bool
    ) {
        append(fixed: "{\"id\":")
        append(message.id)
        if showsChat {
            append(fixed: ",\"chatId\":")
            append(chat.id)
        }
        append(fixed: ",\"senderId\":")
        if message.isFromBot { append(json: chat.bot, .go) } else { append(chat.user) }
        append(fixed: ",\"body\":")
        append(json: message.body.span, .go)
        let attachments = message.attachments.compactMap { files.file($0) }
        if !attachments.isEmpty {
            append(fixed: ",\"attachments\":")
            appendList(attachments) { $0.append($1) }
        }
        append(fixed: ",\"timestamp\":")
        append(decimal: Int(message.timestamp))
        append(fixed: "}")
    }

    /// A JSON array of what `write` appends for each element.
    mutating func appendList<Elements: Sequence>(
        _ elements: Elements, _ write: (inout ByteBuffer, Elements.Element) -> Void
    ) {
        append(byte: UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { append(byte: UInt8(ascii: ",")) }
            isFirst = false
            write(&self, element)
        }
        append(byte: UInt8(ascii: "]"))
    }

    private mutating func append(optional label: StaticString, _ text: String) {
        guard !text.isEmpty else { return }
        append(fixed: label)
        append(json: text, .go)
    }
}

/// One page of a chat's messages: which are meant, counted from the newest, and written oldest first.
struct BotyardPage {
    var page: Int
    var limit: Int
    /// The sender's id; nil for all.
    var sender: String?
    /// Milliseconds since 1970; 0 for all.
    var since: Int64

    /// The page a request's query asks for; numbers that are none give the defaults 1, 20 and 0.
    init(of request: borrowing Request) {
        page = QueryString.value(of: "page", in: request).flatMap { Int($0) } ?? 1
        limit = QueryString.value(of: "limit", in: request).flatMap { Int($0) } ?? 20
        since = QueryString.value(of: "since", in: request).flatMap { Int64($0) } ?? 0
        let sender = QueryString.value(of: "sender_id", in: request) ?? ""
        self.sender = sender.isEmpty ? nil : sender
    }

    /// The page's messages, ascending in time, and how many there are on all pages.
    ///
    /// - Parameter isExclusive: whether a message of just the millisecond `since` is left out, as
    ///   the program does and the documentation does not.
    func select(from chat: BotyardChat, isExclusive: Bool) -> (total: Int, [BotyardMessage]) {
        let wantsBot = sender.map { $0 == chat.bot }
        let wantsUser = sender.map { $0 == chat.user.text }
        let matching = chat.messages.indices.filter { index in
            let message = chat.messages[index]
            if let wantsBot, let wantsUser {
                guard message.isFromBot ? wantsBot : wantsUser else { return false }
            }
            if since == 0 { return true }
            return isExclusive ? message.timestamp > since : message.timestamp >= since
        }
        // As SQL does: a negative limit is none, a negative offset zero.
        let (product, overflow) = (page &- 1).multipliedReportingOverflow(by: limit)
        let offset = overflow ? Int.max : max(product, 0)
        let end = matching.count - min(offset, matching.count)
        let count = limit < 0 ? end : min(limit, end)
        return (matching.count, matching[(end - count)..<end].map { chat.messages[$0] })
    }

    /// Appends the response's body.
    func write(
        _ chat: BotyardChat, files: BotyardFiles, isExact: Bool, to body: inout ByteBuffer
    ) {
        let (total, messages) = select(from: chat, isExclusive: isExact)
        body.append(fixed: "{\"chatId\":")
        body.append(chat.id)
        body.append(fixed: ",\"total\":")
        body.append(decimal: total)
        body.append(fixed: ",\"page\":")
        body.append(decimal: page)
        body.append(fixed: ",\"limit\":")
        body.append(decimal: limit)
        body.append(fixed: ",\"messages\":")
        body.appendList(messages) {
            $0.append($1, of: chat, files: files, showsChat: !isExact)
        }
        body.append(fixed: "}")
    }
}
