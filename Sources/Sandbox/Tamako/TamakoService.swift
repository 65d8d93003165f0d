import Base
import Networking

/// The Tamako chat API, third generation (prvid, svcid, svcsecret).
///
/// A missing parameter is looked for first, then the credentials. Status codes of the two error
/// bodies are not documented: its official clients take 401 for wrong credentials, and a later
/// version of the service answers 400 to a missing parameter.
struct TamakoService {
    private let missingStatus: Int
    private let credentials: Credentials
    private let replies: ReplyText
    private var conduct: ServiceBehaviour
    private var conversations = ConversationTable()
    private var values = TamakoParameters()
    private var reply = ByteBuffer()
    private(set) var ledger: CredentialLedger

    init(_ settings: SandboxSettings) {
        missingStatus = settings.tamakoMissingStatus
        credentials = settings.credentials
        replies = ReplyText(seed: settings.seed)
        conduct = ServiceBehaviour(settings.tamako, seed: settings.seed, stream: 1)
        ledger = CredentialLedger(settings.tamako)
    }

    /// Whether this is a request for a chat.
    static func owns(_ request: borrowing Request) -> Bool {
        request.isGet && isChat(request.bytes.span, request.path)
    }

    /// Answers a request for a path that begins with `/api`.
    mutating func answer(
        _ request: borrowing Request, at now: Nanoseconds, into response: inout Response
    ) -> Route {
        guard Self.owns(request) else {
            let method = request.text(request.methodText)
            response.setExpressPage(
                "Cannot \(method) \(request.text(request.path))", status: 404)
            return .tamakoOther
        }
        if conduct.fails() {
            response.delay = conduct.latency()
            response.setExpressPage("Internal Server Error", status: 500)
            return .tamakoChat
        }
        values.read(request)
        response.contentType = "application/json; charset=utf-8"
        if values.isIncomplete {
            response.status = missingStatus
            writeArguments(api: "{\"api\":\"TamakoBot API\",\"args\":", into: &response)
            response.body.append(fixed: ",\"error\":\"missing_arguements\"}")
        } else {
            chat(at: now, into: &response)
        }
        return .tamakoChat
    }

    private mutating func chat(at now: Nanoseconds, into response: inout Response) {
        let isValid = credentials.takesTamako(
            provision: values.provision.bytes.span, service: values.service.bytes.span,
            secret: values.secret.bytes.span)
        guard isValid else {
            response.status = 401
            writeArguments(api: Self.secondVersion, into: &response)
            response.body.append(fixed: ",\"error\":\"null\"}")
            return
        }
        let credential = HashedKey(values.provision.bytes.span, values.service.bytes.span)
        if let standing = ledger.admit(credential, at: now) {
            writeLimit(standing, at: now, into: &response)
            if standing.wait > .zero { return }
        }
        let key = HashedKey(values.provision.bytes.span, values.user.bytes.span)
        let turn = conversations.advance(key).turn
        reply.clear()
        replies.append(to: &reply, message: values.message.bytes, turn: turn)
        ledger.charge(values.message.tokenCount + reply.tokenCount, to: credential, at: now)
        writeArguments(api: Self.secondVersion, into: &response)
        response.body.append(fixed: ",\"response\":")
        response.body.append(json: reply.bytes.span)
        response.body.append(fixed: "}")
        response.delay = conduct.latency()
    }

    private static let secondVersion: StaticString = "{\"api\":\"TamakoBot API V2\",\"args\":"

    /// The echo of the parameters; `prefix` and `dev` are not echoed.
    private func writeArguments(api: StaticString, into response: inout Response) {
        response.body.append(fixed: api)
        write("{\"prvid\":", values.provision, isOptional: false, into: &response.body)
        write(",\"svcid\":", values.service, isOptional: false, into: &response.body)
        write(",\"svcsecret\":", values.secret, isOptional: false, into: &response.body)
        write(",\"userid\":", values.user, isOptional: false, into: &response.body)
        write(",\"gender\":", values.gender, isOptional: true, into: &response.body)
        write(",\"name\":", values.name, isOptional: true, into: &response.body)
        write(",\"incoming_message\":", values.message, isOptional: false, into: &response.body)
        response.body.append(fixed: "}")
    }

    private func write(
        _ label: StaticString, _ value: ByteBuffer, isOptional: Bool, into body: inout ByteBuffer
    ) {
        body.append(fixed: label)
        if value.isEmpty && !isOptional {
            body.append(fixed: "null")
        } else {
            body.append(json: value.bytes.span)
        }
    }

