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
    let failures: FailureText
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
        failures = FailureText(fields: Self.errorFields)
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

    package func makeSession(identity: String) -> Tuned<Tamako> { Tuned() }

    @inline(never)
    package func play(
        _ turn: Turn, of conversation: ConversationContext, in session: Tuned<Tamako>,
        over line: some ChatLine
    ) async throws(ExchangeFailure) {
        guard case .say(let text) = turn.action else {
            throw ExchangeFailure(.script, ServiceName.tamako.objection(to: turn) ?? "")
        }
        let own = try session.service(self, for: conversation, turn, make: overridden)
        try await own.say(text, as: conversation.identity, over: line)
    }

    private func say(
        _ text: String, as identity: String, over line: some ChatLine
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
