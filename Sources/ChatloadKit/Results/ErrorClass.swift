package import Base
import Networking

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

/// The failures of a run by class, step and status, each with one example.
///
/// Bounded: steps are (see `StepTable`), classes are, and a status outside 100 … 599 counts as
/// none; beyond `limit` keys a failure is counted under its class and the step `other`.
struct ErrorTally: Sendable, Equatable {
    struct Key: Hashable, Sendable {
        var errorClass: ErrorClass
        var step: String
        var status: Int?
    }

    struct Entry: Sendable, Equatable {
        var count = 0
        var first = Nanoseconds.never
        var last = Nanoseconds(.min)
        /// The detail of the failure that ended first; among several the one that sorts first.
        var example = ""

        mutating func add(_ count: Int, first: Nanoseconds, last: Nanoseconds, example: String) {
            let isEarlier = first < self.first
            let sortsFirst = example.utf8.lexicographicallyPrecedes(self.example.utf8)
            if isEarlier || first == self.first && (self.count == 0 || sortsFirst) {
                self.example = example
            }
            self.count &+= count
            self.first = min(self.first, first)
            self.last = max(self.last, last)
        }
    }

    static let limit = 4_096

    private(set) var entries: [Key: Entry] = [:]

    /// Counts a failure that ended at `end`.
    mutating func add(_ key: Key, end: Nanoseconds, detail: String) {
        entries[place(for: key), default: Entry()]
            .add(1, first: end, last: end, example: Self.clipped(detail))
    }

    /// Counts everything `other` has counted.
    mutating func merge(_ other: ErrorTally) {
        for (key, entry) in other.entries.sorted(by: { Self.precedes($0.key, $1.key) }) {
            entries[place(for: key), default: Entry()].add(
                entry.count, first: entry.first, last: entry.last, example: entry.example)
        }
    }

    /// A total order of keys, for deterministic output.
    static func precedes(_ left: Key, _ right: Key) -> Bool {
        let leftNames = (left.errorClass.rawValue, left.step, left.status ?? 0)
        return leftNames < (right.errorClass.rawValue, right.step, right.status ?? 0)
    }

    private func place(for key: Key) -> Key {
        var key = key
        if let status = key.status, !(100...599).contains(status) { key.status = nil }
        if entries.count < Self.limit || entries[key] != nil { return key }
        return Key(errorClass: key.errorClass, step: StepTable.overflow, status: nil)
    }

    /// Details are a server's words: as much of one as an example needs.
    private static func clipped(_ detail: String) -> String {
        detail.utf8.count <= 1_000 ? detail : String(detail.unicodeScalars.prefix(1_000)) + "…"
    }
}
