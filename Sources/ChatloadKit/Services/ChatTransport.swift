package import Base
package import Networking

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
    ///   - build: appends one complete HTTP/1.1 request to the buffer. Called when the request may
    ///     leave, and a second time if it has to be repeated.
    ///   - read: called once a complete response has arrived, whatever its status; fills the reply,
    ///     or throws what is wrong with the response.
    /// - Throws: what `read` threw, or the failure of the connection. Both are recorded.
    func exchange(
        _ step: ServiceStep, prompt: String,
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
    /// Token counts where the service reports them.
    package var promptTokens: Int?
    package var replyTokens: Int?

    /// Makes it ready for the next exchange, memory kept.
    package mutating func clear() {
        text.clear()
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
