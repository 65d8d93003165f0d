import Base
import Networking

/// The requests of Botyard's Client API: fixed parts by method and kind of body.
struct BotyardRoutes: Sendable {
    static let path = "/v1/client-api"

    private let get, delete, post, upload: RequestTemplate

    init(at address: ServiceAddress) {
        func template(_ method: String, _ own: [HeaderField] = []) -> RequestTemplate {
            RequestTemplate(
                method: method, target: address.pathPrefix + Self.path + "/",
                headers: address.headers(own))
        }
        get = template("GET")
        delete = template("DELETE")
        post = template("POST", [HeaderField("Content-Type", "application/json")])
        upload = template("POST")
    }

    /// Asks for a path that may have an id within.
    func get(
        _ path: String, _ id: String = "", _ rest: String = "", to buffer: inout ByteBuffer,
        over transport: any ChatTransport
    ) {
        send(get, &buffer, transport) {
            $0.append(path)
            $0.append(percentEncoded: id)
            $0.append(rest)
        }
    }

    /// Asks for messages; as in the official client, what is not set is left out.
    func get(
        _ query: MessageQuery, to buffer: inout ByteBuffer, over transport: any ChatTransport
    ) {
        send(get, &buffer, transport) { buffer in
            buffer.append("chat/")
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

    func delete(chat: String, to buffer: inout ByteBuffer, over transport: any ChatTransport) {
        send(delete, &buffer, transport) {
            $0.append("chat/")
            $0.append(percentEncoded: chat)
        }
    }

    func postUser(
        _ nickname: String, to buffer: inout ByteBuffer, over transport: any ChatTransport
    ) {
        send("user", to: &buffer, over: transport) {
            $0.append { $0.append("nickname", nickname) }
        }
    }

    func postChat(
        with bot: String, to buffer: inout ByteBuffer, over transport: any ChatTransport
    ) {
        send("chat", to: &buffer, over: transport) {
            $0.append { $0.append("botId", bot) }
        }
    }

    func postMessage(
        _ text: String, attaching files: [String], in chat: String, to buffer: inout ByteBuffer,
        over transport: any ChatTransport
    ) {
        send("chat/message", to: &buffer, over: transport) {
            $0.append { message in
                message.append("chatId", chat)
                message.append("body", text)
                if !files.isEmpty { message.append("attachmentIds", files) }
            }
        }
    }

    func post(
        _ form: MultipartForm, to buffer: inout ByteBuffer, over transport: any ChatTransport
    ) {
        upload.begin(&buffer)
        buffer.append("files")
        upload.endTarget(&buffer, host: transport.host, cookies: transport.cookies)
        upload.append(header: "Content-Type", form.contentType, to: &buffer)
        let mark = upload.beginBody(&buffer)
        form.append(to: &buffer)
        upload.endBody(&buffer, since: mark)
    }

    /// A request without a body.
    private func send(
        _ template: RequestTemplate, _ buffer: inout ByteBuffer, _ transport: any ChatTransport,
        path: (inout ByteBuffer) -> Void
    ) {
        template.begin(&buffer)
        path(&buffer)
        template.endTarget(&buffer, host: transport.host, cookies: transport.cookies)
        template.endHead(&buffer)
    }

    /// A request with a body of JSON.
    private func send(
        _ path: String, to buffer: inout ByteBuffer, over transport: any ChatTransport,
        body: (inout ByteBuffer) -> Void
    ) {
        post.begin(&buffer)
        buffer.append(path)
        post.endTarget(&buffer, host: transport.host, cookies: transport.cookies)
        let mark = post.beginBody(&buffer)
        body(&buffer)
        post.endBody(&buffer, since: mark)
    }
}

/// A query for messages of a chat.
struct MessageQuery {
    var chat: String
    var sender: String?
    var page: Int?
    var limit: Int?
    var since: Int?
}

extension MessageQuery {
    /// The query of `messages.list` as set.
    init(of chat: String, _ settings: ServiceSettings) throws(Fault) {
        self.chat = chat
        sender = settings["sender_id"]
        page = try settings.number("page", in: 1...Int(Int32.max))
        limit = try settings.number("limit", in: 1...Int(Int32.max))
        since = try settings.number("since", in: 0...Int.max)
    }
}
