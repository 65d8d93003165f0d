import Base
import Networking

/// Stammer's "Message AI Agent" endpoint. What its documentation does not say about errors follows
/// Django REST Framework, which the service gives itself away as: authentication comes before the
/// method, the method before the media type, that before the fields.
struct StammerService {
    let credentials: Credentials
    private let replies: ReplyText
    private var conduct: ServiceBehaviour
    private var conversations = ConversationTable()
    private var fields = StammerFields()
    private var reply = ByteBuffer()
    private(set) var ledger: CredentialLedger

    init(_ settings: SandboxSettings) {
        credentials = settings.credentials
        replies = ReplyText(seed: settings.seed)
        conduct = ServiceBehaviour(settings.stammer, seed: settings.seed, stream: 3)
        ledger = CredentialLedger(settings.stammer)
    }

    /// Whether the path is `/<language>/chatbot/…`.
    static func owns(_ bytes: Span<UInt8>, _ path: Range<Int>) -> Bool {
        language(bytes, path).map { bytes.matches("/chatbot/", at: $0) } ?? false
    }

    /// Answers a request for a path that `owns` has claimed.
    mutating func answer(
        _ request: borrowing Request, at now: Nanoseconds, into response: inout Response
    ) -> Route {
        let bytes = request.bytes.span
        guard let start = Self.language(bytes, request.path) else { return .stammerOther }
        let rest = start..<request.path.upperBound
        if bytes.equals("/chatbot/api/v1/message", rest) {
            redirect(request, into: &response)
            return .stammerOther
        }
        guard bytes.equals("/chatbot/api/v1/message/", rest) else {
            page("Not Found", status: 404, into: &response)
            return .stammerOther
        }
        response.headers.append(fixed: "Vary: Accept\r\nAllow: POST, OPTIONS\r\n")
        if conduct.fails() {
            response.delay = conduct.latency()
            page("Server Error (500)", status: 500, into: &response)
        } else {
            authenticated(request, at: now, into: &response)
        }
        return .stammerMessage
    }

    private mutating func authenticated(
        _ request: borrowing Request, at now: Nanoseconds, into response: inout Response
    ) {
        guard let credential = authenticate(request, into: &response) else { return }
        if let standing = ledger.admit(credential, at: now), standing.wait > .zero {
            throttle(standing.wait, into: &response)
        } else if request.method != .post {
            let method = request.text(request.methodText)
            detail("Method \"\(method)\" not allowed.", status: 405, into: &response)
        } else {
            post(request, into: &response)
            if response.status == 200 {
                let tokens =
                    fields.query.tokenCount + reply.tokenCount
                ledger.charge(tokens, to: credential, at: now)
            }
        }
    }

    private mutating func post(_ request: borrowing Request, into response: inout Response) {
        if let type = request.fields.contentType, !Self.isJSON(request.bytes.span, type) {
            let text = request.text(type)
            let complaint = "Unsupported media type \"\(text)\" in request."
            return detail(complaint, status: 415, into: &response)
        }
        let body = request.bodyBytes.span.extracting(request.body)
        if let error = fields.read(body) {
            return detail("JSON parse error - \(error)", status: 400, into: &response)
        }
        if fields.writeErrors(into: &response.body) {
            response.status = 400
            return
        }
        guard !fields.isNilChatbot else {
            response.status = 404
            return response.body.append(fixed: "{\"message\":\"Chatbot not found.\"}")
        }
        let key = HashedKey(fields.chatbot.bytes.span, fields.userKey.bytes.span)
        let entry = conversations.advance(key)
        reply.clear()
        replies.append(to: &reply, message: fields.query.bytes, turn: entry.turn)
        response.body.append(fixed: "{\"message\":\"Success\",\"data\":{\"answer\":")
        response.body.append(json: reply.bytes.span, .django)
        response.body.append(fixed: ",\"chat_id\":")
        response.body.append(decimal: entry.number)
        response.body.append(fixed: "}}")
        response.delay = conduct.latency()
    }

