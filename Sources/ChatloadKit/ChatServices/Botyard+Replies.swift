import Networking

/// One element of a list: a bot, a chat, a command, a file.
struct BotyardEntry: Equatable {
    var id = ""
    var name = ""
}

/// What Botyard's successful responses mean. Unknown fields are ignored, and only what is needed
/// must be there: real message lists, for one, leave out the documented `chatId`.
extension Botyard {
    /// The elements of a list of objects, each with an id.
    func readList(_ body: Span<UInt8>) throws(ExchangeFailure) -> [BotyardEntry] {
        var entries: [BotyardEntry] = []
        var entry = BotyardEntry()
        var isList = false
        try scan(body, listFields) { path, token, _ in
            switch path {
            case 0: isList = token == .beginArray
            case 1:
                entries.append(entry)
                entry = BotyardEntry()
            case 2: entry.id = token.text(in: body)
            default: entry.name = token.text(in: body)
            }
        }
        guard isList, entries.allSatisfy({ !$0.id.isEmpty }) else {
            throw failures.lacking("list of objects with ids", body)
        }
        return entries
    }

    /// The field `name` of an object: a text's content, of anything else that it is there.
    func readObject(_ body: Span<UInt8>, _ name: String) throws(ExchangeFailure) -> String {
        var value: String?
        try scan(body, JSONFields([name].compactMap { JSONPath($0) })) { _, token, _ in
            value = token.text(in: body)
        }
        guard let value, name != "id" || !value.isEmpty else {
            throw failures.lacking(name, body)
        }
        return value
    }

    func readSent(_ body: Span<UInt8>) throws(ExchangeFailure) -> Sent {
        var id = ""
        var timestamp: Int?
        try scan(body, sentFields) { path, token, _ in
            if path == 0 {
                id = token.text(in: body)
            } else if case .number(let digits) = token {
                timestamp = JSONNumber.integer(digits, in: body)
            }
        }
        guard let timestamp, !id.isEmpty else {
            throw failures.lacking("id and timestamp", body)
        }
        return Sent(id: id, timestamp: timestamp)
    }

    /// The id of the bot's newest message, its text put into the reception; nil when the page has
    /// none, or only the reply that was taken before.
    func readReply(
        _ body: Span<UInt8>, from own: String, after last: String, into reception: inout Reception
    ) throws(ExchangeFailure) -> String? {
        var (hasMessages, hasMessage) = (false, false)
        var (id, sender) = ("", "")
        var text: JSONText?
        try scan(body, pageFields) { path, token, _ in
            hasMessage = hasMessage || path > 0
            switch path {
            case 0: hasMessages = token == .beginArray
            case 1: id = token.text(in: body)
            case 2: sender = token.text(in: body)
            default: if case .string(let found) = token { text = found }
            }
        }
        guard hasMessages else { throw failures.lacking("messages", body) }
        guard text != nil || !hasMessage else { throw failures.lacking("text", body) }
        guard let text, id.isEmpty || id != last, sender.isEmpty || sender != own else {
            return nil
        }
        text.append(to: &reception.reply, from: body)
        reception.deliversReply = true
        return id
    }

    private func scan(
        _ body: Span<UInt8>, _ fields: JSONFields, found: (Int, JSONToken, Range<Int>) -> Void
    ) throws(ExchangeFailure) {
        do throws(JSONError) {
            try fields.read(body, found: found)
        } catch {
            throw failures.malformed(error, body)
        }
    }

    /// Bodies as the documentation shows them; a poll's leaves out the message's id, so that every
    /// poll brings a new one.
    package func placeholderReply(
        to operation: Operation, with parameters: [String: String]
    ) -> String {
        let bot = Self.placeholderBot(parameters["bot"] ?? settings["bot"] ?? "Test bot")
        let chat = "01hc7aa947s4fdwywwjqr14wh7"
        let user = "01hc71yz5pny5bmf0b4055zbjw"
        return switch operation {
        case .serviceInfo: #"{"name":"Service name","description":"","socials":[]}"#
        case .botsList: "[\(bot)]"
        case .botsGet: bot
        case .login, .userGet: #"{"id":"\#(user)","nickname":"user"}"#
        case .commandsList: #"[{"id":"01hcjd34adz1va07vk97jfjmgq","alias":"start"}]"#
        case .chatsCreate:
            #"{"id":"\#(chat)","userId":"\#(user)","botId":"01hc76p6ma76qfrs0bfr5x2pry"}"#
        case .chatsList: "[]"
        case .chatsDelete: #"{"message":"Chat deleted."}"#
        case .say, .messagesSend:
            #"{"id":"01hc7akt8z3w2a5ayfcrvkfy52","chatId":"\#(chat)","senderId":"\#(user)","#
                + #""body":"Hello World!","timestamp":1696758105336}"#
        case .poll, .messagesList:
            #"{"chatId":"\#(chat)","total":1,"page":1,"limit":1,"messages":["#
                + #"{"body":"Hello World!","timestamp":1696758105337}]}"#
        case .filesUpload:
            #"[{"id":"01hc79xqtqhd4jtzceyxstxgh7","path":"static/images/f.png","name":"f.png","#
                + #""size":25908,"mimeType":"image/png"}]"#
        }
    }

    private static func placeholderBot(_ name: String) -> String {
        var body = ByteBuffer()
        body.append("{\"id\":\"01hc76p6ma76qfrs0bfr5x2pry\",\"name\":\"")
        body.append(jsonEscaped: name)
        body.append("\"}")
        return body.text
    }
}

extension JSONToken {
    /// The content of a string; nothing for anything else.
    fileprivate func text(in body: Span<UInt8>) -> String {
        if case .string(let text) = self { text.string(in: body) } else { "" }
    }
}
