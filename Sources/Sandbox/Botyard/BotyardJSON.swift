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
