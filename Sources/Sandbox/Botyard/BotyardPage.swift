import Networking

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
