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
    /// The answers still to come, by step; when they run out, the placeholder.
    var answers: [String: [Answer]]
    private let service: any ChatService
    private let parameters: [String: String]
    /// What happened in order: steps by name, waits as `pause 500ms`.
    private(set) var events: [String] = []
    private(set) var requests: [String] = []
    private(set) var prompts: [String] = []
    private(set) var failures: [ExchangeFailure] = []
    /// The receptions of the exchanges that succeeded.
    private(set) var receptions: [ParsedReply] = []

    init(
        _ service: any ChatService, answers: [String: [Answer]] = [:],
        with parameters: [String: String] = [:]
    ) {
        self.answers = answers
        self.service = service
        self.parameters = parameters
    }

    /// The replies that reached the user.
    var replies: [String] { receptions.filter(\.deliversReply).map(\.text.text) }

    func exchange(
        _ step: ServiceStep, prompt: String, stream: ReplyStream?,
        build: (inout ByteBuffer) -> Void,
        read: (ResponseHead, Span<UInt8>, inout ParsedReply) throws(ExchangeFailure) -> Void
    ) async throws(ExchangeFailure) {
        let name = service.description[step].name
        events.append(name)
        prompts.append(prompt)
        requests.append(request(build))
        var answer = Answer(service.placeholderReply(to: step, with: parameters))
        if let first = answers[name]?.first {
            answer = first
            answers[name]?.removeFirst()
        }
        if let cookie = answer.cookie { cookies.update(setCookie: Array(cookie.utf8).span) }
        var head = ResponseHead(status: answer.status)
        head.retryAfter = answer.retryAfter
        var reception = ParsedReply()
        do throws(ExchangeFailure) {
            try read(head, Array(answer.body.utf8).span, &reception)
            receptions.append(reception)
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
    let service: any ChatService
    let line: ScriptedTransport
    let session: ServiceSession

    init(
        _ service: any ChatService,
        answers: [String: [ScriptedTransport.Answer]] = [:],
        with: [String: String] = [:], isPinned: Bool = false
    ) {
        self.service = service
        line = ScriptedTransport(service, answers: answers, with: with)
        session = service.makeSession(identity: "ana 1")
        session.conversation = ConversationContext(
            identity: "ana 1", isPinned: isPinned, iteration: 7, with: with)
    }

    /// Plays one turn; the failure that ended it, if one did.
    @discardableResult
    func play(_ turn: Turn) async -> ExchangeFailure? {
        do throws(ExchangeFailure) {
            try await session.play(turn, with: service, over: line)
            return nil
        } catch {
            return error
        }
    }

    @discardableResult
    func say(_ text: String) async -> ExchangeFailure? { await play(Turn(.say(text))) }
}

extension Services {
    /// Those that no file describes.
    static let written = all.filter { $0.source == nil }
}

/// Services with settings that show whether they are encoded and masked.
enum Sample {
    static func tamako(_ settings: [String: String] = [:]) throws -> any ChatService {
        let own = ["prvid": "com.x&y", "svcid": "id#1", "svcsecret": "s+cr\"t/é"]
        return try ServiceDescription.tamako.configured(own.merging(settings) { $1 })
    }

    static func stammer(_ settings: [String: String] = [:]) throws -> any ChatService {
        let own = ["token": "tok-123", "chatbot_uuid": "12345678-1234-5678-1234-56781234ABCD"]
        return try ServiceDescription.stammer.configured(own.merging(settings) { $1 })
    }

    static func botyard(_ settings: [String: String] = [:]) throws -> any ChatService {
        try ServiceDescription.botyard.configured(settings)
    }
}
