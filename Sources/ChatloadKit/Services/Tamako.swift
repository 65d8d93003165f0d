import Base
import Networking

extension ServiceDescription {
    /// The description of the Tamako Chat API.
    package static let tamako = ServiceDescription(
        name: "tamako",
        summary: "Tamako Chat API: one GET per message, the reply in the response",
        path: Tamako.path,
        parameters: [
            ServiceParameter(
                "prvid", "Provision ID from the developer center",
                sandbox: "com.chatload.sandbox", isSecret: true),
            ServiceParameter("svcid", "Service ID", sandbox: "sandbox-service", isSecret: true),
            ServiceParameter(
                "svcsecret", "Service Secret", sandbox: "sandbox-secret",
                isSecret: true),
            ServiceParameter("name", aliases: ["bot_name"], "the bot's name", default: "Tamako"),
            ServiceParameter("gender", "the bot's gender", default: "female"),
            ServiceParameter("dev", "the bot's developer", default: "Bear#3437"),
            ServiceParameter("prefix", "the bot's prefix", default: "Not Set By Developer"),
        ]
    ) { Tamako($0) }
}

/// The Tamako Chat API as its documentation of March 2021 has it (the third generation on the
/// wire): one GET with everything in the query, the reply in `response`.
///
/// The fourth generation's `message` field is not taken for a reply: that generation has neither
/// these parameters nor these errors, and a 200 without `response` is worth knowing about.
final class Tamako: ChatService {
    static let path = "/api/chat"

    let setup: ServiceSetup
    private let failures = ErrorBodyReader(fields: JSONFields(literal: "error", "message"))
    private let replyFields = JSONFields(literal: "response", "error")
    private let template: RequestTemplate
    /// The query behind the user's identity.
    private let tail: [UInt8]

    init(_ setup: ServiceSetup) {
        self.setup = setup
        var start = ByteBuffer()
        start.append(setup.address.pathPrefix + Self.path + "?")
        for name in ["prvid", "svcid", "svcsecret"] {
            start.append("\(name)=")
            start.append(percentEncoded: setup.settings[name] ?? "")
            start.append("&")
        }
        start.append("message=")
        template = RequestTemplate(
            method: "GET", target: start.text, headers: setup.address.headers([]))
        var tail = ByteBuffer()
        for name in ["name", "gender", "dev", "prefix"] {
            guard let value = setup.settings[name] else { continue }
            tail.append("&\(name)=")
            tail.append(percentEncoded: value)
        }
        self.tail = tail.bytes
    }

    func play(
        _ turn: Turn, in session: ServiceSession, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        try await transport.exchange(
            .say, prompt: turn.text, stream: nil,
            build: { buffer in
                template.begin(&buffer)
                buffer.append(percentEncoded: turn.text)
                buffer.append("&user=")
                buffer.append(percentEncoded: session.conversation.identity)
                buffer.append(tail)
                template.endTarget(&buffer, host: transport.host)
                template.endHead(&buffer)
            },
            read: { (head, body, reply) throws(ExchangeFailure) in
                try read(head, body, into: &reply)
            })
    }

    func placeholderReply(to step: ServiceStep, with parameters: [String: String]) -> String {
        #"{"api":"TamakoBot API V2","args":{},"response":"response by the api"}"#
    }
}

/// What Tamako's responses mean.
extension Tamako {
    /// The echoed parameters, next to the names they are sent under.
    private static let echoFields = JSONFields(
        literal: "args.prvid", "args.svcid", "args.svcsecret", "args.incoming_message",
        "args.userid", "args.name", "args.gender")
    private static let sentNames = [
        "prvid", "svcid", "svcsecret", "message", "user", "name", "gender",
    ]

    private func read(
        _ head: ResponseHead, _ body: Span<UInt8>, into reply: inout ParsedReply
    ) throws(ExchangeFailure) {
        if head.contentProblem == nil, ErrorClass(status: head.status) == .http4xx,
            let told = errorDetail(head, body)
        {
            throw ExchangeFailure(.http4xx, told)
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
            throw ErrorBodyReader.malformed(error, body)
        }
        if hasError {
            throw ExchangeFailure(.serviceError, errorDetail(head, body) ?? "an empty error")
        }
        guard let response else { throw ErrorBodyReader.lacking("response text", body) }
        response.append(to: &reply.text, from: body)
        reply.deliversReply = true
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
