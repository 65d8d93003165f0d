import Base

/// What came of a turn, for the transcript.
struct TurnResult: Sendable {
    /// The inside of a JSON string, secrets masked; nil without a reply.
    var reply: ByteBuffer?
    /// When the say or the call left, counted from the run's start.
    var sent: Nanoseconds?
    /// The service time of the say or the call.
    var service: Nanoseconds?
    /// Send → the reply is in the user's hands.
    var replyTime: Nanoseconds?
    var promptTokens = 0
    var replyTokens = 0
    var tokenSource = TokenSource.estimated
    /// The HTTP status of the latest response.
    var status: Int?
    /// Attempts at the say or the call.
    var attempts = 0
    /// What the turn failed with.
    var failure: ExchangeFailure?

    /// Takes an exchange of the turn into account.
    ///
    /// - Parameter isOwn: whether it is the say or the call itself, and not a login, an upload or a
    ///   poll that goes with it.
    mutating func add(_ exchange: borrowing Exchange, isOwn: Bool) {
        if isOwn {
            sent = sent ?? exchange.sent
            service = exchange.sent.map { exchange.end - $0 }
            attempts = max(attempts, exchange.attempt)
        }
        if let time = exchange.reply {
            replyTime = time
            replyTokens = exchange.replyTokens
            tokenSource = exchange.tokenSource
        }
        promptTokens += exchange.promptTokens
        status = exchange.status ?? status
        switch exchange.outcome {
        case .ok: failure = nil
        case .failed(let error): failure = ExchangeFailure(error, exchange.detail)
        }
    }

    /// Appends the JSON object that stands under `result` in a transcript.
    func append(to buffer: inout ByteBuffer) {
        buffer.append { object in
            object.append(key: "reply")
            if let reply {
                object.append("\"")
                object.append(reply)
                object.append("\"")
            } else {
                object.append("null")
            }
            Self.append("sent_ms", sent, to: &object)
            Self.append("service_ms", service, to: &object)
            Self.append("reply_ms", replyTime, to: &object)
            object.append("prompt_tokens", promptTokens)
            object.append("reply_tokens", reply == nil ? nil : replyTokens)
            object.append("token_source", tokenSource.rawValue)
            object.append("status", status)
            object.append("attempts", attempts)
            guard let failure else { return }
            object.append("error") { error in
                error.append("class", failure.errorClass.rawValue)
                error.append("detail", failure.detail)
            }
        }
    }

    /// A time in milliseconds, to the microsecond.
    private static func append(_ key: String, _ time: Nanoseconds?, to buffer: inout ByteBuffer) {
        buffer.append(key: key)
        guard let time else { return buffer.append("null") }
        let microseconds = (max(time, .zero).count + 500) / 1_000
        buffer.append(decimal: Int(microseconds / 1_000))
        buffer.append(".")
        let rest = Int(microseconds % 1_000)
        buffer.append(rest < 10 ? "00" : rest < 100 ? "0" : "")
        buffer.append(decimal: rest)
    }
}
