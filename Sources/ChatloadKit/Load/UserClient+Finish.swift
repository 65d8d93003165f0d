import Base
import Networking

/// What becomes of an exchange that has ended.
extension UserClient {
    /// Reads a response; why it is a failure, if it is one.
    @inline(never)
    func interpret(
        _ step: ServiceStep, _ head: ResponseHead, _ rawHead: Span<UInt8>, _ body: Span<UInt8>,
        from stream: ReplyStream?, build: (inout ByteBuffer) -> Void,
        by read: (ResponseHead, Span<UInt8>, inout ParsedReply) throws(ExchangeFailure) -> Void
    ) -> ExchangeFailure? {
        guard let stream else {
            // A response clears what an earlier attempt of another user may have left behind.
            recorder.reply.clear()
            return interpret(step, head, rawHead, body, &recorder.reply, build: build, by: read)
        }
        // Others use the worker's reply until the rest of the response has been passed over.
        var reply = ParsedReply()
        swap(&reply, &stream.reply)
        defer { swap(&reply, &stream.reply) }
        return interpret(step, head, rawHead, body, &reply, build: build, by: read)
    }

    @inline(__always)
    private func interpret(
        _ step: ServiceStep, _ head: ResponseHead, _ rawHead: Span<UInt8>, _ body: Span<UInt8>,
        _ reply: inout ParsedReply, build: (inout ByteBuffer) -> Void,
        by read: (ResponseHead, Span<UInt8>, inout ParsedReply) throws(ExchangeFailure) -> Void
    ) -> ExchangeFailure? {
        do {
            try read(head, body, &reply)
            state?.look(
                at: body, head.status, reply, isOwn: isOwn(step),
                isSaid: turn.own.step == .say, hiding: mask)
            return nil
        } catch {
            guard let state, isOwn(step), state.expects(error, head.status, body, hiding: mask)
            else { return naming(error, head, rawHead, build) }
            return ExchangeFailure(.expectation, "as the script expects")
        }
    }

    /// A failure with the request it answers, where it is one of HTTP. The request is made once more for
    /// that: the buffer it was in has held others' since.
    @inline(never)
    private func naming(
        _ failure: ExchangeFailure, _ head: ResponseHead, _ rawHead: Span<UInt8>,
        _ build: (inout ByteBuffer) -> Void
    ) -> ExchangeFailure {
        guard RefusedRequest.explains(failure.errorClass) else { return failure }
        var request = ByteBuffer()
        build(&request)
        let scheme = worker.server.isSecure ? "https" : "http"
        return RefusedRequest(request).naming(
            failure, head, rawHead, from: "\(scheme)://\(host)")
    }

    /// Whether exchanges of a step are what the turn is about.
    private func isOwn(_ step: ServiceStep) -> Bool {
        step == turn.own.step || step == worker.poll && turn.own.step == .say
    }

    /// Records an exchange that has ended; false when it is to be tried again.
    @inline(never)
    func finish(
        _ step: ServiceStep, _ prompt: String, _ status: Int?, _ failure: ExchangeFailure?
    ) -> Bool {
        var exchange = measured(step, status)
        exchange.promptTokens = worker.tokens.tokens(in: prompt)
        let isAnswer = failure == nil && recorder.reply.output.isAskedFor
        if isAnswer || !recorder.reply.output.isEmpty {
            takeOutput(into: &exchange, isOK: failure == nil)
        }
        if step == .say { turn.replyClock = connection.timeline.sent }
        if step == turn.own.step { turn.due = attempt.intended }
        conversation.exchanges += 1
        due = connection.timeline.end
        guard let failure else {
            failureBackoff.succeed()
            takeReply(into: &exchange)
            let isOwnCall = step != .say && step == turn.own.step
            if recorder.reply.deliversReply || isOwnCall { endTurn(with: &exchange) }
            settle(exchange, of: step, isOK: true)
            recordChecked(&exchange)
            return true
        }
        if state?.isContent == true {
            endTurn(with: &exchange)
            settle(exchange, of: step, isOK: false)
            recordChecked(&exchange)
            return true
        }
        settle(exchange, of: step, isOK: false)
        if triesAgain(step, after: failure) {
            recordFailure(&exchange, failure.adding(attempt.retryAfter))
            attempt.number += 1
            return false
        }
        record(&exchange, failure)
        return true
    }

