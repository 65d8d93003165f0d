import Base

/// Distribution metric: values of which an exchange, or a conversation, has any number, and of which
/// percentiles are told. In the order of reports.
///
/// This file alone knows which metrics there are. What is written, read, compared, limited and
/// exported follows from the rows of the three enums in it.
package enum DistributionMetric: Int, CaseIterable, Sendable {
    case response, service, reply, ttfb, throttled, failed
    case conversation
    case scheduleLag, loopLag, readLate
    /// For the verdict alone.
    case lateResponse, responseInTime

    /// What there is to know of it.
    package var row: DistributionRow {
        switch self {
        case .response:
            DistributionRow(
                "response", "Response time", "Intended send to complete reply, of successes.",
                isMain: true, isCompared: true, goodput: ["response"],
                k6: ["chatload_response"], k6OfSteps: true)
        case .service:
            DistributionRow(
                "service", "Service time", "Actual send to complete reply, of successes.",
                isMain: true, isCompared: true, goodput: ["service"],
                k6: ["http_req_duration", "http_req_duration{expected_response:true}"],
                k6OfSteps: true)
        case .reply:
            DistributionRow(
                "reply", "Reply time", "Send of the say to the reply in the user's hands.",
                isMain: true, isCompared: true, goodput: ["reply", "e2e", "e2el"],
                k6: ["chatload_reply"])
        case .ttfb:
            DistributionRow(
                "ttfb", "Time to the first byte", "Actual send to first byte, of successes.",
                isCompared: true, goodput: ["ttfb"], k6: ["http_req_waiting"])
        case .throttled:
            DistributionRow(
                "throttled", "Held back", "How long quotas of ours held exchanges back.",
                of: .all, k6: ["chatload_throttled"])
        case .failed:
            DistributionRow(
                "failed", "Time to the failure", "Intended send to failure.", of: .failures,
                k6: ["chatload_failed"])
        case .conversation:
            DistributionRow(
                "conversation", "Length of completed conversations",
                "Length of completed conversations.",
                place: .conversations, isCompared: true, k6: ["iteration_duration"])
        case .scheduleLag:
            DistributionRow(
                "schedule_lag", "Sent late", "How late the generator was.", of: .all,
                place: .generator, k6: ["chatload_schedule_lag"])
        case .loopLag:
            DistributionRow(
                "loop_lag", "Loops late", "How late the event loops were.", of: .all,
                place: .generator)
        case .readLate:
            DistributionRow(
                "read_late", "Read late", "How long after their arrival responses were read.",
                of: .all, place: .generator, k6: ["chatload_read_late"], isOptional: true)
        case .lateResponse:
            DistributionRow(
                "late_response", "",
                "Response times with more of the generator's lag than they bear.",
                place: .verdict)
        case .responseInTime:
            DistributionRow(
                "response_in_time", "", "The same exchanges' response times without that lag.",
                place: .verdict)
        }
    }

    /// Hands every value that an exchange has of it to `body`, in millionths of its unit: of a time
    /// in nanoseconds.
    @inline(__always)
    func forEachValue(of exchange: borrowing Exchange, _ body: (Int64) -> Void) {
        let isSuccess = exchange.outcome == .ok
        switch self {
        case .response: if isSuccess { body(exchange.responseTime.count) }
        case .service: if isSuccess, let time = exchange.serviceTime { body(time.count) }
        case .reply: if isSuccess, let time = exchange.reply { body(time.count) }
        case .ttfb: if isSuccess, let time = exchange.timeToFirstByte { body(time.count) }
        case .throttled: if exchange.throttled > .zero { body(exchange.throttled.count) }
        case .failed: if !isSuccess { body(exchange.responseTime.count) }
        case .scheduleLag: if let lag = exchange.scheduleLag { body(lag.count) }
        case .lateResponse:
            if isSuccess, exchange.responseInTime != nil { body(exchange.responseTime.count) }
        case .responseInTime: if isSuccess, let time = exchange.responseInTime { body(time.count) }
        // Of conversations and of the generator's own.
        case .conversation, .loopLag, .readLate: break
        }
    }

    /// The same of a conversation.
    @inline(__always)
    func forEachValue(of conversation: borrowing ConversationRecord, _ body: (Int64) -> Void) {
        if self == .conversation, conversation.outcome == .completed {
            body((conversation.ended - conversation.started).count)
        }
    }

    /// Those of exchanges, which each step has.
    package static let ofSteps = allCases.filter { $0.row.place == .exchanges }
    /// Those that two runs are compared by.
    static let compared = allCases.filter(\.row.isCompared)
    /// Those that are kept by the interval, and have files of their own.
    static let main = allCases.filter(\.row.isMain)
}

