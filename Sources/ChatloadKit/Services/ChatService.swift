package import Base
package import Networking

/// A chat service, set up for a run: how it is spoken to. Pure knowledge of the wire; it knows
/// nothing of pacing and statistics.
///
/// An object, so that a turn's use of it costs one reference count and not one for every field.
package protocol ChatService: AnyObject, Sendable {
    /// What it was made of.
    var setup: ServiceSetup { get }

    /// A session of the user called `identity`, with nothing sent yet.
    func makeSession(identity: String) -> ServiceSession

    /// Plays one turn of the session's conversation: logs in first if that is needed, says or calls,
    /// and waits for the reply. The description has no objection to the turn.
    ///
    /// - Throws: the failure that ended the turn; the transport has recorded it, unless it happened
    ///   before anything was sent.
    func play(
        _ turn: Turn, in session: ServiceSession, over transport: any ChatTransport
    ) async throws(ExchangeFailure)

    /// The exchanges a turn takes, without those that a session needs only once.
    func exchangeCount(of turn: Turn) -> ClosedRange<Int>

    /// A made-up successful response body for a step, so that `plan` can walk through a turn without
    /// sending anything. `parameters` are the script's, the turn's over the conversation's.
    func placeholderReply(to step: ServiceStep, with parameters: [String: String]) -> String
}

extension ChatService {
    package func makeSession(identity: String) -> ServiceSession {
        ServiceSession(identity: identity)
    }

    package func exchangeCount(of turn: Turn) -> ClosedRange<Int> { 1...1 }

    /// Its description.
    package var description: ServiceDescription { setup.description }

    /// Values that must not be seen in any output.
    package var secrets: Secrets { setup.secrets }

    /// The same service with storage of its own. Workers that shared one would pay for every
    /// reference count with a cache line that travels between their cores.
    package func separated() -> any ChatService {
        do throws(Fault) {
            return try description.make(ServiceSetup(setup.settings, at: setup.address))
        } catch {
            preconditionFailure("BUG: settings were good once and are not any more: \(error)")
        }
    }

    /// The same service with made-up names and keys that follow from `nonce`, where it makes any up.
    func naming(by nonce: UInt64) throws(Fault) -> any ChatService {
        if description.file == nil { return self }
        var settings = setup.settings
        settings.nonce = nonce
        return try description.make(
            ServiceSetup(settings, at: setup.address, hiding: setup.secrets))
    }

    /// This service with a script's parameters over the run's, the turn's over the conversation's.
    func overridden(
        by conversation: [String: String], _ turn: [String: String]
    ) throws(Fault) -> any ChatService {
        // No secret is among them.
        let settings = try setup.settings.overridden(by: conversation, turn)
        return try description.make(
            ServiceSetup(settings, at: setup.address, hiding: setup.secrets, like: self))
    }

    /// What is wrong with the parameters that a conversation and a turn of it set; nil when nothing
    /// is.
    func objection(
        toParameters conversation: [String: String], _ turn: [String: String]
    ) -> String? {
        if conversation.isEmpty && turn.isEmpty { return nil }
        do throws(Fault) {
            _ = try overridden(by: conversation, turn)
            return nil
        } catch {
            return error.description
        }
    }
}

/// The setup of a service for a run: its settings, where it lives, and what of both is secret.
package final class ServiceSetup: Sendable {
    package let settings: ServiceSettings
    let address: ServiceAddress
    package let secrets: Secrets
    /// A service of the same description on the same loop, whose parts that do not depend on the
    /// settings can be shared.
    let model: (any ChatService)?

    /// The setup of a run.
    init(
        _ settings: ServiceSettings, at address: ServiceAddress, hiding secrets: Secrets? = nil,
        like model: (any ChatService)? = nil
    ) {
        self.settings = settings
        self.model = model
        self.address = address
        self.secrets = secrets ?? Secrets(settings.secretValues + address.secretValues)
    }

    /// The description of the service.
    package var description: ServiceDescription { settings.service }
}

/// A session of one simulated user with a service: the conversation that is played, and what the
/// service knows the user by, besides the cookies, which are the transport's. A service that has to
/// remember more has a subclass of its own. Confined to the user's loop.
package class ServiceSession {
    /// The conversation that is played, with the identity whose session it is.
    package final var conversation: ConversationContext
    /// The service with the parameters that the script has set last, so that the turns of one
    /// conversation do not make it anew each time.
    private final var overridden:
        (conversation: [String: String], turn: [String: String], service: any ChatService)?

    init(identity: String) {
        conversation = ConversationContext(
            identity: identity, isPinned: false, iteration: 0, with: [:])
    }

    /// Plays one turn with `service`, or as it is with what the script sets.
    ///
    /// - Throws: the failure that ended the turn, `script` where it cannot be played at all.
    final func play(
        _ turn: Turn, with service: any ChatService, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        try await self.service(service, for: turn).play(turn, in: self, over: transport)
    }

    @inline(never)
    private final func service(
        _ service: any ChatService, for turn: Turn
    ) throws(ExchangeFailure) -> any ChatService {
        if let objection = service.setup.settings.service.objection(to: turn) {
            throw ExchangeFailure(.script, objection)
        }
        let with = conversation.with
        if with.isEmpty && turn.with.isEmpty { return service }
        // Recorded lengths, which the service cannot be told.
        if with.isEmpty, turn.with.count == 1, turn.with[ServiceParameter.lengthName] != nil,
            !service.setup.description.takesLength
        {
            return service
        }
        if let overridden, overridden.conversation == with, overridden.turn == turn.with {
            return overridden.service
        }
        do throws(Fault) {
            let made = try service.overridden(by: with, turn.with)
            overridden = (with, turn.with, made)
            return made
        } catch {
            throw ExchangeFailure(.script, error.description)
        }
    }
}