    /// The exchange that has ended, as it was measured.
    private func measured(_ step: ServiceStep, _ status: Int?) -> Exchange {
        var exchange = Exchange(of: conversation, turn: turn.number)
        exchange.step = step == turn.own.step ? turn.own.id : StepID(index: step.index)
        exchange.attempt = attempt.number
        exchange.credential = throttle?.credential ?? 0
        exchange.intended = attempt.intended - epoch
        exchange.recorded = recorded.map { $0 - epoch }
        recorded = nil
        exchange.phase = worker.phases.phase(due: exchange.intended, iteration: exchange.iteration)
        exchange.throttled = attempt.throttled
        if step == .say {
            (exchange.askedPrompt, exchange.askedReply) = (turn.asked.prompt, turn.asked.reply)
        }
        exchange.take(connection.timeline, since: epoch)
        exchange.status = status
        return exchange
    }

    private func takeReply(into exchange: inout Exchange) {
        if let prompt = recorder.reply.promptTokens {
            exchange.promptTokens = prompt
            exchange.tokenSource = .reported
            if exchange.askedPrompt != nil {
                worker.calibration?.add(bytes: turn.asked.promptBytes, tokens: prompt)
            }
        }
        guard recorder.reply.deliversReply else { return }
        replyCharacters = recorder.reply.text.scalarCount
        takeReplyTokens(into: &exchange)
        if let clock = turn.replyClock {
            exchange.reply = (recorder.reply.output.last ?? exchange.end + epoch) - clock
        }
    }

    /// Takes over what a streamed reply has put out, with its tokens where it is not delivered: they
    /// are lost then.
    @inline(never)
    private func takeOutput(into exchange: inout Exchange, isOK: Bool) {
        exchange.take(recorder.reply.output, since: epoch)
        let isDelivered = isOK && recorder.reply.deliversReply
        if exchange.chunks > 0, !isDelivered { takeReplyTokens(into: &exchange) }
    }

    /// Takes the tokens of the reply and of what the bot put out besides: those that are reported, or
    /// an estimate by their length.
    private func takeReplyTokens(into exchange: inout Exchange) {
        if let tokens = recorder.reply.replyTokens {
            exchange.replyTokens = tokens
            exchange.tokenSource = .reported
            return
        }
        let besides = recorder.reply.besides
        exchange.replyTokens =
            worker.tokens.tokens(in: recorder.reply.text)
            &+ (besides.isEmpty ? 0 : worker.tokens.tokens(in: besides))
    }

    private func endTurn(with exchange: inout Exchange) {
        guard turn.number > 0 else { return }
        exchange.turnTime = exchange.end - (turn.due.map { $0 - epoch } ?? exchange.intended)
    }

    /// Settles what quotas have reserved with what the exchange has used; one that never left has
    /// used nothing.
    private func settle(_ exchange: borrowing Exchange, of step: ServiceStep, isOK: Bool) {
        guard let throttle else { return }
        guard let sent = connection.timeline.sent else { return throttle.cancel(at: loop.tick) }
        let delivers = isOK && recorder.reply.deliversReply
        throttle.settle(
            TokenCount(prompt: exchange.promptTokens, reply: exchange.replyTokens),
            delivers: delivers, awaitsReply: isOK && step == .say && !delivers)
        if isOK { throttle.succeed(sent: sent) }
    }

