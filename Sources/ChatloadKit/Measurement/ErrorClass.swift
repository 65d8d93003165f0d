package import Networking

/// Why an exchange failed: a closed set, so that breakdowns stay bounded however odd a server is.
///
/// The raw value is the word used in every file and report.
package enum ErrorClass: String, CaseIterable, Sendable, Codable {
    case connectRefused = "connect_refused"
    case connectTimeout = "connect_timeout"
    case connectReset = "connect_reset"
    /// No connection, and nobody refused it: no way to the peer, or the kernel would not try.
    case connectFailed = "connect_failed"
    /// This machine had no descriptor, port, memory or thread left to send with.
    case exhausted
    case dns
    case tls
    /// The request could not be written in full.
    case sendFailed = "send_failed"
    case timeout
    case timeoutFirstToken = "timeout_first_token"
    case timeoutIdle = "timeout_idle"
    /// The connection ended before the response was complete.
    case closedEarly = "closed_early"
    case malformedHTTP = "malformed_http"
    /// HTTP was fine, the service's own format was not.
    case malformedReply = "malformed_reply"
    /// A header or body beyond the limit.
    case tooLarge = "too_large"
    case http4xx = "http_4xx"
    case http5xx = "http_5xx"
    /// A redirect, which is reported and never followed, or another status outside 2xx.
    case httpUnexpected = "http_unexpected"
    /// The service answered 429 or 529.
    case rejected
    /// An error inside a 200.
    case serviceError = "service_error"
    /// The service was polled in vain.
    case noReply = "no_reply"
    case expectation
    /// A capture that found nothing, a variable that is not set.
    case script
    /// The run ended while the exchange was under way.
    case cancelled
}

/// How an exchange ended.
package enum Outcome: Equatable, Sendable {
    case ok
    case failed(ErrorClass)

    /// `ok` or the error class's word, as written in the log.
    package var label: String {
        switch self {
        case .ok: "ok"
        case .failed(let error): error.rawValue
        }
    }
}

/// A failure with its bounded class and a free text that says more; the text is shown as an
/// example, never used as a key, and holds no secret.
package struct ExchangeFailure: Error, Equatable, Sendable {
    package var errorClass: ErrorClass
    package var detail: String
    /// What this machine lacked, of an `exhausted`.
    package var lacked: SystemResource?

    /// A failure of class `errorClass`.
    package init(_ errorClass: ErrorClass, _ detail: String = "") {
        self.errorClass = errorClass
        self.detail = detail
    }

    /// The failure of having none left of `resource`.
    init(lacking resource: SystemResource, _ detail: String) {
        self.init(.exhausted, detail)
        lacked = resource
    }
}
