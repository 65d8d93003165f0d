import Base
import Networking

/// The requests of Botyard's Client API (`/v1/client-api`), all twelve.
struct BotyardRoutes: Sendable {
    private let serviceInfo, bots, bot, userGet, chats, messages: RequestTemplate
    private let login, chatCreate, messageSend: RequestTemplate
    private let chatDelete, files: RequestTemplate

    init(at address: ServiceAddress) {
        let plain = address.headers([])
        let json = address.headers([HeaderField("Content-Type", "application/json")])
        func route(_ method: String, _ path: String, _ headers: [HeaderField]) -> RequestTemplate {
            RequestTemplate(
                method: method, target: "\(address.pathPrefix)/v1/client-api/\(path)",
                headers: headers)
        }
        serviceInfo = route("GET", "service-info", plain)
        bots = route("GET", "bots", plain)
        bot = route("GET", "bot/", plain)
        userGet = route("GET", "user", plain)
        chats = route("GET", "chats?bot_id=", plain)
        messages = route("GET", "chat/", plain)
        login = route("POST", "user", json)
        chatCreate = route("POST", "chat", json)
        messageSend = route("POST", "chat/message", json)
        chatDelete = route("DELETE", "chat/", plain)
        files = route("POST", "files", plain)
    }

    func writeServiceInfo(to buffer: inout ByteBuffer, over line: some ChatTransport) {
        get(serviceInfo, &buffer, line) { _ in }
    }

    func writeBots(to buffer: inout ByteBuffer, over line: some ChatTransport) {
        get(bots, &buffer, line) { _ in }
    }

    func writeBot(_ id: String, to buffer: inout ByteBuffer, over line: some ChatTransport) {
        get(bot, &buffer, line) { $0.append(percentEncoded: id) }
    }

    func writeCommands(of id: String, to buffer: inout ByteBuffer, over line: some ChatTransport) {
        get(bot, &buffer, line) {
            $0.append(percentEncoded: id)
            $0.append("/commands")
        }
    }

    func writeUser(to buffer: inout ByteBuffer, over line: some ChatTransport) {
        get(userGet, &buffer, line) { _ in }
    }

    func writeChats(with bot: String, to buffer: inout ByteBuffer, over line: some ChatTransport) {
        get(chats, &buffer, line) { $0.append(percentEncoded: bot) }
    }

    func writeDelete(chat: String, to buffer: inout ByteBuffer, over line: some ChatTransport) {
        get(chatDelete, &buffer, line) { $0.append(percentEncoded: chat) }
    }

    /// Asks for messages; as in the official client, what is not set is left out.
    func writeMessages(
        _ query: MessageQuery, to buffer: inout ByteBuffer, over line: some ChatTransport
    ) {
        get(messages, &buffer, line) { buffer in
            buffer.append(percentEncoded: query.chat)
            buffer.append("/messages")
            var separator = "?"
            func append(_ name: String, _ value: String?) {
                guard let value else { return }
                buffer.append(separator)
                buffer.append(name)
                buffer.append(percentEncoded: value)
                separator = "&"
            }
            append("sender_id=", query.sender)
            append("page=", query.page.map(String.init))
            append("limit=", query.limit.map(String.init))
            append("since=", query.since.map(String.init))
        }
    }

    func writeLogin(
        as nickname: String, to buffer: inout ByteBuffer, over line: some ChatTransport
    ) {
        post(login, &buffer, line) {
            $0.append("{\"nickname\":\"")
            $0.append(jsonEscaped: nickname)
            $0.append("\"}")
        }
    }

    func writeNewChat(with bot: String, to buffer: inout ByteBuffer, over line: some ChatTransport)
    {
        post(chatCreate, &buffer, line) {
            $0.append("{\"botId\":\"")
            $0.append(jsonEscaped: bot)
            $0.append("\"}")
        }
    }

    func writeMessage(
        _ text: String, attaching files: [String], in chat: String, to buffer: inout ByteBuffer,
        over line: some ChatTransport
    ) {
        post(messageSend, &buffer, line) {
            $0.append("{\"chatId\":\"")
            $0.append(jsonEscaped: chat)
            $0.append("\",\"body\":\"")
            $0.append(jsonEscaped: text)
            $0.append("\"")
            var separator = ",\"attachmentIds\":["
            for file in files {
                $0.append(separator)
                $0.append("\"")
                $0.append(jsonEscaped: file)
                $0.append("\"")
                separator = ","
            }
            $0.append(files.isEmpty ? "}" : "]}")
        }
    }

    func writeUpload(
        _ form: MultipartForm, to buffer: inout ByteBuffer, over line: some ChatTransport
    ) {
        files.begin(&buffer)
        files.endTarget(&buffer, host: line.host, cookies: line.cookies)
        files.append(header: "Content-Type", form.contentType, to: &buffer)
        let mark = files.beginBody(&buffer)
        form.append(to: &buffer)
        files.endBody(&buffer, since: mark)
    }

    private func get(
        _ template: RequestTemplate, _ buffer: inout ByteBuffer, _ line: some ChatTransport,
        rest: (inout ByteBuffer) -> Void
    ) {
        template.begin(&buffer)
        rest(&buffer)
        template.endTarget(&buffer, host: line.host, cookies: line.cookies)
        template.endHead(&buffer)
    }

    private func post(
        _ template: RequestTemplate, _ buffer: inout ByteBuffer, _ line: some ChatTransport,
        body: (inout ByteBuffer) -> Void
    ) {
        template.begin(&buffer)
        template.endTarget(&buffer, host: line.host, cookies: line.cookies)
        let mark = template.beginBody(&buffer)
        body(&buffer)
        template.endBody(&buffer, since: mark)
    }
}

/// Which messages of a chat are asked for.
struct MessageQuery {
    var chat: String
    var sender: String?
    var page: Int?
    var limit: Int?
    var since: Int?
}
