/// One quota and how much of it the run used.
package struct QuotaResult: Codable, Equatable, Sendable {
    /// As it was given.
    package var expression: String
    /// Requests or tokens that were counted against it, over all its scopes.
    package var used = 0
    /// The amount; per period where the expression has one.
    package var limit = 0
    /// How long it held exchanges back, in all.
    package var throttledSeconds = 0.0
    /// How many of its scopes (credentials, users, conversations, or the run) have used up a total.
    package var spent = 0

    /// The result of the quota `expression`, everything else to be filled in.
    package init(expression: String) { self.expression = expression }

    enum CodingKeys: String, CodingKey {
        case expression, used, limit
        case throttledSeconds = "throttled_s"
        case spent
    }

    /// Adds another shard's share.
    mutating func merge(_ other: QuotaResult) {
        used &+= other.used
        throttledSeconds += other.throttledSeconds
        spent &+= other.spent
    }
}

/// One credential, how it fared, and what the service said of its limits.
package struct CredentialResult: Codable, Equatable, Sendable {
    package var label: String
    package var exchanges = 0
    package var failed = 0
    /// Failures because the service answered 429 or 529.
    package var rejected = 0
    package var retries = 0
    package var throttledSeconds = 0.0
    package var promptTokens = 0
    package var replyTokens = 0
    /// Response times of the successes in milliseconds, to 1/32; nil with too few of them.
    package var p50: Double?
    package var p99: Double?
    /// Whether it was taken out of use: rejected with `--on-reject stop`, or a quota spent.
    package var isOut = false
    /// The latest `x-ratelimit-*` and like headers of the service, by their lower-case names.
    package var serviceLimits: [String: String] = [:]

    /// The result of the credential called `label`, everything else to be filled in.
    package init(label: String) { self.label = label }

    enum CodingKeys: String, CodingKey {
        case label, exchanges, failed, rejected, retries
        case throttledSeconds = "throttled_s"
        case promptTokens = "prompt_tokens"
        case replyTokens = "reply_tokens"
        case p50 = "p50_ms"
        case p99 = "p99_ms"
        case isOut = "out"
        case serviceLimits = "service_limits"
    }

    /// Adds what another shard knows beyond the exchanges.
    mutating func mergeState(_ other: CredentialResult) {
        isOut = isOut || other.isOut
        serviceLimits.merge(other.serviceLimits) { _, theirs in theirs }
    }
}
