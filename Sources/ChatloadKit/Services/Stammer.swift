import Base
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
    let failures: ErrorBodyReader
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
        failures = ErrorBodyReader(fields: Self.errorFields)
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

    package func makeSession(identity: String) -> OverrideCache<Stammer> { OverrideCache() }

    @inline(never)
    package func play(
        _ turn: Turn, of conversation: ConversationContext, in session: OverrideCache<Stammer>,
        over line: some ChatTransport
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
        _ text: String, in conversation: ConversationContext, over line: some ChatTransport
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

/// What Stammer's responses mean.
extension Stammer {
    static let errorFields = JSONFields(literal: "message", "error", "detail", "errors")

    /// Reads the first answer there is, in the order of the answer paths.
    ///
    /// A 200 that has an error and no answer of its own is a service error; `message` alone is an
    /// answer by default, because error texts there come with a status. A 202 without an answer
    /// means the reply goes elsewhere: the exchange is complete, with an empty reply.
    func read(
        _ head: ResponseHead, _ body: Span<UInt8>, into reception: inout ParsedReply
    ) throws(ExchangeFailure) {
        try failures.checkStatus(head, body)
        guard 200...202 ~= head.status else {
            throw failures.failure(.httpUnexpected, "this status is no answer")
        }
        if head.status == 202 && body.isEmpty { return reception.deliversReply = true }
        var answer: (path: Int, text: JSONText)?
        var hasError = false
        do throws(JSONError) {
            try replyFields.read(body) { path, token, range in
                if path >= answerCount {
                    hasError = hasError || Self.isError(token, range)
                } else if case .string(let text) = token, path <= answer?.path ?? path {
                    answer = (path, text)
                }
            }
        } catch {
            throw failures.malformed(error, body)
        }
        if let answer, !hasError || !isMessage(answer.path) {
            answer.text.append(to: &reception.reply, from: body)
        } else if hasError {
            throw failures.failure(.serviceError, failures.text(of: body) ?? "an empty error")
        } else if head.status != 202 {
            throw failures.lacking("answer text", body)
        }
        reception.deliversReply = true
    }

    /// Whether an answer comes from the field that also carries error texts.
    private func isMessage(_ path: Int) -> Bool { replyFields.paths[path].text == "message" }

    /// Whether an error field says that there is one: not null, false, or empty.
    private static func isError(_ token: JSONToken, _ range: Range<Int>) -> Bool {
        switch token {
        case .null, .bool(false): false
        case .beginObject, .beginArray: range.count > 2
        case .string: !range.isEmpty
        default: true
        }
    }
}

/// Stammer's parameters as it needs them.
extension ServiceSettings {
    /// The chatbot's UUID.
    func chatbotUUID() throws(SettingComplaint) -> String {
        let text = self["chatbot_uuid"] ?? ""
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        let isUUID =
            groups.map(\.count) == [8, 4, 4, 4, 12]
            && groups.joined().utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        guard isUUID else {
            throw SettingComplaint(
                service: service, parameter: "chatbot_uuid", problem: "is no UUID: \"\(text)\"",
                advice: "copy it from the chatbot's detail page")
        }
        return text
    }

    /// Where the answer may be, the best place first.
    func answerPaths() throws(SettingComplaint) -> [JSONPath] {
        let texts = (self["answer_path"] ?? "").split(separator: ",").map {
            String($0.filter { $0 != " " })
        }
        let paths = texts.compactMap { JSONPath($0) }
        guard !paths.isEmpty, paths.count == texts.count, paths.count <= 16 else {
            throw SettingComplaint(
                service: service, parameter: "answer_path",
                problem: "is no path: \"\(self["answer_path"] ?? "")\"",
                advice: "write it like data.answer or messages.0.text, at most 16 with commas")
        }
        return paths
    }
}
