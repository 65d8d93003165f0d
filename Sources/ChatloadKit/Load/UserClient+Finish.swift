import Base
import Networking

/// What becomes of an exchange that has ended.
extension UserClient {
    @inline(never)
    func interpret(
        _ step: ServiceStep, _ head: ResponseHead, _ rawHead: Span<UInt8>, _ body: Span<UInt8>,
        build: (inout ByteBuffer) -> Void,
        by read: (ResponseHead, Span<UInt8>, inout ParsedReply) throws(ExchangeFailure) -> Void
    ) -> ExchangeFailure? {
        // A response clears what an earlier attempt of another user may have left behind.
        recorder.reception.clear()
        do {
            try read(head, body, &recorder.reception)
            memory?.look(
                at: body, head.status, recorder.reception, isOwn: isOwn(step),
                isSaid: named?.step == .say, hiding: mask)
            return nil
        } catch {
            guard let memory, isOwn(step),
                memory.expects(error, head.status, body, hiding: mask)
            else {
                return naming(error, head, rawHead, build)
            }
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
        let scheme = worker.origin.isSecure ? "https" : "http"
        return RefusedRequest(request).naming(
            failure, head, rawHead, from: "\(scheme)://\(host)")
    }

    /// Whether exchanges of a step are what the turn at hand is about.
    private func isOwn(_ step: ServiceStep) -> Bool {
        step == named?.step || step == worker.poll && named?.step == .say
    }

    /// Takes from a head what most responses do not have.
    @inline(never)
    func take(
        _ head: ResponseHead, _ rawHead: Span<UInt8>, after build: (inout ByteBuffer) -> Void
    ) {
        if head.setsCookie { takeCookies(rawHead, after: build) }
        if head.hasRateLimits {
            noteLimits(rawHead)
        }
        if head.mayAskForTime {
            retryAfter = RetryAfter(inHead: rawHead, now: wallClock)
        }
    }

    /// Records an exchange that has ended; false when it is to be tried again.
    @inline(never)
    func finish(
        _ step: ServiceStep, _ prompt: String, _ status: Int?, _ failure: ExchangeFailure?
    ) -> Bool {
        var exchange = Exchange(of: conversation, turn: turn)
        let timeline = connection.timeline
        exchange.step = id(of: step)
        exchange.attempt = attempt
        exchange.credential = gate?.credential ?? 0
        exchange.intended = intended - epoch
        exchange.recorded = recorded.map { $0 - epoch }
        recorded = nil
        exchange.phase = worker.phases.phase(due: exchange.intended, ticket: exchange.ticket)
        exchange.throttled = throttled
        exchange.take(timeline, since: epoch)
        exchange.status = status
        exchange.promptTokens = worker.tokens.tokens(in: prompt)
        if step == .say { replyClock = timeline.sent }
        if step == named?.step { turnDue = intended }
        conversation.exchanges += 1
        due = timeline.end
        guard let failure else {
            failureBackoff.succeed()
            takeReply(into: &exchange)
            if endsTurn(step) { endTurn(with: &exchange) }
            settle(exchange, of: step, isOK: true)
            recordChecked(&exchange)
            return true
        }
        guard memory?.isContent == true else { return finishFailed(&exchange, of: step, failure) }
        endTurn(with: &exchange)
        settle(exchange, of: step, isOK: false)
        recordChecked(&exchange)
        return true
    }

    /// Records an exchange that went well, unless the script thinks otherwise.
    private func recordChecked(_ exchange: inout Exchange) {
        if let witness = recorder.witness { witness.findings = memory?.findings ?? [] }
        let time = exchange.reply ?? exchange.end - (exchange.sent ?? exchange.end)
        guard let failure = memory?.verdict(onReplyAfter: time, hiding: mask) else {
            return recorder.record(exchange, hiding: mask)
        }
        turnFailed = true
        record(&exchange, failure)
    }

    /// Records a failure; false when the exchange is to be tried again.
    private func finishFailed(
        _ exchange: inout Exchange, of step: ServiceStep, _ failure: ExchangeFailure
    ) -> Bool {
        settle(exchange, of: step, isOK: false)
        guard triesAgain(step, after: failure) else {
            record(&exchange, failure)
            return true
        }
        recordFailure(&exchange, failure.adding(retryAfter))
        attempt += 1
        return false
    }

    /// Settles what quotas have reserved with what the exchange has used; one that never left has
    /// used nothing.
    private func settle(_ exchange: borrowing Exchange, of step: ServiceStep, isOK: Bool) {
        guard let gate else { return }
        guard let sent = connection.timeline.sent else { return gate.cancel(at: loop.tick) }
        let delivers = isOK && recorder.reception.deliversReply
        gate.settle(
            TokenCount(prompt: exchange.promptTokens, reply: exchange.replyTokens),
            delivers: delivers, awaitsReply: isOK && step == .say && !delivers)
        if isOK { gate.succeed(sent: sent) }
    }

    /// Whether the success at hand is what the turn was about.
    private func endsTurn(_ step: ServiceStep) -> Bool {
        recorder.reception.deliversReply || step != .say && step == named?.step
    }

    private func endTurn(with exchange: inout Exchange) {
        guard turn > 0 else { return }
        let due = turnDue.map { $0 - epoch } ?? exchange.intended
        exchange.turnTime = exchange.end - due
    }

    private func id(of step: ServiceStep) -> StepID {
        if let named, named.step == step { return named.id }
        return StepID(index: step.index)
    }

    private func takeReply(into exchange: inout Exchange) {
        if let prompt = recorder.reception.promptTokens {
            exchange.promptTokens = prompt
            exchange.tokenSource = .reported
        }
        guard recorder.reception.deliversReply else { return }
        replyCharacters = recorder.reception.text.scalarCount
        if let reply = recorder.reception.replyTokens {
            exchange.replyTokens = reply
            exchange.tokenSource = .reported
        } else {
            exchange.replyTokens = worker.tokens.tokens(in: recorder.reception.text)
        }
        if let replyClock { exchange.reply = exchange.end + epoch - replyClock }
    }

    /// Records a turn that failed before anything was sent, as an exchange that never left.
    func recordUnlessRecorded(_ failure: ExchangeFailure) {
        if memory?.isContent == true { return }
        turnFailed = true
        guard !hasFailed else { return }
        var exchange = Exchange(of: conversation, turn: turn)
        exchange.step = named?.id ?? exchange.step
        exchange.intended = due - epoch
        exchange.phase = worker.phases.phase(due: exchange.intended, ticket: exchange.ticket)
        exchange.end = due - epoch
        record(&exchange, failure)
    }

    private func record(_ exchange: inout Exchange, _ failure: ExchangeFailure) {
        hasFailed = true
        conversation.failures += 1
        if exchange.sent == nil { failUnsent() }
        endTurn(with: &exchange)
        recordFailure(&exchange, failure)
    }

    /// Notes a failure before anything was sent; also of a turn of which nothing was even tried.
    private func failUnsent() {
        failureBackoff.fail(begun: hasSent ? begun : loop.tick, isPaced: worker.isPaced)
    }

    private func recordFailure(_ exchange: inout Exchange, _ failure: ExchangeFailure) {
        exchange.outcome = .failed(failure.errorClass)
        exchange.lacked = failure.lacked
        exchange.detail = mask.mask(failure.detail)
        recorder.record(exchange, hiding: mask)
    }
}

extension ResponseHead {
    /// Whether it holds something besides what its exchange is about.
    var hasMore: Bool { setsCookie || hasRateLimits || mayAskForTime }

