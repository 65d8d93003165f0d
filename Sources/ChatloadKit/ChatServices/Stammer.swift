import Networking

/// Stammer AI's "Message AI Agent": one POST per message, the answer in the response.
///
/// A class, so that a turn's use of it costs one reference count and not one for every field.
package final class Stammer: ChatService {
    static let parameters = [
        ServiceParameter(
            required: "token", "the API token", sandbox: "sandbox-token", isSecret: true),
        ServiceParameter(
            required: "chatbot_uuid", "the chatbot's UUID, from its detail page",
            sandbox: "12345678-1234-5678-1234-567812345678", isSecret: false),
        ServiceParameter("language", "the language segment of the path", default: "en"),
        ServiceParameter(
            "custom_base_system_prompt", "replaces the chatbot's base system message",
            takesSystemPrompt: true),
        ServiceParameter(
            "answer_path",
            "where the answer is in the reply; several, the best first, with commas between",
            default: "data.answer,data.message,answer,response,message"),
    ]

    /// A query must be under this many characters. Counted as Unicode scalars, as the service's
    /// language counts; what a reader sees as one character can be several.
    static let queryLimit = 5_000

    let settings: ServiceSettings
    package let secrets: Secrets
    let failures: FailureText
    /// The answer's places, then the errors'.
    let replyFields: JSONFields
    let answerCount: Int
    let address: ServiceAddress
    private let template: RequestTemplate
    /// The body up to the query's text, and from the user key's text on.
    private let bodyStart: [UInt8]
    private let bodyEnd: [UInt8]

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
        let token = settings["token"] ?? ""
        self.secrets = secrets
        failures = FailureText(fields: Self.errorFields)
        let answers = try settings.answerPaths()
        replyFields = JSONFields(answers + Self.errorFields.paths.dropFirst())
        answerCount = answers.count
        var target = ByteBuffer()
        target.append(address.pathPrefix + "/")
        target.append(percentEncoded: settings["language"] ?? "en")
        target.append("/chatbot/api/v1/message/")
        let authorization = HeaderField("Authorization", "Token \(token)")
        guard authorization.isValid else {
            throw SettingComplaint(
                service: .stammer, parameter: "token", problem: "cannot stand in a header",
                advice: "check it for line breaks and control characters")
        }
        template = RequestTemplate(
            method: "POST", target: target.text,
            headers: address.headers([
                authorization, HeaderField("Content-Type", "application/json"),
            ]))
        var start = ByteBuffer()
        start.append("{\"chatbot_uuid\":\"\(try settings.chatbotUUID())\",\"query\":\"")
        bodyStart = start.bytes
        var end = ByteBuffer()
        if let prompt = settings["custom_base_system_prompt"] {
            end.append("\",\"custom_base_system_prompt\":\"")
            end.append(jsonEscaped: prompt)
        }
        end.append("\"}")
        bodyEnd = end.bytes
    }

    package func makeSession(identity: String) -> Tuned<Stammer> { Tuned() }

    @inline(never)
    package func play(
        _ turn: Turn, of conversation: ConversationContext, in session: Tuned<Stammer>,
        over line: some ChatLine
    ) async throws(ExchangeFailure) {
        guard case .say(let text) = turn.action else {
            throw ExchangeFailure(.script, ServiceName.stammer.objection(to: turn) ?? "")
        }
        if let objection = Self.objection(toQuery: text) {
            throw ExchangeFailure(.script, objection)
        }
        let own = try session.service(self, for: conversation, turn, make: overridden)
        try await own.say(text, in: conversation, over: line)
    }

    private func say(
        _ text: String, in conversation: ConversationContext, over line: some ChatLine
    ) async throws(ExchangeFailure) {
        try await line.exchange(
            .say, prompt: text,
            build: { buffer in
                template.begin(&buffer)
                template.endTarget(&buffer, host: line.host)
                let mark = template.beginBody(&buffer)
                buffer.append(bodyStart)
                buffer.append(jsonEscaped: text)
                buffer.append("\",\"user_key\":\"")
                Self.append(userKeyOf: conversation, to: &buffer)
                buffer.append(bodyEnd)
                template.endBody(&buffer, since: mark)
            },
            read: { (head, body, reception) throws(ExchangeFailure) in
                try read(head, body, into: &reception)
            })
    }

    /// The service continues the conversation it knows by a key, so a key is the identity alone only
    /// where the script pins it; otherwise the ticket makes every conversation a fresh one.
    private static func append(
        userKeyOf conversation: ConversationContext, to buffer: inout ByteBuffer
    ) {
        buffer.append(jsonEscaped: conversation.identity)
        if conversation.isPinned { return }
        buffer.append("-")
        buffer.append(decimal: conversation.ticket)
    }

    /// This service with a script's parameters over the run's.
    private func overridden(
        by conversation: [String: String], _ turn: [String: String]
    ) throws(SettingComplaint) -> Stammer {
        try Stammer(
            settings.overridden(by: conversation, turn), at: address, secrets: secrets)
    }

    package func objection(to turn: Turn) -> String? {
        if let objection = ServiceName.stammer.objection(to: turn) { return objection }
        if case .say(let text) = turn.action, let objection = Self.objection(toQuery: text) {
            return objection
        }
        return nil
    }

    package func objection(
        toParameters conversation: [String: String], _ turn: [String: String]
    ) -> String? {
        settings.objection(toParameters: conversation, turn, make: overridden)
    }

    package var parameters: [ServiceParameter] { Self.parameters }

    private static func objection(toQuery text: String) -> String? {
        guard text.utf8.count >= queryLimit else { return nil }
        let count = text.unicodeScalars.count
        guard count >= queryLimit else { return nil }
        return "the text has \(count) characters and stammer takes at most \(queryLimit - 1); "
            + "shorten it or split it into several turns"
    }

    package func exchangeCount(of turn: Turn) -> ClosedRange<Int> { 1...1 }

    package func placeholderReply(
        to operation: Operation, with parameters: [String: String]
    ) -> String {
        #"{"message":"Success","data":{"answer":"Hello! How can I help?","chat_id":4211}}"#
    }
}