/// Counter metric: how many there were of something, as a whole number of its unit. In the order of
/// reports.
package enum CounterMetric: Int, CaseIterable, Sendable {
    case conversationsStarted, conversationsCompleted, conversationsFailed, conversationsAborted
    case turns, goodTurns
    case exchanges, succeeded, failed, rejected, retries, interimResponses, saved
    case throttled, throttledTime
    case succeededTurns
    case bytesOut, bytesIn
    case promptTokens, replyTokens

    /// What there is to know of it.
    package var row: CounterRow {
        switch self {
        case .conversationsStarted:
            CounterRow(
                "conversations.started", "Conversations that ended, however they did.",
                level: .run, isLive: true, csv: ("conversations", "started"), k6: "iterations")
        case .conversationsCompleted:
            CounterRow(
                "conversations.completed", "Conversations of which every turn succeeded.",
                level: .run, csv: ("conversations", "completed"))
        case .conversationsFailed:
            CounterRow(
                "conversations.failed", "Conversations in which something failed.",
                level: .run, isLive: true, csv: ("conversations", "failed"))
        case .conversationsAborted:
            CounterRow(
                "conversations.aborted", "Conversations that the run's end cut off.",
                level: .run, csv: ("conversations", "aborted"))
        case .turns:
            CounterRow(
                "turns", "Turns that ended.", level: .run, csv: ("turns", "total"),
                openMetrics: "turns")
        case .goodTurns:
            CounterRow(
                "good_turns", "Turns within the limits of the goodput.", level: .run,
                needsGoodput: true, csv: ("turns", "good"), openMetrics: "good_turns")
        case .exchanges:
            CounterRow(
                "exchanges", "Exchanges, however they ended.", isOfCredentials: true, isLive: true,
                csv: ("exchanges", "total"), k6: "http_reqs")
        case .succeeded:
            CounterRow(
                "succeeded", "Exchanges that succeeded.", csv: ("exchanges", "succeeded"),
                k6: "chatload_successes")
        case .failed:
            CounterRow(
                "failed", "Exchanges that did not succeed.", isOfCredentials: true, isLive: true,
                csv: ("exchanges", "failed"))
        case .rejected:
            CounterRow(
                "rejected", "Failures that the service answered with 429 or 529.",
                isOfCredentials: true, csv: ("exchanges", "rejected"))
        case .retries:
            CounterRow(
                "retries", "Attempts beyond the first.", isOfCredentials: true,
                csv: ("exchanges", "retries"), openMetrics: "retries")
        case .interimResponses:
            CounterRow(
                "interim_responses", "Responses of status 1xx before final ones.",
                level: .exchanges,
                csv: ("exchanges", "interim_responses"),
                line: ("interim", "interim responses (1xx), in no time to first byte"))
        case .saved:
            CounterRow(
                "saved", "Retries that succeeded.", level: .exchanges, csv: ("exchanges", "saved"))
        case .throttled:
            CounterRow(
                "throttled", "Exchanges that a quota of ours held back.", level: .exchanges,
                csv: ("exchanges", "throttled"))
        case .throttledTime:
            CounterRow(
                "throttled_s", "How long quotas of ours held exchanges back.", unit: .seconds,
                level: .exchanges, isOfCredentials: true, csv: ("exchanges", "throttled_time"))
        case .succeededTurns:
            CounterRow(
                "turns_succeeded", "Turns that succeeded.", level: .run, isLive: true,
                csv: ("turns", "succeeded"), k6: "chatload_turns", openMetrics: "succeeded_turns")
        case .bytesOut:
            CounterRow(
                "bytes_out", "Bytes of requests.", unit: .bytes, csv: ("bytes", "out"),
                k6: "data_sent", openMetrics: "sent_bytes")
        case .bytesIn:
            CounterRow(
                "bytes_in", "Bytes of responses.", unit: .bytes, csv: ("bytes", "in"),
                k6: "data_received", openMetrics: "received_bytes")
        case .promptTokens:
            CounterRow(
                "prompt_tokens", "Tokens that users sent.", unit: .tokens, isOfCredentials: true,
                csv: ("tokens", "prompt"), k6: "chatload_prompt_tokens",
                openMetrics: "prompt_tokens")
        case .replyTokens:
            CounterRow(
                "reply_tokens", "Tokens that bots answered.", unit: .tokens, isOfCredentials: true,
                csv: ("tokens", "reply"), k6: "chatload_reply_tokens",
                openMetrics: "reply_tokens")
        }
    }

    /// What an exchange adds to it; `isGood` if it ended a turn within the limits of the goodput.
    @inline(__always)
    func value(of exchange: borrowing Exchange, isGood: Bool) -> Int {
        switch self {
        case .turns: exchange.turnTime != nil ? 1 : 0
        case .succeededTurns: exchange.turnTime != nil && exchange.outcome == .ok ? 1 : 0
        case .goodTurns: isGood ? 1 : 0
        case .exchanges: 1
        case .succeeded: exchange.outcome == .ok ? 1 : 0
        case .failed: exchange.outcome == .ok ? 0 : 1
        case .rejected: exchange.outcome == .failed(.rejected) ? 1 : 0
        case .retries: exchange.attempt > 1 ? 1 : 0
        case .interimResponses: exchange.interimResponses
        case .saved: exchange.attempt > 1 && exchange.outcome == .ok ? 1 : 0
        case .throttled: exchange.throttled > .zero ? 1 : 0
        case .throttledTime: Int(max(exchange.throttled, .zero).count)
        case .bytesOut: exchange.bytesOut
        case .bytesIn: exchange.bytesIn
        case .promptTokens: exchange.promptTokens
        case .replyTokens: exchange.replyTokens
        case .conversationsStarted, .conversationsCompleted, .conversationsFailed,
            .conversationsAborted:
            0
        }
    }

    /// What a conversation adds to it.
    @inline(__always)
    func value(of conversation: borrowing ConversationRecord) -> Int {
        switch self {
        case .conversationsStarted: 1
        case .conversationsCompleted: conversation.outcome == .completed ? 1 : 0
        case .conversationsFailed: conversation.outcome == .failed ? 1 : 0
        case .conversationsAborted: conversation.outcome == .aborted ? 1 : 0
        default: 0
        }
    }

    /// Those that each step has.
    static let ofSteps = allCases.filter { $0.row.level == .steps }
    static let ofCredentials = allCases.filter(\.row.isOfCredentials)
}