    func detail(_ text: String, status: Int, into response: inout Response) {
        response.status = status
        response.body.append(fixed: "{\"detail\":")
        response.body.append(json: text, .django)
        response.body.append(fixed: "}")
    }

    /// Django's pages are not JSON; clients have to fall back to the status.
    private func page(_ title: StaticString, status: Int, into response: inout Response) {
        response.status = status
        response.contentType = Response.html
        response.body.append(fixed: "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>")
        response.body.append(fixed: title)
        response.body.append(fixed: "</title>\n</head>\n<body>\n  <h1>")
        response.body.append(fixed: title)
        response.body.append(fixed: "</h1><p></p>\n</body>\n</html>\n")
    }

    /// Django sends whoever forgets the last slash to the right place, without the body.
    private func redirect(_ request: borrowing Request, into response: inout Response) {
        response.status = 301
        response.contentType = Response.html
        response.addHeader("Location", request.text(request.path) + "/")
    }

    /// Where the path goes on behind `/en` or `/pt-br`; nil when it does not begin like that.
    private static func language(_ bytes: Span<UInt8>, _ path: Range<Int>) -> Int? {
        func isLetter(_ index: Int) -> Bool {
            index < path.upperBound && bytes[index] | 0x20 &- 0x61 < 26
        }
        let start = path.lowerBound + 1
        guard isLetter(start), isLetter(start + 1) else { return nil }
        var index = start + 2
        if index < path.upperBound, bytes[index] == UInt8(ascii: "-") {
            index += 1
            while isLetter(index), index < start + 8 { index += 1 }
        }
        return index < path.upperBound && bytes[index] == UInt8(ascii: "/") ? index : nil
    }

    private static func isJSON(_ bytes: Span<UInt8>, _ type: Range<Int>) -> Bool {
        let end = type.first { bytes[$0] == UInt8(ascii: ";") || bytes[$0] == 0x20 }
        let essence = type.lowerBound..<(end ?? type.upperBound)
        return bytes.equalsIgnoringCase("application/json", essence)
    }
}

extension StammerService {
    /// Whose request it is; refuses it where its `Authorization` header lacks something. A scheme
    /// other than `Token` counts as no header.
    func authenticate(
        _ request: borrowing Request, into response: inout Response
    ) -> HashedKey? {
        let bytes = request.bytes.span
        let header = request.fields.authorization ?? 0..<0
        var token = min(header.lowerBound + 6, header.upperBound)..<header.upperBound
        while let first = token.first, bytes[first] == 0x20 { token.removeFirst() }
        let reason: String
        if !bytes.equalsIgnoringCase("token", header.prefix(5))
            || header.count > 5 && bytes[header.lowerBound + 5] != 0x20
        {
            reason = "Authentication credentials were not provided."
        } else if token.isEmpty {
            reason = "Invalid token header. No credentials provided."
        } else if token.contains(where: { bytes[$0] == 0x20 }) {
            reason = "Invalid token header. Token string should not contain spaces."
        } else if !credentials.takesStammer(bytes.extracting(token)) {
            reason = "Invalid token."
        } else {
            return HashedKey(bytes.extracting(token), Span())
        }
        response.headers.append(fixed: "WWW-Authenticate: Token\r\n")
        detail(reason, status: 401, into: &response)
        return nil
    }

    /// The framework's answer to a credential that asks too often.
    func throttle(_ wait: Nanoseconds, into response: inout Response) {
        let seconds = wait.wholeSeconds
        response.addHeader("Retry-After", "\(seconds)")
        detail(
            "Request was throttled. Expected available in \(seconds) "
                + (seconds == 1 ? "second." : "seconds."),
            status: 429, into: &response)
    }
}

extension Nanoseconds {
    /// The seconds, begun ones included.
    var wholeSeconds: Int64 { count / 1_000_000_000 + (count % 1_000_000_000 > 0 ? 1 : 0) }
}
