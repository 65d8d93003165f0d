/// The parts of a response head that clients act on.
package struct ResponseHead: Sendable, Equatable {
    /// The status code, 100…999.
    package var status: Int
    /// Whether the connection may carry another request afterwards.
    package var keepsAlive = true
    /// Whether the head has at least one `Set-Cookie`.
    package var setsCookie = false
    /// Whether the head tells how much of the service's own limits is left.
    package var hasRateLimits = false
    /// The redirect's `Location`, when there is one.
    package var location: String?
    /// The raw `Retry-After`, when there is one.
    package var retryAfter: String?

    /// What the body was coded with, in the order it was applied; empty nearly always.
    package var codings: [ContentCoding] = []
    /// Why the body stands as it came, still coded; nil where it does not.
    package var contentProblem: HTTPError?

    /// Whether codings were taken off the body.
    var isDecoded: Bool { !codings.isEmpty && contentProblem == nil }

    /// A head with this status and nothing else.
    package init(status: Int) { self.status = status }
}