/// What a turn may need to know of the conversation it belongs to.
package struct ConversationContext: Sendable, Equatable {
    /// The simulated user's identity: `user` of the script line, or made for the user.
    package var identity: String
    /// Whether the script pinned the identity.
    package var isPinned: Bool
    /// The conversation's number in the run; makes keys fresh where a service needs a fresh one.
    package var iteration: Int
    /// `with` of the script line.
    package var with: [String: String]
}

/// A turn of a conversation: one thing the simulated user says or calls.
package struct Turn: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        /// Says this text and waits for the reply.
        case say(String)
        /// Calls one of the service's operations by name.
        case call(String)
    }

    package var action: Action
    /// Files to send along, as paths relative to the working directory.
    package var attachments: [String]
    /// The name under which the turn's exchange is reported instead of `say` or the operation's.
    package var name: String?
    /// How long the user takes before this turn; nil when the script does not say.
    package var think: ThinkTime?
    /// Parameters of this turn, over those of the conversation and the run.
    package var with: [String: String]
    /// What the service replied when the conversation was recorded.
    package var reply: String?
    /// When the turn was taken when the conversation was recorded, counted from the conversation's
    /// start.
    package var at: Nanoseconds?
    /// Whether a failure of this turn ends the conversation; nil leaves it to the conversation.
    package var stopsOnFailure: Bool?
    /// How many tokens all that the service is sent for it was made to have; nil where that is not
    /// known.
    package var madeTokens: Int?

    package init(
        _ action: Action, attachments: [String] = [], name: String? = nil,
        think: ThinkTime? = nil, with: [String: String] = [:]
    ) {
        self.action = action
        self.attachments = attachments
        self.name = name
        self.think = think
        self.with = with
    }
}

extension Turn {
    /// The text that is said; empty for a call.
    var text: String {
        if case .say(let text) = action { text } else { "" }
    }

    /// The name under which it is reported.
    var step: String {
        if let name { return name }
        return switch action {
        case .say: "say"
        case .call(let operation): operation
        }
    }
}

/// How long a user takes before a turn.
package enum ThinkTime: Sendable, Equatable {
    case fixed(Nanoseconds)
    case uniform(Nanoseconds, Nanoseconds)
    /// Median and the standard deviation of the logarithm.
    case logNormal(median: Nanoseconds, sigma: Double)
    /// Mean.
    case exponential(Nanoseconds)
    /// As long as it takes to read the reply before, at so many words a minute.
    case reading(wordsPerMinute: Double)
}

/// A transport of one simulated user's requests to a service and of its responses: a `UserClient`
/// sends, times and records; `plan`'s only looks.
///
/// A request and its response are one exchange, whatever carries them. What a service relies on is
/// that `build` appends one whole request and `read` sees one whole response; a transport of
/// messages on one connection is another conformance of this and nothing else.
package protocol ChatTransport: AnyObject {
    /// The session's cookies: updated from every `Set-Cookie`, written into requests by the service.
    var cookies: CookieJar { get set }

    /// What `Host` must say: the target's `host[:port]`.
    var host: String { get }

    /// Sends one request and reads one response. An exchange of the step `.say` starts the reply
    /// clock.
    ///
    /// - Parameters:
    ///   - prompt: the text the user said, for token estimates; empty for everything but a say.
    ///   - stream: takes the reply as it comes, where the service may stream it; nil waits for the
    ///     whole response.
    ///   - build: appends one complete HTTP/1.1 request to the buffer. Called when the request may
    ///     leave, and a second time if it has to be repeated.
    ///   - read: called once a complete response has arrived, whatever its status; fills the reply,
    ///     which holds what `stream` has found, or throws what is wrong with the response.
    /// - Throws: what `read` threw, or the failure of the connection. Both are recorded.
    func exchange(
        _ step: ServiceStep, prompt: String, stream: ReplyStream?,
        build: (inout ByteBuffer) -> Void,
        read: (ResponseHead, Span<UInt8>, inout ParsedReply) throws(ExchangeFailure) -> Void
    ) async throws(ExchangeFailure)

    /// Waits before the turn's next exchange; the end of the wait is that exchange's intended send.
    func pause(_ span: Nanoseconds) async throws(ExchangeFailure)
}

/// A reply parsed from a response: what a service found in it beyond its outcome.
///
/// One is reused for every exchange of a worker, so that the hot path does not allocate.
package struct ParsedReply: Sendable {
    /// The bot's reply as UTF-8, unescaped.
    package var text = ByteBuffer()
    /// Whether this exchange put the bot's reply into the user's hands (an empty reply counts).
    package var deliversReply = false
    /// What the bot puts out besides its answer (reasoning, calls of tools) as UTF-8, unescaped; for
    /// token estimates and transcripts.
    package var besides = ByteBuffer()
    /// When the pieces of a streamed reply came.
    package var output = ReplyOutput()
    /// Token counts where the service reports them.
    package var promptTokens: Int?
    package var replyTokens: Int?

    /// Makes it ready for the next exchange, memory kept.
    package mutating func clear() {
        text.clear()
        besides.clear()
        output.clear()
        deliversReply = false
        promptTokens = nil
        replyTokens = nil
    }
}

extension ErrorClass {
    /// The class of a response with this status; nil for a success (2xx).
    ///
    /// 529 is how overloaded services outside the standard say 429.
    init?(status: Int) {
        switch status {
        case 200...299: return nil
        case 429, 529: self = .rejected
        case 400...499: self = .http4xx
        case 500...599: self = .http5xx
        default: self = .httpUnexpected
        }
    }
}
