import Base

/// Distribution metric: values of which an exchange, or a conversation, has any number, and of which
/// percentiles are told. In the order of reports.
///
/// This file alone knows which metrics there are, and `StreamMetrics` what those of streamed replies
/// are. What is written, read, compared, limited and exported follows from the rows of the three enums
/// in it.
package enum DistributionMetric: Int, CaseIterable, Sendable {
    case response, service, reply, ttfb
    case ttft, ttftDue, ttfa, tpot, icl, maxGap
    case throttled, failed
    case conversation
    case replyTokensPerSecond
    case scheduleLag, loopLag, readLate
    /// For the verdict alone.
    case lateResponse, responseInTime

    /// What there is to know of it.
    package var row: DistributionRow {
        switch self {
        case .response:
            DistributionRow(
                name: "response", title: "Response time",
                help: "Intended send to complete reply, of successes.",
                isMain: true, isOverTime: true, isCompared: true, goodput: ["response"],
                k6: ["chatload_response"], k6OfSteps: true)
        case .service:
            DistributionRow(
                name: "service", title: "Service time",
                help: "Actual send to complete reply, of successes.",
                isMain: true, isOverTime: true, isCompared: true, goodput: ["service"],
                k6: ["http_req_duration", "http_req_duration{expected_response:true}"],
                k6OfSteps: true)
        case .reply:
            DistributionRow(
                name: "reply", title: "Reply time",
                help: "Send of the say to the reply in the user's hands.",
                isMain: true, isOverTime: true, isCompared: true,
                goodput: ["reply", "e2e", "e2el"],
                k6: ["chatload_reply"])
        case .ttfb:
            DistributionRow(
                name: "ttfb", title: "Time to the first byte",
                help: "Actual send to first byte, of successes.",
                isCompared: true, goodput: ["ttfb"], k6: ["http_req_waiting"])
        case .ttft, .ttftDue, .ttfa, .tpot, .icl, .maxGap, .replyTokensPerSecond: rowOfStreams
        case .throttled:
            DistributionRow(
                name: "throttled", title: "Held back",
                help: "How long quotas of ours held exchanges back.",
                population: .all, k6: ["chatload_throttled"])
        case .failed:
            DistributionRow(
                name: "failed", title: "Time to the failure", help: "Intended send to failure.",
                population: .failures,
                k6: ["chatload_failed"])
        case .conversation:
            DistributionRow(
                name: "conversation", title: "Length of completed conversations",
                help: "Length of completed conversations.",
                place: .conversations, isCompared: true, k6: ["iteration_duration"])
        case .scheduleLag:
            DistributionRow(
                name: "schedule_lag", title: "Sent late", help: "How late the generator was.",
                population: .all,
                place: .generator, k6: ["chatload_schedule_lag"])
        case .loopLag:
            DistributionRow(
                name: "loop_lag", title: "Loops late", help: "How late the event loops were.",
                population: .all,
                place: .generator)
        case .readLate:
            DistributionRow(
                name: "read_late", title: "Read late",
                help: "How long after their arrival responses were read.",
                population: .all, place: .generator, k6: ["chatload_read_late"], isOptional: true)
        case .lateResponse:
            DistributionRow(
                name: "late_response", title: "",
                help: "Response times with more of the generator's lag than they bear.",
                place: .verdict)
        case .responseInTime:
            DistributionRow(
                name: "response_in_time", title: "",
                help: "The same exchanges' response times without that lag.",
                place: .verdict)
        }
    }

    /// Hands every value that an exchange has of those that `isWanted` to `body`, in millionths of the
    /// metric's unit: of a time in nanoseconds. Straight code, since it is inlined where each exchange
    /// passes.
    @inline(__always)
    static func forEachValue(
        of exchange: borrowing Exchange, where isWanted: (Self) -> Bool,
        _ body: (Self, Int64) -> Void
    ) {
        if exchange.outcome == .ok {
            if isWanted(.response) { body(.response, exchange.responseTime.count) }
            if isWanted(.service), let time = exchange.serviceTime { body(.service, time.count) }
            if isWanted(.reply), let time = exchange.reply { body(.reply, time.count) }
            if isWanted(.ttfb), let time = exchange.timeToFirstByte { body(.ttfb, time.count) }
            if exchange.firstToken != nil {
                forEachValue(ofReply: exchange, where: isWanted, body)
            }
            if isWanted(.lateResponse), exchange.responseInTime != nil {
                body(.lateResponse, exchange.responseTime.count)
            }
            if isWanted(.responseInTime), let time = exchange.responseInTime {
                body(.responseInTime, time.count)
            }
        } else if isWanted(.failed) {
            body(.failed, exchange.responseTime.count)
        }
        if isWanted(.throttled), exchange.throttled > .zero {
            body(.throttled, exchange.throttled.count)
        }
        if isWanted(.scheduleLag), let lag = exchange.scheduleLag { body(.scheduleLag, lag.count) }
    }

    /// The same of a conversation.
    @inline(__always)
    static func forEachValue(
        of conversation: borrowing ConversationRecord, _ body: (Self, Int64) -> Void
    ) {
        if conversation.outcome == .completed {
            body(.conversation, (conversation.ended - conversation.started).count)
        }
    }

    /// The values that a conversation has of it alone.
    func forEachValue(of conversation: borrowing ConversationRecord, _ body: (Int64) -> Void) {
        Self.forEachValue(of: conversation) { if $0 == self { body($1) } }
    }

    /// Those of exchanges, which each step has.
    package static let ofSteps = allCases.filter { $0.row.place == .exchanges }
    /// Those that two runs are compared by.
    static let compared = allCases.filter(\.row.isCompared)
    /// Those that are told of the steady window, and have files of their own.
    static let main = allCases.filter(\.row.isMain)
}

