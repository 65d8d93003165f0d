package import Base
package import Networking

/// A dialect: how one chat service is spoken to. Pure knowledge of the wire; it knows nothing of
/// pacing and statistics.
package protocol ChatService: Sendable {
    /// What one simulated user's session with the service consists of (user id, chat id, …). It is
    /// held by reference, so that a user that waits keeps no copies of it.
    associatedtype Session

    /// A session for the user called `identity`, with nothing sent yet.
    func makeSession(identity: String) -> Session

    /// Plays one turn of a conversation: logs in first if that is needed, says or calls, and waits
    /// for the reply. Every exchange goes over `line`, which measures and records it.
    ///
    /// - Throws: the failure that ended the turn; the line has recorded it, unless it happened
    ///   before anything was sent.
    func play(
        _ turn: Turn, of conversation: ConversationContext, in session: Session,
        over line: some ChatTransport
    ) async throws(ExchangeFailure)

    /// What is wrong with a turn before anything is sent (a text too long, an operation the service
    /// does not have), in words with a suggestion; nil when nothing is. Of its parameters the other
    /// method tells.
    func objection(to turn: Turn) -> String?

    /// What is wrong with the parameters that a conversation and a turn of it set; nil when nothing
    /// is.
    func objection(toParameters conversation: [String: String], _ turn: [String: String]) -> String?

    /// The parameters of the service.
    var parameters: [ServiceParameter] { get }

    /// The exchanges a turn takes, without those that a session needs only once.
    func exchangeCount(of turn: Turn) -> ClosedRange<Int>

    /// A made-up successful response body for an operation, so that `plan` can walk through a turn
    /// without sending anything. `parameters` are the script's, the turn's over the conversation's.
    func placeholderReply(to operation: Operation, with parameters: [String: String]) -> String

    /// Values that must not be seen in any output.
    var secrets: Secrets { get }
}

extension ChatService {
    /// The parameter that a conversation's system prompt goes into; nil when the service takes none.
    package var systemParameter: String? { parameters.first(where: \.takesSystemPrompt)?.name }

    /// What is wrong with parameters of a script whose values are not known yet.
    func objection(toNames names: some Sequence<String>) -> String? {
        for name in names.sorted() {
            let isNamed: (ServiceParameter) -> Bool = {
                $0.name == name || $0.aliases.contains(name)
            }
            guard let parameter = parameters.first(where: isNamed) else {
                let nearest = nearestName(to: name, among: parameters.map(\.name)).map {
                    "; did you mean \($0)?"
                }
                return "\(name) is no parameter of the service" + (nearest ?? "")
            }
            if parameter.isSecret { return "\(name) is a secret and cannot stand in a script" }
        }
        return nil
    }
}

/// What a turn may need to know of the conversation it belongs to.
package struct ConversationContext: Sendable, Equatable {
    /// The simulated user's identity: `user` of the script line, or made by the dispatcher.
    package var identity: String
    /// Whether the script pinned the identity.
    package var isPinned: Bool
    /// The conversation's ticket; makes keys fresh where a service needs a fresh one.
    package var ticket: Int
    /// `with` of the script line.
    package var with: [String: String]

    package init(identity: String, isPinned: Bool, ticket: Int, with: [String: String]) {
        self.identity = identity
        self.isPinned = isPinned
        self.ticket = ticket
        self.with = with
    }
}

/// What a service found in a response beyond its outcome.
///
/// One is reused for every exchange of a worker, so that the hot path does not allocate.
package struct ParsedReply: Sendable {
    /// The bot's reply as UTF-8, unescaped.
    package var reply = ByteBuffer()
    /// Whether this exchange put the bot's reply into the user's hands (an empty reply counts).
    package var deliversReply = false
    /// Token counts where the service reports them.
    package var promptTokens: Int?
    package var replyTokens: Int?

    package init() {}

    /// Ready for the next exchange, memory kept.
    package mutating func clear() {
        reply.clear()
        deliversReply = false
        promptTokens = nil
        replyTokens = nil
    }
}

/// The way a service's requests leave and its responses arrive, for one simulated user. The
/// dispatcher's line sends, measures and records; a test's or `plan`'s only looks.
package protocol ChatTransport: AnyObject {
    /// The session's cookies; the line updates them from every `Set-Cookie` it sees and the service
    /// writes them into its requests.
    var cookies: CookieJar { get set }

    /// What `Host` must say: the target's `host[:port]`.
    var host: String { get }

    /// Sends one request and reads one response.
    ///
    /// `build` appends one complete HTTP/1.1 request to the buffer. It is called when the request may
    /// leave, and a second time if it has to be repeated. `prompt` is the text the user said, for
    /// token estimates; empty for everything but a say. An exchange of operation `.say` starts the
    /// reply clock.
    ///
    /// `read` is called once a complete response has arrived, whatever its status; it fills the
    /// reception and returns what the service needs of it, or throws what is wrong with it.
    ///
    /// - Throws: what `read` threw, or the failure of the connection. Both are recorded.
    func exchange<Result>(
        _ operation: Operation, prompt: String,
        build: (inout ByteBuffer) -> Void,
        read: (ResponseHead, Span<UInt8>, inout ParsedReply) throws(ExchangeFailure) -> Result
    ) async throws(ExchangeFailure) -> Result

    /// Waits before the turn's next exchange; the end of the wait is that exchange's intended send.
    func pause(_ span: Nanoseconds) async throws(ExchangeFailure)
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
