import Base
import Networking

/// Botyard's objects as JSON, in the order its program writes their members.
extension ByteBuffer {
    mutating func append(_ id: ULID) {
        append(byte: UInt8(ascii: "\""))
        append(id.bytes)
        append(byte: UInt8(ascii: "\""))
    }

    /// Appends a member with an identifier.
    mutating func append(_ key: String, _ id: ULID) {
        append(key: key)
        append(id)
    }

    /// Appends a member with a text as Go writes it.
    mutating func append(_ key: String, go text: String) {
        append(key: key)
        append(json: text, .go)
    }

    /// `{"message":…}`.
    mutating func append(message: String) { append { $0.append("message", go: message) } }

    mutating func append(_ bot: BotyardBot) {
        append {
            $0.append("id", bot.id)
            $0.append("name", go: bot.name)
            if !bot.description.isEmpty { $0.append("description", go: bot.description) }
            if !bot.avatar.isEmpty { $0.append("avatar", go: bot.avatar) }
        }
    }

    mutating func append(_ command: BotyardCommand) {
        append {
            $0.append("id", command.id)
            $0.append("alias", go: command.alias)
            $0.append("description", go: command.description)
        }
    }

    mutating func appendUser(_ id: ULID, _ nickname: String) {
        append {
            $0.append("id", id)
            $0.append("nickname", go: nickname)
        }
    }

    mutating func append(_ chat: BotyardChat) {
        append {
            $0.append("id", chat.id)
            $0.append("userId", chat.user)
            $0.append("botId", go: chat.bot)
        }
    }

    mutating func append(_ file: BotyardFile) {
        append {
            $0.append("id", file.id)
            $0.append("path", go: file.path)
            $0.append("name", go: file.name)
            $0.append("size", file.content.count)
            $0.append("mimeType", go: file.mimeType)
        }
    }

    /// A message as clients see it, its attachments being whole files; those forgotten are left out.
    mutating func append(
        _ message: BotyardMessage, of chat: BotyardChat, files: BotyardFiles, showsChat: Bool
    ) {
        append {
            $0.append("id", message.id)
            if showsChat { $0.append("chatId", chat.id) }
            if message.isFromBot {
                $0.append("senderId", go: chat.bot)
            } else {
                $0.append("senderId", chat.user)
            }
            $0.append(key: "body")
            $0.append(json: message.body.span, .go)
            let attachments = message.attachments.compactMap { files.file($0) }
            if !attachments.isEmpty {
                $0.append(key: "attachments")
                $0.append(array: attachments) { $0.append($1) }
            }
            $0.append("timestamp", Int(message.timestamp))
        }
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
        body.append {
            $0.append("chatId", chat.id)
            $0.append("total", total)
            $0.append("page", page)
            $0.append("limit", limit)
            $0.append(key: "messages")
            $0.append(array: messages) {
                $0.append($1, of: chat, files: files, showsChat: !isExact)
            }
        }
    }
}
