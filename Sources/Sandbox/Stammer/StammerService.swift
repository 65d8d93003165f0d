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

/// A message request's fields, checked one by one as a serializer does.
struct StammerFields {
    /// The documentation says "under 5000".
    private static let longestQuery = 4999

    private enum Fault: String {
        case missing = "This field is required."
        case null = "This field may not be null."
        case notText = "Not a valid string."
        case blank = "This field may not be blank."
        case tooLong = "Must be under 5000 characters."
        case notUUID = "Must be a valid UUID."
    }

    /// The UUID's 32 digits in lower case.
    private(set) var chatbot = ByteBuffer()
    private(set) var query = ByteBuffer()
    private(set) var userKey = ByteBuffer()
    private var faults: (chatbot: Fault?, query: Fault?, userKey: Fault?, prompt: Fault?)
    private var ignored = ByteBuffer()
    private var uuid = ByteBuffer()

    /// The nil UUID, which belongs to no chatbot; every other one is taken for one.
    var isNilChatbot: Bool { chatbot.bytes.allSatisfy { $0 == UInt8(ascii: "0") } }

    /// Reads a body; a description when it is not JSON. Of a repeated key the last value counts.
    mutating func read(_ body: Span<UInt8>) -> String? {
        faults = (.missing, .missing, .missing, nil)
        var scanner = JSONScanner()
        do {
            let first = try scanner.next(in: body)
            guard first == .beginObject else {
                try scanner.skipRest(of: first, in: body)
                return try scanner.next(in: body) == .end ? nil : "Extra data"
            }
            while case .key(let key) = try scanner.next(in: body) {
                try readMember(key, body, &scanner)
            }
            _ = try scanner.next(in: body)
        } catch {
            return "Expecting value: line 1 column \(error.offset + 1) (char \(error.offset))"
        }
        check()
        return nil
    }

    private mutating func readMember(
        _ key: JSONText, _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws(JSONError) {
        if key.equals("query", in: body) {
            faults.query = try Self.readText(into: &query, body, &scanner)
        } else if key.equals("user_key", in: body) {
            faults.userKey = try Self.readText(into: &userKey, body, &scanner)
        } else if key.equals("chatbot_uuid", in: body) {
            faults.chatbot = try Self.readText(into: &uuid, body, &scanner)
        } else if key.equals("custom_base_system_prompt", in: body) {
            let fault = try Self.readText(into: &ignored, body, &scanner)
            faults.prompt = fault == .notText ? fault : nil
        } else {
            try scanner.skipValue(in: body)
        }
    }

    /// A number is taken for the text it is written as; the framework does so too.
    private static func readText(
        into buffer: inout ByteBuffer, _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws(JSONError) -> Fault? {
        buffer.clear()
        let token = try scanner.next(in: body)
        switch token {
        case .string(let text): text.append(to: &buffer, from: body)
        case .number(let range): buffer.append(body.extracting(range))
        case .null: return .null
        default:
            try scanner.skipRest(of: token, in: body)
            return .notText
        }
        return buffer.bytes.allSatisfy { $0 == 0x20 || $0 &- 0x09 < 5 } ? .blank : nil
    }

    private mutating func check() {
        if faults.query == nil, query.scalarCount > Self.longestQuery { faults.query = .tooLong }
        chatbot.clear()
        guard faults.chatbot == nil || faults.chatbot == .blank else { return }
        for byte in uuid.bytes where byte != UInt8(ascii: "-") {
            chatbot.append(byte: byte.lowercased)
        }
        let isHexadecimal = chatbot.bytes.allSatisfy { $0.hexDigit != nil }
        let isSeparated = uuid.count == 36 && Self.hasDashesInPlace(uuid.bytes)
        let isShaped = chatbot.count == 32 && (uuid.count == 32 || isSeparated)
        faults.chatbot = isHexadecimal && isShaped ? nil : .notUUID
    }

    private static func hasDashesInPlace(_ text: [UInt8]) -> Bool {
        [8, 13, 18, 23].allSatisfy { $0 < text.count && text[$0] == UInt8(ascii: "-") }
    }

    /// Appends the error body when there is something to complain of; false when there is not.
    func writeErrors(into body: inout ByteBuffer) -> Bool {
        let all: [(StaticString, Fault?)] = [
            ("chatbot_uuid", faults.chatbot), ("query", faults.query),
            ("user_key", faults.userKey), ("custom_base_system_prompt", faults.prompt),
        ]
        guard all.contains(where: { $0.1 != nil }) else { return false }
        body.append(fixed: "{\"message\":\"Validation failed.\",\"errors\":{")
        var isFirst = true
        for case (let name, let fault?) in all {
            body.append(fixed: isFirst ? "\"" : ",\"")
            isFirst = false
            body.append(fixed: name)
            body.append(fixed: "\":[\"")
            body.append(fault.rawValue)
            body.append(fixed: "\"]")
        }
        body.append(fixed: "}}")
        return true
    }
}
