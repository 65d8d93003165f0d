package import Base
import Networking

/// The number of a step's name in a `StepTable`.
package struct StepID: Hashable, Sendable {
    package var index: Int

    package init(index: Int) { self.index = index }
}

/// Where a token count comes from.
package enum TokenSource: String, Sendable, Codable {
    /// The service's own usage field.
    case reported
    /// Our estimate from the text's length.
    case estimated
}

/// The part of a run in which an exchange was due, or a conversation began.
package enum RunPhase: String, Codable, Sendable, CaseIterable {
    /// Logged, and left out of every figure.
    case warmup
    /// The load is what was asked for: the steady window.
    case main
    /// The load is on its way up or down.
    case ramp
    /// Nothing new begins any more.
    case drain
}

extension RunPhase: Empty {
    /// Before there were phases everything was this.
    package init() { self = .main }
}

/// How a complete response was read.
package enum ResponseReading: Sendable, Equatable {
    /// There is none, or nobody took note.
    case unknown
    /// The kernel did not say when it arrived, so that its times are those of the readings.
    case unstamped
    /// How long after its arrival it was read, at most, and in how many late readings that may have
    /// found several segments.
    case late(Nanoseconds, merged: Int)
}

/// One request and its complete response (or failure): a row of the exchange log and the only
/// input of every figure.
///
/// Points in time are counted from the run's start on the monotonic clock; phases are durations,
/// nil where the exchange did not pass through them or did not get that far.
package struct Exchange: Sendable {
    /// The worker's number, from 0.
    package var worker = 0
    /// The simulated user's number, from 1.
    package var user = 0
    /// The conversation's number in the run, from 1.
    package var iteration = 0
    /// The `id` of the script line that is played.
    package var script = ""
    /// The turn's place in its conversation, from 1; 0 for what precedes the first turn.
    package var turn = 0
    package var step = StepID(index: 0)
    /// The place, from 0, of the credential in the run's list of them; 0 also where there is none.
    package var credential = 0
    /// Which attempt at the same request this is, from 1: more after a retry.
    package var attempt = 1
    package var phase = RunPhase.main
    /// When the request should have left: the end of what it depends on plus think time.
    package var intended = Nanoseconds.zero
    /// In a replay at recorded times when the turn was recorded, on the played clock; on the turn's
    /// first exchange only.
    package var recorded: Nanoseconds?
    /// When the first byte of the request was handed to the kernel; nil if it never was.
    package var sent: Nanoseconds?
    /// When the first byte of the final response arrived.
    package var firstByte: Nanoseconds?
    /// When the first piece of a streamed reply's output arrived, in any channel.
    package var firstToken: Nanoseconds?
    /// When the first piece of its answer arrived.
    package var answerToken: Nanoseconds?
    /// When the last piece of its output arrived.
    package var lastToken: Nanoseconds?
    /// When the exchange was over, however it ended.
    package var end = Nanoseconds.zero
    package var dns: Nanoseconds?
    package var connect: Nanoseconds?
    package var tls: Nanoseconds?
    /// Time held back by a quota of ours.
    package var throttled = Nanoseconds.zero
    package var bytesOut = 0
    package var bytesIn = 0
    package var promptTokens = 0
    package var replyTokens = 0
    package var tokenSource = TokenSource.estimated
    /// Pieces of output of a streamed reply; 0 when it is not streamed.
    package var chunks = 0
    /// Readings that brought any of them.
    package var reads = 0
    /// The longest gap between two of them in a row.
    package var longestGap: Nanoseconds?
    /// All gaps between them.
    package var gaps = GapCounts()
    /// Tokens of the first of them, where the service tells.
    package var firstTokens: Int?
    /// Tokens of reasoning among the reply's, where the service tells.
    package var reasoningTokens: Int?
    /// Tokens of the prompt that a cache of the service had, where it tells.
    package var cachedTokens: Int?
    /// Why the service says the reply ended; empty where it does not.
    package var finish = ""
    /// How it was streamed.
    package var stream = StreamRemarks()
    /// The HTTP status; nil if no response head came.
    package var status: Int?
    package var outcome = Outcome.ok
    /// What the failure says of itself, secrets masked; empty on success.
    package var detail = ""
    /// What this machine lacked, of an `exhausted`; nil where that is read from a log, which does not
    /// say.
    package var lacked: SystemResource?
    /// Send of the say → reply in the user's hands, on the exchange that delivered the reply.
    package var reply: Nanoseconds?
    /// When the turn's say or call was due → the turn's end, on the exchange that ended the turn:
    /// delivered the reply, answered the call, or failed for good.
    package var turnTime: Nanoseconds?

    /// Responses of status 1xx before the final one.
    package var interimResponses = 0
    /// How many tokens its prompt was made to have, and its reply was asked to have; nil where nobody
    /// said.
    package var askedPrompt: Int?
    package var askedReply: Int?
    /// How its response was read; not in the log.
    package var reading = ResponseReading.unknown

    package init() {}

    /// Intended send → complete reply: free of coordinated omission.
    package var responseTime: Nanoseconds { end - intended }

    /// Actual send → complete reply; nil where nothing was sent.
    package var serviceTime: Nanoseconds? { sent.map { end - $0 } }

    /// Actual send → first byte of the response; nil where none came.
    package var timeToFirstByte: Nanoseconds? {
        guard let sent, let firstByte else { return nil }
        return firstByte - sent
    }
}

/// How a conversation ended.
package enum ConversationOutcome: String, Sendable {
    /// Every turn was played and none failed.
    case completed
    /// Every turn was played or given up, at least one failed.
    case failed
    /// The run ended first.
    case aborted
}

/// One played conversation: a row of `conversations.csv`.
package struct ConversationRecord: Sendable {
    package var worker = 0
    package var user = 0
    package var iteration = 0
    package var script = ""
    package var started = Nanoseconds.zero
    package var ended = Nanoseconds.zero
    package var turns = 0
    package var exchanges = 0
    package var failures = 0
    package var outcome = ConversationOutcome.completed
    package var phase = RunPhase.main

    package init() {}
}

extension Exchange {
    /// How long it took to find the service and to connect.
    var connecting: Nanoseconds { (dns ?? .zero) + (connect ?? .zero) + (tls ?? .zero) }

    /// Actual minus intended send, without what quotas held back and the time it took to connect:
    /// how late the generator itself was; nil where that says nothing. When a retry leaves follows
    /// from the service's words, not from a schedule.
    var scheduleLag: Nanoseconds? {
        guard let sent, attempt == 1 else { return nil }
        return sent - intended - throttled - connecting
    }

    /// The response time without the generator's own lateness, where that is more of it than
    /// figures bear; nil where it is not.
    var responseInTime: Nanoseconds? {
        guard let lag = scheduleLag, lag > Self.tolerance(of: responseTime) else { return nil }
        return max(responseTime - lag, .zero)
    }

    /// How much of a latency may be the generator's own: a millisecond, or a twentieth of it. A
    /// sample that holds no more than this is not late: beside a service that takes a second, 2 ms
    /// are nothing.
    static func tolerance(of latency: Nanoseconds) -> Nanoseconds {
        max(.milliseconds(1), Nanoseconds(latency.count / 20))
    }
}

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
    /// How long the service asks to be left alone, where the body says so and not the head.
    var asked: Nanoseconds?
    /// Whether the credential is of no more use.
    var endsCredential = false
    /// Whether the service seems to be somewhere else: it does not know the path, in words that are none
    /// of its own.
    var isAstray = false

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