    /// Express matches paths in any case and with or without a slash at the end.
    private static func isChat(_ bytes: Span<UInt8>, _ path: Range<Int>) -> Bool {
        bytes.equalsIgnoringCase("/api/chat", path) || bytes.equalsIgnoringCase("/api/chat/", path)
    }
}

extension TamakoService {
    /// Adds where a credential stands, and refuses the request if it comes too early.
    ///
    /// No limit of the third generation is known. The headers are the fourth's, whose `Retry-After`
    /// is in minutes and seconds (`15:00`) and whose reset is a date as JavaScript prints it.
    func writeLimit(
        _ standing: CredentialLedger.Standing, at now: Nanoseconds, into response: inout Response
    ) {
        let reset = (now + standing.reset).wholeSeconds
        response.addHeader("X-RateLimit-Limit", "\(standing.limit.amount)")
        response.addHeader("X-RateLimit-Remaining", "\(standing.left)")
        response.addHeader("X-RateLimit-Reset", Self.javaScriptDate(second: reset))
        guard standing.wait > .zero else { return }
        let wait = standing.wait.wholeSeconds
        response.status = 429
        response.addHeader(
            "Retry-After", "\(twoDigits(wait / 60)):\(twoDigits(wait % 60))")
        response.body.append(fixed: "{\"error\":true,\"message\":")
        response.body.append(json: "You are being rate limited: \(standing.limit)")
        response.body.append(fixed: "}")
    }

    /// The date as JavaScript prints it by default on a machine in UTC.
    private static func javaScriptDate(second: Int64) -> String {
        let parts = HTTPDate.text(second: second).split(separator: " ")
        return "\(parts[0].dropLast()) \(parts[2]) \(parts[1]) \(parts[3]) \(parts[4]) GMT+0000 "
            + "(Coordinated Universal Time)"
    }
}

/// The query's nine parameters, decoded. Of a parameter given twice the first counts, and one that
/// is empty counts as not given.
struct TamakoParameters {
    var provision = ByteBuffer()
    var service = ByteBuffer()
    var secret = ByteBuffer()
    var message = ByteBuffer()
    var user = ByteBuffer()
    var name = ByteBuffer()
    var gender = ByteBuffer()

    /// Whether one of the five required ones is missing.
    var isIncomplete: Bool {
        provision.isEmpty || service.isEmpty || secret.isEmpty || message.isEmpty || user.isEmpty
    }

    /// Takes over a request's values and the defaults for what is not there. `dev` and `prefix`
    /// have no effect that a client could see.
    mutating func read(_ request: borrowing Request) {
        clear()
        let bytes = request.bytes.span
        QueryString.forEach(in: bytes, request.query) { label, value in
            switch label.count {
            case 4 where bytes.equals("user", label): Self.set(&user, bytes, value)
            case 4 where bytes.equals("name", label): Self.set(&name, bytes, value)
            case 5 where bytes.equals("prvid", label): Self.set(&provision, bytes, value)
            case 5 where bytes.equals("svcid", label): Self.set(&service, bytes, value)
            case 6 where bytes.equals("gender", label): Self.set(&gender, bytes, value)
            case 7 where bytes.equals("message", label): Self.set(&message, bytes, value)
            case 9 where bytes.equals("svcsecret", label): Self.set(&secret, bytes, value)
            default: break
            }
        }
        if name.isEmpty { name.append(fixed: "Tamako") }
        if gender.isEmpty { gender.append(fixed: "female") }
    }

    private static func set(
        _ parameter: inout ByteBuffer, _ bytes: Span<UInt8>, _ value: Range<Int>
    ) {
        guard parameter.isEmpty else { return }
        QueryString.decode(bytes, value, to: &parameter)
    }

    private mutating func clear() {
        provision.clear()
        service.clear()
        secret.clear()
        message.clear()
        user.clear()
        name.clear()
        gender.clear()
    }
}

extension Response {
    /// The page that Express answers with when no route does: 404 `Cannot GET /path`, or 500, as from a
    /// handler that threw in production.
    mutating func setExpressPage(_ text: String, status: Int) {
        self.status = status
        contentType = Response.html
        headers.append(fixed: "Content-Security-Policy: default-src 'none'\r\n")
        headers.append(fixed: "X-Content-Type-Options: nosniff\r\n")
        body.append(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>Error</title>
            </head>
            <body>
            <pre>\(Self.escaped(text))</pre>
            </body>
            </html>

            """)
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
    }
}
