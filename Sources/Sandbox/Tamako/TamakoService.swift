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
    private var conduct: Conduct
    private var conversations = ConversationTable()
    private var values = TamakoParameters()
    private var reply = ByteBuffer()

    init(_ settings: SandboxSettings) {
        missingStatus = settings.tamakoMissingStatus
        credentials = settings.credentials
        replies = ReplyText(seed: settings.seed)
        conduct = Conduct(settings.tamako, seed: settings.seed, stream: 1)
    }

    /// Answers a request for a path that begins with `/api`.
    mutating func answer(_ request: borrowing Request, into response: inout Response) -> Route {
        guard request.isGet, Self.isChat(request.bytes.span, request.path) else {
            ExpressPage.cannot(request, into: &response)
            return .tamakoOther
        }
        if conduct.fails() {
            response.delay = conduct.latency()
            ExpressPage.failure(into: &response)
            return .tamakoChat
        }
        values.read(request)
        response.contentType = .jsonUTF8
        if values.isIncomplete {
            response.status = missingStatus
            writeArguments(api: "{\"api\":\"TamakoBot API\",\"args\":", into: &response)
            response.body.append(fixed: ",\"error\":\"missing_arguements\"}")
        } else {
            chat(into: &response)
        }
        return .tamakoChat
    }

    private mutating func chat(into response: inout Response) {
        writeArguments(api: "{\"api\":\"TamakoBot API V2\",\"args\":", into: &response)
        let isValid = credentials.takesTamako(
            provision: values.provision.bytes.span, service: values.service.bytes.span,
            secret: values.secret.bytes.span)
        guard isValid else {
            response.status = 401
            response.body.append(fixed: ",\"error\":\"null\"}")
            return
        }
        let key = ConversationTable.Key(values.provision.bytes.span, values.user.bytes.span)
        let turn = conversations.advance(key).turn
        reply.clear()
        replies.append(to: &reply, message: values.message.bytes, turn: turn)
        response.body.append(fixed: ",\"response\":")
        response.body.append(json: reply.bytes.span)
        response.body.append(fixed: "}")
        response.delay = conduct.latency()
    }

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