/// Counter metric: how many there were of something, as a whole number of its unit. In the order of
/// reports.
package enum CounterMetric: Int, CaseIterable, Sendable {
    case conversationsStarted, conversationsCompleted, conversationsFailed, conversationsAborted
    case turns, goodTurns, unjudgedTurns
    case exchanges, succeeded, failed, rejected, retries, interimResponses, saved
    case throttled, throttledTime
    case succeededTurns
    case bytesOut, bytesIn
    case promptTokens, replyTokens
    case inputTokens, outputTokens, totalTokens, lostTokens
    case reasoningTokens, cachedTokens, cacheableTokens
    case streamed, frames

    /// What there is to know of it.
    package var row: CounterRow {
        switch self {
        case .conversationsStarted:
            CounterRow(
                name: "conversations.started", help: "Conversations that ended, however they did.",
                level: .run, isLive: true, csv: ("conversations", "started"), k6: "iterations")
        case .conversationsCompleted:
            CounterRow(
                name: "conversations.completed",
                help: "Conversations of which every turn succeeded.",
                level: .run, csv: ("conversations", "completed"))
        case .conversationsFailed:
            CounterRow(
                name: "conversations.failed", help: "Conversations in which something failed.",
                level: .run, isLive: true, csv: ("conversations", "failed"))
        case .conversationsAborted:
            CounterRow(
                name: "conversations.aborted", help: "Conversations that the run's end cut off.",
                level: .run, csv: ("conversations", "aborted"))
        case .turns:
            CounterRow(
                name: "turns", help: "Turns that ended.", level: .run, csv: ("turns", "total"),
                openMetrics: "turns")
        case .goodTurns:
            CounterRow(
                name: "good_turns", help: "Turns within the limits of the goodput.", level: .run,
                needsGoodput: true, csv: ("turns", "good"), openMetrics: "good_turns")
        case .exchanges:
            CounterRow(
                name: "exchanges", help: "Exchanges, however they ended.", isOfCredentials: true,
                isLive: true,
                csv: ("exchanges", "total"), k6: "http_reqs")
        case .succeeded:
            CounterRow(
                name: "succeeded", help: "Exchanges that succeeded.",
                csv: ("exchanges", "succeeded"),
                k6: "chatload_successes")
        case .failed:
            CounterRow(
                name: "failed", help: "Exchanges that did not succeed.", isOfCredentials: true,
                isLive: true,
                csv: ("exchanges", "failed"))
        case .rejected:
            CounterRow(
                name: "rejected", help: "Failures that the service answered with 429 or 529.",
                isOfCredentials: true, csv: ("exchanges", "rejected"))
        case .retries:
            CounterRow(
                name: "retries", help: "Attempts beyond the first.", isOfCredentials: true,
                csv: ("exchanges", "retries"), openMetrics: "retries")
        case .interimResponses:
            CounterRow(
                name: "interim_responses", help: "Responses of status 1xx before final ones.",
                level: .exchanges,
                csv: ("exchanges", "interim_responses"),
                line: ("interim", "interim responses (1xx), in no time to first byte"))
        case .saved:
            CounterRow(
                name: "saved", help: "Retries that succeeded.", level: .exchanges,
                csv: ("exchanges", "saved"))
        case .throttled:
            CounterRow(
                name: "throttled", help: "Exchanges that a quota of ours held back.",
                level: .exchanges,
                csv: ("exchanges", "throttled"))
        case .throttledTime:
            CounterRow(
                name: "throttled_s", help: "How long quotas of ours held exchanges back.",
                unit: .seconds,
                level: .exchanges, isOfCredentials: true, csv: ("exchanges", "throttled_time"))
        case .succeededTurns:
            CounterRow(
                name: "turns_succeeded", help: "Turns that succeeded.", level: .run, isLive: true,
                csv: ("turns", "succeeded"), k6: "chatload_turns", openMetrics: "succeeded_turns")
        case .bytesOut:
            CounterRow(
                name: "bytes_out", help: "Bytes of requests.", unit: .bytes, csv: ("bytes", "out"),
                k6: "data_sent", openMetrics: "sent_bytes")
        case .bytesIn:
            CounterRow(
                name: "bytes_in", help: "Bytes of responses.", unit: .bytes, csv: ("bytes", "in"),
                k6: "data_received", openMetrics: "received_bytes")
        case .promptTokens:
            CounterRow(
                name: "prompt_tokens", help: "Tokens that users sent.", unit: .tokens,
                isOfCredentials: true,
                csv: ("tokens", "prompt"), k6: "chatload_prompt_tokens",
                openMetrics: "prompt_tokens")
        case .replyTokens:
            CounterRow(
                name: "reply_tokens", help: "Tokens that bots answered.", unit: .tokens,
                isOfCredentials: true,
                csv: ("tokens", "reply"), k6: "chatload_reply_tokens",
                openMetrics: "reply_tokens")
        case .inputTokens, .outputTokens, .totalTokens, .lostTokens, .reasoningTokens,
            .cachedTokens, .cacheableTokens, .streamed, .frames, .unjudgedTurns:
            rowOfStreams
        }
    }

    /// Hands to `body` what an exchange adds to each of them, where that is something; `goodput` says
    /// how it did if it ended a turn. Straight code, as above.
    @inline(__always)
    static func forEachCount(
        of exchange: borrowing Exchange, _ goodput: TurnJudgement, _ body: (Self, Int) -> Void
    ) {
        let isSuccess = exchange.outcome == .ok
        body(.exchanges, 1)
        body(isSuccess ? .succeeded : .failed, 1)
        if exchange.outcome == .failed(.rejected) { body(.rejected, 1) }
        if exchange.turnTime != nil {
            body(.turns, 1)
            if isSuccess { body(.succeededTurns, 1) }
        }
        if goodput.isGood { body(.goodTurns, 1) }
        if goodput.isUnjudged { body(.unjudgedTurns, 1) }
        if exchange.attempt > 1 {
            body(.retries, 1)
            if isSuccess { body(.saved, 1) }
        }
        if exchange.interimResponses > 0 { body(.interimResponses, exchange.interimResponses) }
        if exchange.throttled > .zero {
            body(.throttled, 1)
            body(.throttledTime, Int(exchange.throttled.count))
        }
        body(.bytesOut, exchange.bytesOut)
        body(.bytesIn, exchange.bytesIn)
        body(.promptTokens, exchange.promptTokens)
        body(.replyTokens, exchange.replyTokens)
        if isSuccess {
            forEachTokenCount(of: exchange, body)
        } else if exchange.replyTokens != 0, exchange.reply == nil {
            body(.lostTokens, exchange.replyTokens)
        }
    }

    /// The same of a conversation.
    @inline(__always)
    static func forEachCount(
        of conversation: borrowing ConversationRecord, _ body: (Self, Int) -> Void
    ) {
        body(.conversationsStarted, 1)
        switch conversation.outcome {
        case .completed: body(.conversationsCompleted, 1)
        case .failed: body(.conversationsFailed, 1)
        case .aborted: body(.conversationsAborted, 1)
        }
    }

    /// What an exchange adds to it alone.
    func value(of exchange: borrowing Exchange, _ goodput: TurnJudgement) -> Int {
        var value = 0
        Self.forEachCount(of: exchange, goodput) { if $0 == self { value = $1 } }
        return value
    }

    /// The same of a conversation.
    func value(of conversation: borrowing ConversationRecord) -> Int {
        var value = 0
        Self.forEachCount(of: conversation) { if $0 == self { value = $1 } }
        return value
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
    case outputTokensPerSecond, promptTokensPerSecond, totalTokensPerSecond, cacheHit
    case changedReplies, replyDistance

    /// What there is to know of it.
    package var row: DerivedRow {
        switch self {
        case .failedShare:
            DerivedRow(
                name: "errors", help: "The share of exchanges that failed.",
                formula: .share(.failed, of: .exchanges),
                isCompared: true, k6: "http_req_failed")
        case .rejectedShare:
            DerivedRow(
                name: "rejected",
                help: "The share of exchanges that the service answered with 429 or 529.",
                formula: .share(.rejected, of: .exchanges), isCompared: true,
                k6: "chatload_rejected")
        case .goodput:
            DerivedRow(
                name: "goodput", help: "The share of turns within the limits of --goodput.",
                formula: .share(.goodTurns, of: .turns), csv: ("turns", "goodput"),
                k6: "chatload_goodput")
        case .failedConversationShare:
            DerivedRow(
                name: "conversations_failed",
                help: "The share of conversations in which something failed.",
                formula: .share(.conversationsFailed, of: .conversationsStarted),
                k6: "chatload_conversations_failed")
        case .turnsPerSecond:
            DerivedRow(
                name: "turns_per_s", help: "Turns that succeeded, by the second of load.",
                formula: .rate(.succeededTurns), isCompared: true, csv: ("turns", "rate"))
        case .successesPerSecond:
            DerivedRow(
                name: "successes_per_s", help: "Exchanges that succeeded, by the second of load.",
                formula: .rate(.succeeded), isCompared: true, csv: ("exchanges", "success_rate"))
        case .exchangesPerSecond:
            DerivedRow(
                name: "exchanges_per_s",
                help: "Exchanges, however they ended, by the second of load.",
                formula: .rate(.exchanges), isCompared: true, csv: ("exchanges", "rate"))
        case .outputTokensPerSecond, .promptTokensPerSecond, .totalTokensPerSecond, .cacheHit:
            rowOfStreams
        case .changedReplies:
            DerivedRow(
                name: "replies_changed",
                help: "The share of replies that differ from the recorded ones.",
                formula: .ofReplies, isCompared: true)
        case .replyDistance:
            DerivedRow(
                name: "reply_distance",
                help: "How far replies are from the recorded ones, from 0 to 1.",
                formula: .ofReplies, isCompared: true)
        }
    }

    /// Those by the second of load.
    static let rates = allCases.filter { $0.row.isRate }
    static let compared = allCases.filter(\.row.isCompared)
}