    /// Whether its status is one with which services say when to come back.
    var mayAskForTime: Bool { status == 429 || status >= 500 }
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
        ticket = conversation.ticket
        script = conversation.script
        self.turn = turn
    }

    /// Takes over what was measured on the wire, counted from the run's start.
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

/// Trying again what has failed.
extension UserClient {
    /// Whether the exchange at hand is tried again after a failure: a rejection by the pause of its
    /// credential where the run waits for that, everything else by the policy for retries.
    func triesAgain(_ step: ServiceStep, after failure: ExchangeFailure) -> Bool {
        let timeline = connection.timeline
        if failure.errorClass == .rejected, let gate, gate.policy != .record {
            return timeline.sent.map {
                gate.reject(sent: $0, end: timeline.end, asked: retryAfter, otherwise: backoff())
            } ?? false
        }
        guard retries < worker.retry.most,
            worker.retry.retries(
                failure.errorClass, isRepeatable: worker.steps[step.index].isRepeatable,
                wasSent: timeline.sent != nil)
        else { return false }
        var random = random(RandomStream.retry)
        guard
            let pause = worker.retry.pause(
                before: retries + 1, share: random.unit(), asked: retryAfter)
        else { return false }
        retries += 1
        resumption = timeline.end + pause
        return true
    }

    /// Waits for the time of the next attempt, where there is one.
    func backOff() async throws(ExchangeFailure) {
        guard let end = beginBackOff() else { return }
        guard await sleeper.sleep(until: end) == .ready else {
            throw ExchangeFailure(.cancelled, "the run ended first")
        }
        heldSince = loop.clock()
    }

    @inline(never)
    private func beginBackOff() -> Nanoseconds? {
        guard let resumption else { return nil }
        self.resumption = nil
        if resumption - loop.tick > worker.idleClose { connection.close() }
        return resumption
    }

    /// How long to wait after a rejection that does not say: twice as long each time, up to a
    /// minute, and a seeded share less so that not all come back at once.
    private func backoff() -> Nanoseconds {
        var random = random(RandomStream.backoff)
        let longest = Double(min(1 << min(attempt - 1, 6), 60))
        return Nanoseconds(seconds: longest * (1 - random.unit() / 2))
    }

    /// Random numbers that follow from the seed and from which attempt this is, of which turn.
    private func random(_ stream: RandomStream) -> SeededRandom {
        SeededRandom(
            seed: worker.seed, stream: stream.rawValue,
            index: UInt64(
                truncatingIfNeeded: (conversation.ticket &* 4_096 &+ turn) &* 64 &+ attempt))
    }
}
