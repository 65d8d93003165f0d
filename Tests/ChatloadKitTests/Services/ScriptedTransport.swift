@testable import ChatloadKit
import Base
import Networking
import Support
import Testing

/// A line that answers from a list and remembers what went over it.
final class ScriptedTransport: ChatTransport {
    struct Answer {
        var status: Int
        var body: String
        var cookie: String?
        var retryAfter: String?

        init(
            _ status: Int, _ body: String, cookie: String? = nil, retryAfter: String? = nil
        ) {
            self.status = status
            self.body = body
            self.cookie = cookie
            self.retryAfter = retryAfter
        }

        init(_ body: String) { self.init(200, body) }
    }

    var cookies = CookieJar()
    let host = "chat.test:8080"
    /// The answers still to come, per operation; when they run out, the placeholder.
    var answers: [ChatloadKit.Operation: [Answer]]
    private let placeholder: (ChatloadKit.Operation) -> String
    /// What happened in order: operations by name, waits as `pause 500ms`.
    private(set) var events: [String] = []
    private(set) var requests: [String] = []
    private(set) var prompts: [String] = []
    private(set) var failures: [ExchangeFailure] = []
    /// The receptions of the exchanges that succeeded.
    private(set) var receptions: [ParsedReply] = []

    init(
        _ service: ServiceChoice, answers: [ChatloadKit.Operation: [Answer]] = [:],
        with parameters: [String: String] = [:]
    ) {
        self.answers = answers
        placeholder = { service.placeholderReply(to: $0, with: parameters) }
    }

    /// The replies that reached the user.
    var replies: [String] { receptions.filter(\.deliversReply).map(\.reply.text) }

    func exchange<Result>(
        _ operation: ChatloadKit.Operation, prompt: String,
        build: (inout ByteBuffer) -> Void,
        read: (ResponseHead, Span<UInt8>, inout ParsedReply) throws(ExchangeFailure) -> Result
    ) async throws(ExchangeFailure) -> Result {
        events.append(operation.rawValue)
        prompts.append(prompt)
        requests.append(request(build))
        var answer = Answer(placeholder(operation))
        if let first = answers[operation]?.first {
            answer = first
            answers[operation]?.removeFirst()
        }
        if let cookie = answer.cookie { cookies.update(setCookie: Array(cookie.utf8).span) }
        var head = ResponseHead(status: answer.status)
        head.retryAfter = answer.retryAfter
        var reception = ParsedReply()
        do throws(ExchangeFailure) {
            let result = try read(head, Array(answer.body.utf8).span, &reception)
            receptions.append(reception)
            return result
        } catch {
            failures.append(error)
            throw error
        }
    }

    /// Builds twice, as a repeated request would, behind bytes that are already there.
    private func request(_ build: (inout ByteBuffer) -> Void) -> String {
        var first = ByteBuffer()
        build(&first)
        var second = ByteBuffer()
        second.append("before")
        build(&second)
        #expect(second.text == "before" + first.text)
        return first.text
    }

    func pause(_ span: Nanoseconds) async throws(ExchangeFailure) {
        events.append("pause \(span.count / 1_000_000)ms")
    }
}

/// One user's session with a service, over a scripted line.
final class ScriptedUser {
    let service: ServiceChoice
    let line: ScriptedTransport
    var context: ConversationContext
    private var session: ServiceChoice.Session

    init(
        _ service: ServiceChoice,
        answers: [ChatloadKit.Operation: [ScriptedTransport.Answer]] = [:],
        with: [String: String] = [:], isPinned: Bool = false
    ) {
        self.service = service
        line = ScriptedTransport(service, answers: answers, with: with)
        context = ConversationContext(identity: "ana 1", isPinned: isPinned, ticket: 7, with: with)
        session = service.makeSession(identity: "ana 1")
    }

    /// Plays one turn; the failure that ended it, if one did.
    @discardableResult
    func play(_ turn: Turn) async -> ExchangeFailure? {
        do throws(ExchangeFailure) {
            try await service.play(turn, of: context, in: session, over: line)
            return nil
        } catch {
            return error
        }
    }

    @discardableResult
    func say(_ text: String) async -> ExchangeFailure? { await play(Turn(.say(text))) }
}

/// Services with settings that show whether they are encoded and masked.
enum Sample {
    static func tamako(_ settings: [String: String] = [:]) throws -> ServiceChoice {
        let own = ["prvid": "com.x&y", "svcid": "id#1", "svcsecret": "s+cr\"t/é"]
        return try ServiceChoice(.tamako, settings: own.merging(settings) { $1 })
    }

    static func stammer(_ settings: [String: String] = [:]) throws -> ServiceChoice {
        let own = ["token": "tok-123", "chatbot_uuid": "12345678-1234-5678-1234-56781234ABCD"]
        return try ServiceChoice(.stammer, settings: own.merging(settings) { $1 })
    }

    static func botyard(_ settings: [String: String] = [:]) throws -> ServiceChoice {
        try ServiceChoice(.botyard, settings: settings)
    }
}
