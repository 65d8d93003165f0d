/// The columns of `exchanges.csv`, in the order of the file. New ones are only added at the end.
enum ExchangeColumn: String, CaseIterable, Sendable {
    case shard, worker, user, conversation, turn, step, service, credential
    case intended = "intended_ns"
    case sent = "sent_ns"
    case firstByte = "first_byte_ns"
    case firstToken = "first_token_ns"
    case answerToken = "answer_token_ns"
    case end = "end_ns"
    case dns = "dns_ns"
    case connect = "connect_ns"
    case tls = "tls_ns"
    case throttled = "throttled_ns"
    case bytesOut = "bytes_out"
    case bytesIn = "bytes_in"
    case promptTokens = "prompt_tokens"
    case replyTokens = "reply_tokens"
    case tokenSource = "token_source"
    case chunks, status, outcome, detail
    case reply = "reply_ns"
    case attempt, phase
    case turnTime = "turn_ns"
    case recorded = "recorded_ns"
    case interimResponses = "interim_responses"

    /// Those that every log has; the others came later, and have defaults.
    static let first = allCases.filter {
        ![.attempt, .phase, .turnTime, .recorded, .interimResponses].contains($0)
    }
}

/// The columns of `conversations.csv`, in the order of the file. New ones are only added at the end.
enum ConversationColumn: String, CaseIterable, Sendable {
    case shard, worker, user, conversation
    case started = "started_ns"
    case ended = "ended_ns"
    case turns, exchanges, failures, outcome, phase
}