    /// Records an exchange that went well, unless the script thinks otherwise.
    private func recordChecked(_ exchange: inout Exchange) {
        recorder.tracer?.findings = state?.findings ?? []
        let time = exchange.reply ?? exchange.end - (exchange.sent ?? exchange.end)
        guard let failure = state?.verdict(onReplyAfter: time, hiding: mask) else {
            return recorder.record(exchange, hiding: mask)
        }
        record(&exchange, failure)
        turn.outcome = .failed
    }

    /// Fails the turn, and records that as an exchange that never left where no failure of it is
    /// recorded yet.
    func fail(_ failure: ExchangeFailure) {
        if state?.isContent == true { return }
        defer { turn.outcome = .failed }
        guard turn.outcome == .good else { return }
        var exchange = Exchange(of: conversation, turn: turn.number)
        exchange.step = turn.own.id
        exchange.intended = due - epoch
        exchange.phase = worker.phases.phase(due: exchange.intended, iteration: exchange.iteration)
        exchange.end = due - epoch
        record(&exchange, failure)
    }

    private func record(_ exchange: inout Exchange, _ failure: ExchangeFailure) {
        if turn.outcome == .good { turn.outcome = .recorded }
        conversation.failures += 1
        if exchange.sent == nil {
            // Also of a turn of which nothing was even tried.
            failureBackoff.fail(
                begun: turn.hasSent ? attempt.begun : loop.tick, isPaced: worker.isPaced)
        }
        endTurn(with: &exchange)
        recordFailure(&exchange, failure)
    }

    private func recordFailure(_ exchange: inout Exchange, _ failure: ExchangeFailure) {
        exchange.outcome = .failed(failure.errorClass)
        exchange.lacked = failure.lacked
        exchange.detail = mask.mask(failure.detail)
        recorder.record(exchange, hiding: mask)
    }
}

/// Trying again what has failed.
extension UserClient {
    /// Whether the exchange is tried again after a failure: a rejection by the pause of its
    /// credential where the run waits for that, everything else by the policy for retries.
    private func triesAgain(_ step: ServiceStep, after failure: ExchangeFailure) -> Bool {
        let timeline = connection.timeline
        if let asked = failure.asked, attempt.retryAfter == .absent {
            attempt.retryAfter = .delay(asked)
        }
        if let throttle, throttle.policy != .record {
            if failure.endsCredential {
                throttle.retireCredential()
                return false
            }
            if failure.errorClass == .rejected { return waits(at: throttle, timeline) }
        }
        let isRepeatable = worker.steps[step.index].isRepeatable
        guard attempt.retries < worker.retry.most,
            attempt.isWorthTrying
                ?? worker.retry.retries(
                    failure.errorClass, isRepeatable: isRepeatable, wasSent: timeline.sent != nil)
        else { return false }
        var random = random(.retry, turn.number, attempt: attempt.number)
        guard
            let pause = worker.retry.pause(
                before: attempt.retries + 1, share: random.unit(), asked: attempt.retryAfter)
        else { return false }
        attempt.retries += 1
        attempt.resumption = timeline.end + pause
        return true
    }

    /// Tells a rejection to the credential; whether the exchange is tried again after its pause.
    private func waits(at throttle: Throttle, _ timeline: HTTPTimeline) -> Bool {
        guard let sent = timeline.sent else { return false }
        let isOver = throttle.reject(
            sent: sent, end: timeline.end, asked: attempt.retryAfter, otherwise: backoff())
        return isOver && attempt.isWorthTrying != false
    }

    /// How long to wait after a rejection that does not say: twice as long each time, up to a
    /// minute, and a seeded share less so that not all come back at once.
    private func backoff() -> Nanoseconds {
        var random = random(.backoff, turn.number, attempt: attempt.number)
        let longest = Double(min(1 << min(attempt.number - 1, 6), 60))
        return Nanoseconds(seconds: longest * (1 - random.unit() / 2))
    }
}

