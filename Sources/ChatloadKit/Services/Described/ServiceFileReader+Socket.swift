import Base

/// Reading what is said over a socket: checked whole, and played by none yet.
extension ServiceFileReader {
    /// Reads `"say":{"websocket":{…}}`.
    mutating func readSocket(_ item: Item) {
        file.unplayed = "a websocket is not played yet"
        guard let members = members(item) else { return }
        guard members.count == 1, let member = members.first, member.name == "websocket" else {
            return complain(
                "must be an array of names of requests, or {\"websocket\":{…}}", at: item)
        }
        let socket = item.part(member.name, member.node)
        guard let fields = fields(socket, SocketKey.self) else { return }
        let opening = TextScope(part: .opening)
        if let path = fields[.path] {
            _ = parts(path, in: opening.needed)
        } else {
            complain("a socket needs \"path\"", at: socket, hint: #"write "path":"/chat""#)
        }
        if let query = fields[.query] { _ = templateFields(query, in: opening) }
        if let headers = fields[.headers] { _ = headerFields(headers, in: opening) }
        _ = fields[.protocols].flatMap { elements($0, "an array of names") }?.map { filled($0) }
        _ = fields[.per].flatMap { word($0, Span.self) }
        _ = fields[.prefix].flatMap { filled($0) }
        if let open = fields[.open] { readOpening(open) }
        for answer in fields[.answer].flatMap({ self.members($0) }) ?? [] {
            if let answers = fields[.answer] { _ = string(answers.part(answer.name, answer.node)) }
        }
        readMessage(fields, of: socket)
    }

    private mutating func readMessage(_ fields: [SocketKey: Item], of socket: Item) {
        let saying = TextScope(part: .saying)
        if let send = fields[.send] {
            if let message = template(send, in: saying), !message.uses(.text),
                !message.uses(.messages)
            {
                complain("has not what is said", at: send, hint: "put ${text} into it")
            }
        } else {
            complain(
                "a socket needs \"send\"", at: socket, hint: #"write "send":{"text":"${text}"}"#)
        }
        guard let reply = fields[.reply] else {
            return complain(
                "a socket needs \"reply\"", at: socket, hint: "say where in it what the bot says is"
            )
        }
        _ = self.reply(reply, in: saying, ofSocket: true)
    }

    private mutating func readOpening(_ item: Item) {
        for step in elements(item, "an array of steps") ?? [] {
            guard let fields = fields(step, SocketOpeningKey.self) else { continue }
            if fields.count != 1 {
                complain("a step of the opening is one of \"send\" and \"until\"", at: step)
            }
            if let send = fields[.send] { _ = template(send, in: TextScope(part: .opening)) }
            // A frame as it is, or a place in one.
            if let until = fields[.until] { checkFrame(until) }
        }
    }
}

/// Keys of `say` over a socket.
enum SocketKey: String, ObjectKey {
    case path, query, headers, protocols, per, prefix, open, answer, send, reply

    static let object = "a socket"

    static func usual(for word: String) -> String? { nil }
}

/// Keys of what is done when a socket has been opened.
enum SocketOpeningKey: String, ObjectKey {
    case send, until

    static let object = "a step of the opening"

    static func usual(for word: String) -> String? { nil }
}