/// Derived metric: a share of one counter in another, or a counter by the second. In the order of
/// reports.
package enum DerivedMetric: Int, CaseIterable, Sendable {
    case failedShare, rejectedShare, goodput, failedConversationShare
    case turnsPerSecond, successesPerSecond, exchangesPerSecond
    case changedReplies, replyDistance

    /// What there is to know of it.
    package var row: DerivedRow {
        switch self {
        case .failedShare:
            DerivedRow(
                "errors", "The share of exchanges that failed.", .share(.failed, of: .exchanges),
                isCompared: true, k6: "http_req_failed")
        case .rejectedShare:
            DerivedRow(
                "rejected", "The share of exchanges that the service answered with 429 or 529.",
                .share(.rejected, of: .exchanges), isCompared: true, k6: "chatload_rejected")
        case .goodput:
            DerivedRow(
                "goodput", "The share of turns within the limits of --goodput.",
                .share(.goodTurns, of: .turns), csv: ("turns", "goodput"), k6: "chatload_goodput")
        case .failedConversationShare:
            DerivedRow(
                "conversations_failed", "The share of conversations in which something failed.",
                .share(.conversationsFailed, of: .conversationsStarted),
                k6: "chatload_conversations_failed")
        case .turnsPerSecond:
            DerivedRow(
                "turns_per_s", "Turns that succeeded, by the second of load.",
                .rate(.succeededTurns), isCompared: true, csv: ("turns", "rate"))
        case .successesPerSecond:
            DerivedRow(
                "successes_per_s", "Exchanges that succeeded, by the second of load.",
                .rate(.succeeded), isCompared: true, csv: ("exchanges", "success_rate"))
        case .exchangesPerSecond:
            DerivedRow(
                "exchanges_per_s", "Exchanges, however they ended, by the second of load.",
                .rate(.exchanges), isCompared: true, csv: ("exchanges", "rate"))
        case .changedReplies:
            DerivedRow(
                "replies_changed", "The share of replies that differ from the recorded ones.",
                .ofReplies, isCompared: true)
        case .replyDistance:
            DerivedRow(
                "reply_distance", "How far replies are from the recorded ones, from 0 to 1.",
                .ofReplies, isCompared: true)
        }
    }

    /// Those by the second of load.
    static let rates = allCases.filter { $0.row.isRate }
    static let compared = allCases.filter(\.row.isCompared)
}