/// What most responses do not have: cookies, limits, times to come back.
extension UserClient {
    /// Takes from a head what its exchange is not about.
    @inline(never)
    func take(
        _ head: ResponseHead, _ rawHead: Span<UInt8>, after build: (inout ByteBuffer) -> Void
    ) {
        if head.setsCookie { takeCookies(rawHead, after: build) }
        if head.hasRateLimits {
            recorder.addLimits(
                rawHead, of: throttle?.credential ?? 0, at: loop.tick, in: cookieSecrets)
        }
        if head.mayAskForTime {
            attempt.retryAfter = RetryAfter(inHead: rawHead, now: wallClock)
            attempt.isWorthTrying = RetryAfter.isWorthTrying(inHead: rawHead)
        }
    }

    /// Gives the session the cookies that a head sets; all of them are its secrets, also those that
    /// are not for it.
    private func takeCookies(_ rawHead: Span<UInt8>, after build: (inout ByteBuffer) -> Void) {
        let secrets = cookieSecrets ?? SessionSecrets(spent: worker.spent)
        cookieSecrets = secrets
        HeadSyntax.forEachSetCookie(in: rawHead) { field in
            guard let cookie = SetCookie(field) else { return }
            secrets.add(name: field.extracting(cookie.name), value: field.extracting(cookie.value))
            var origin = CookieOrigin(
                host: worker.cookieHost, isSecure: worker.isSecure, now: loop.tick,
                wallClock: wallClock)
            // Nobody keeps requests; few cookies leave open what they are for.
            if cookie.path == nil {
                var request = ByteBuffer()
                build(&request)
                origin.requestPath = CookieOrigin.path(ofRequest: request.bytes.span)
            }
            cookies.update(cookie, of: field, from: origin)
        }
    }

    /// Seconds since 1970; nil when unknown.
    private var wallClock: Int64? {
        worker.run.wallStart.map { $0 + (loop.tick - epoch).count / 1_000_000_000 }
    }

    /// What takes secrets out of texts of this session.
    private var mask: SecretMask { SecretMask(secrets: worker.secrets, session: cookieSecrets) }
}

extension ResponseHead {
    /// Whether it holds something besides what its exchange is about.
    var hasMore: Bool { setsCookie || hasRateLimits || mayAskForTime }

    /// Whether its status is one with which services say when to come back.
    fileprivate var mayAskForTime: Bool {
        status == 408 || status == 409 || status == 429 || status >= 500
    }
}

extension ExchangeFailure {
    /// This failure, with a word on a `Retry-After` that cannot be followed.
    fileprivate func adding(_ retryAfter: RetryAfter) -> ExchangeFailure {
        guard case .unreadable(let text) = retryAfter else { return self }
        let remark = "Retry-After \"\(text)\" is no time"
        return ExchangeFailure(errorClass, detail.isEmpty ? remark : detail + "; " + remark)
    }
}

extension Exchange {
    /// An exchange of this conversation.
    fileprivate init(of conversation: borrowing ConversationRecord, turn: Int) {
        self.init()
        worker = conversation.worker
        user = conversation.user
        iteration = conversation.iteration
        script = conversation.script
        self.turn = turn
    }

    /// Takes over what was measured on the wire, counted from the zero of records.
    fileprivate mutating func take(_ timeline: HTTPTimeline, since epoch: Nanoseconds) {
        sent = timeline.sent.map { $0 - epoch }
        firstByte = timeline.firstByte.map { $0 - epoch }
        end = timeline.end - epoch
        dns = timeline.dns
        connect = timeline.connect
        tls = timeline.tls
        interimResponses = Int(timeline.interimResponses)
        if let late = timeline.readLate {
            reading = .late(late, merged: Int(timeline.mergedReads))
        } else if timeline.isComplete {
            reading = .unstamped
        }
        bytesOut = timeline.bytesOut
        bytesIn = timeline.bytesIn
    }
}
