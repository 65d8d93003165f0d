import Base
import Networking

/// The Tamako Chat API as its documentation of March 2021 has it (the third generation on the
/// wire): one GET with everything in the query, the reply in `response`.
///
/// The fourth generation's `message` field is not taken for a reply: that generation has neither
/// these parameters nor these errors, and a 200 without `response` is worth knowing about.
///
/// A class, so that a turn's use of it costs one reference count and not one for every field.
package final class Tamako: ChatService {
    static let parameters = [
        ServiceParameter(
            required: "prvid", "Provision ID from the developer center",
            sandbox: "com.chatload.sandbox", isSecret: true),
        ServiceParameter(
            required: "svcid", "Service ID", sandbox: "sandbox-service", isSecret: true),
        ServiceParameter(
            required: "svcsecret", "Service Secret", sandbox: "sandbox-secret", isSecret: true),
        ServiceParameter("name", aliases: ["bot_name"], "the bot's name", default: "Tamako"),
        ServiceParameter("gender", "the bot's gender", default: "female"),
        ServiceParameter("dev", "the bot's developer", default: "Bear#3437"),
        ServiceParameter("prefix", "the bot's prefix", default: "Not Set By Developer"),
    ]

    let settings: ServiceSettings
    package let secrets: Secrets
    let failures: ErrorBodyReader
    let replyFields = JSONFields(literal: "response", "error")
    let address: ServiceAddress
    private let template: RequestTemplate
    /// The query behind the user's identity.
    private let tail: [UInt8]

    convenience init(
        _ settings: ServiceSettings, at address: ServiceAddress
    ) throws(SettingComplaint) {
        let secrets = Secrets(settings.secretValues + address.secretValues)
        try self.init(settings, at: address, secrets: secrets)
    }

    private init(
        _ settings: ServiceSettings, at address: ServiceAddress, secrets: Secrets
    ) throws(SettingComplaint) {
        self.settings = settings
        self.address = address
        self.secrets = secrets
        failures = ErrorBodyReader(fields: Self.errorFields)
        var start = ByteBuffer()
        start.append(address.pathPrefix + "/api/chat?")
        for name in ["prvid", "svcid", "svcsecret"] {
            start.append("\(name)=")
            start.append(percentEncoded: settings[name] ?? "")
            start.append("&")
        }
        start.append("message=")
        template = RequestTemplate(
            method: "GET", target: start.text, headers: address.headers([]))
        var tail = ByteBuffer()
        for name in ["name", "gender", "dev", "prefix"] {
            guard let value = settings[name] else { continue }
            tail.append("&\(name)=")
            tail.append(percentEncoded: value)
        }
        self.tail = tail.bytes
    }

    package func makeSession(identity: String) -> OverrideCache<Tamako> { OverrideCache() }

    @inline(never)
    package func play(
        _ turn: Turn, of conversation: ConversationContext, in session: OverrideCache<Tamako>,
        over line: some ChatTransport
    ) async throws(ExchangeFailure) {
        guard case .say(let text) = turn.action else {
            throw ExchangeFailure(.script, ServiceName.tamako.objection(to: turn) ?? "")
        }
        let own = try session.service(self, for: conversation, turn, make: overridden)
        try await own.say(text, as: conversation.identity, over: line)
    }

    private func say(
        _ text: String, as identity: String, over line: some ChatTransport
    ) async throws(ExchangeFailure) {
        try await line.exchange(
            .say, prompt: text,
            build: { buffer in
                template.begin(&buffer)
                buffer.append(percentEncoded: text)
                buffer.append("&user=")
                buffer.append(percentEncoded: identity)
                buffer.append(tail)
                template.endTarget(&buffer, host: line.host)
                template.endHead(&buffer)
            },
            read: { (head, body, reception) throws(ExchangeFailure) in
                try read(head, body, into: &reception)
            })
    }

    /// This service with a script's parameters over the run's.
    private func overridden(
        by conversation: [String: String], _ turn: [String: String]
    ) throws(SettingComplaint) -> Tamako {
        try Tamako(
            settings.overridden(by: conversation, turn), at: address, secrets: secrets)
    }

    package func objection(to turn: Turn) -> String? {
        ServiceName.tamako.objection(to: turn)
    }

    package func objection(
        toParameters conversation: [String: String], _ turn: [String: String]
    ) -> String? {
        settings.objection(toParameters: conversation, turn, make: overridden)
    }

    package var parameters: [ServiceParameter] { Self.parameters }

    package func exchangeCount(of turn: Turn) -> ClosedRange<Int> { 1...1 }

    package func placeholderReply(
        to operation: Operation, with parameters: [String: String]
    ) -> String {
        #"{"api":"TamakoBot API V2","args":{},"response":"response by the api"}"#
    }
}

/// What Tamako's responses mean.
extension Tamako {
    static let errorFields = JSONFields(literal: "error", "message")

    /// The echoed parameters, next to the names they are sent under.
    private static let echoFields = JSONFields(
        literal: "args.prvid", "args.svcid", "args.svcsecret", "args.incoming_message",
        "args.userid", "args.name", "args.gender")
    private static let sentNames = [
        "prvid", "svcid", "svcsecret", "message", "user", "name", "gender",
    ]

    func read(
        _ head: ResponseHead, _ body: Span<UInt8>, into reception: inout ParsedReply
    ) throws(ExchangeFailure) {
        if head.contentProblem == nil, ErrorClass(status: head.status) == .http4xx,
            let told = errorDetail(head, body)
        {
            throw failures.failure(.http4xx, told)
        }
        try failures.checkStatus(head, body)
        var response: JSONText?
        var hasError = false
        do throws(JSONError) {
            try replyFields.read(body) { path, token, _ in
                if path == 1 {
                    hasError = token != .null
                } else if case .string(let text) = token {
                    response = text
                } else {
                    response = nil
                }
            }
        } catch {
            throw failures.malformed(error, body)
        }
        if hasError {
            throw failures.failure(.serviceError, errorDetail(head, body) ?? "an empty error")
        }
        guard let response else { throw failures.lacking("response text", body) }
        response.append(to: &reception.reply, from: body)
        reception.deliversReply = true
    }

    /// The documented errors in words: `"null"` (the text) means wrong authentication, and
    /// `missing_arguements` (so spelled) is followed by the parameters that arrived as null. Nil
    /// when the body names no error and the status says no more.
    private func errorDetail(_ head: ResponseHead, _ body: Span<UInt8>) -> String? {
        let told = failures.fieldText(in: body)
        if told == "null" { return "wrong authentication" }
        if head.status == 401 {
            return told.map { "wrong authentication: \($0)" } ?? "wrong authentication"
        }
        guard told == "missing_arguements" else { return told }
        var missing: [Int] = []
        try? Self.echoFields.read(body) { path, token, _ in
            if token == .null { missing.append(path) }
        }
        if missing.isEmpty { return told }
        return "missing_arguements: "
            + missing.sorted().map { Self.sentNames[$0] }.joined(separator: ", ")
    }
}
