import Base
import Networking

extension ServiceDescription {
    /// The description of Stammer AI's "Message AI Agent".
    package static let stammer = ServiceDescription(
        name: "stammer", summary: "Stammer AI Message AI Agent: one POST per message",
        path: "/{language}" + Stammer.path,
        parameters: [
            ServiceParameter("token", "the API token", sandbox: "sandbox-token", isSecret: true),
            ServiceParameter(
                "chatbot_uuid", "the chatbot's UUID, from its detail page",
                sandbox: "12345678-1234-5678-1234-567812345678"),
            ServiceParameter("language", "the language segment of the path", default: "en"),
            ServiceParameter(
                "custom_base_system_prompt", "replaces the chatbot's base system message",
                role: .system),
            ServiceParameter(
                "answer_path",
                "where the answer is in the reply; several, the best first, with commas between",
                default: "data.answer,data.message,answer,response,message"),
        ],
        // A query must be under 5,000 characters, counted as the service's language counts them.
        textLimit: 4_999
    ) { (setup) throws(Fault) in try Stammer(setup) }
}

/// Stammer AI's "Message AI Agent": one POST per message, the answer in the response.
final class Stammer: ChatService {
    /// Its path behind the language.
    static let path = "/chatbot/api/v1/message"

    let setup: ServiceSetup
    private let failures: ErrorBodyReader
    /// The answer's places, then the errors'.
    private let replyFields: JSONFields
    private let answerCount: Int
    private let template: RequestTemplate
    /// The body up to the query's text, and from the user key's text on.
    private let bodyStart: [UInt8]
    private let bodyEnd: [UInt8]

    init(_ setup: ServiceSetup) throws(Fault) {
        self.setup = setup
        let (settings, address) = (setup.settings, setup.address)
        failures = ErrorBodyReader(fields: Self.errorFields)
        let answers = try settings.answerPaths()
        replyFields = JSONFields(answers + Self.errorFields.paths.dropFirst())
        answerCount = answers.count
        var target = ByteBuffer()
        target.append(address.pathPrefix + "/")
        target.append(percentEncoded: settings["language"] ?? "en")
        target.append(Self.path + "/")
        let authorization = HeaderField("Authorization", "Token \(settings["token"] ?? "")")
        guard authorization.isValid else {
            throw settings.service.fault(
                "token", "cannot stand in a header",
                "check it for line breaks and control characters")
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

    func play(
        _ turn: Turn, in session: ServiceSession, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        try await transport.exchange(
            .say, prompt: turn.text, stream: nil,
            build: { buffer in
                template.begin(&buffer)
                template.endTarget(&buffer, host: transport.host)
                let mark = template.beginBody(&buffer)
                buffer.append(bodyStart)
                buffer.append(jsonEscaped: turn.text)
                buffer.append("\",\"user_key\":\"")
                append(userKeyOf: session.conversation, to: &buffer)
                buffer.append(bodyEnd)
                template.endBody(&buffer, since: mark)
            },
            read: { (head, body, reply) throws(ExchangeFailure) in
                try read(head, body, into: &reply)
            })
    }

    /// The service continues the conversation it knows by a key, so a key is the identity alone only
    /// where the script pins it; otherwise its number makes every conversation a fresh one.
    private func append(userKeyOf conversation: ConversationContext, to buffer: inout ByteBuffer) {
        buffer.append(jsonEscaped: conversation.identity)
        if conversation.isPinned { return }
        buffer.append("-")
        buffer.append(decimal: conversation.iteration)
    }

    func placeholderReply(to step: ServiceStep, with parameters: [String: String]) -> String {
        #"{"message":"Success","data":{"answer":"Hello! How can I help?","chat_id":4211}}"#
    }
}

/// What Stammer's responses mean.
extension Stammer {
    private static let errorFields = JSONFields(literal: "message", "error", "detail", "errors")

    /// Reads the first answer there is, in the order of the answer paths.
    ///
    /// A 200 that has an error and no answer of its own is a service error; `message` alone is an
    /// answer by default, because error texts there come with a status. A 202 without an answer
    /// means the reply goes elsewhere: the exchange is complete, with an empty reply.
    private func read(
        _ head: ResponseHead, _ body: Span<UInt8>, into reply: inout ParsedReply
    ) throws(ExchangeFailure) {
        try failures.checkStatus(head, body)
        guard 200...202 ~= head.status else {
            throw ExchangeFailure(.httpUnexpected, "this status is no answer")
        }
        if head.status == 202 && body.isEmpty { return reply.deliversReply = true }
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
            throw ErrorBodyReader.malformed(error, body)
        }
        if let answer, !hasError || !isMessage(answer.path) {
            answer.text.append(to: &reply.text, from: body)
        } else if hasError {
            throw ExchangeFailure(.serviceError, failures.text(of: body) ?? "an empty error")
        } else if head.status != 202 {
            throw ErrorBodyReader.lacking("answer text", body)
        }
        reply.deliversReply = true
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
    fileprivate func chatbotUUID() throws(Fault) -> String {
        let text = self["chatbot_uuid"] ?? ""
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        let isUUID =
            groups.map(\.count) == [8, 4, 4, 4, 12]
            && groups.joined().utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        guard isUUID else {
            throw service.fault(
                "chatbot_uuid", "is no UUID: \"\(text)\"",
                "copy it from the chatbot's detail page")
        }
        return text
    }

    /// Where the answer may be, the best place first.
    fileprivate func answerPaths() throws(Fault) -> [JSONPath] {
        let texts = (self["answer_path"] ?? "").split(separator: ",").map {
            String($0.filter { $0 != " " })
        }
        let paths = texts.compactMap { JSONPath($0) }
        guard !paths.isEmpty, paths.count == texts.count, paths.count <= 16 else {
            throw service.fault(
                "answer_path", "is no path: \"\(self["answer_path"] ?? "")\"",
                "write it like data.answer or messages.0.text, at most 16 with commas")
        }
        return paths
    }
}
