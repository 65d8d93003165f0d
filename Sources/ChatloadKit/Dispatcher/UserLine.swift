import Networking

/// One simulated user's way to the service: sends each exchange over the user's connection, times
/// it, and records it. Confined to the worker's loop.
final class UserLine: ChatLine {
    var cookies = CookieJar()
    let host: String
    private let connection: HTTPConnection
    private let sleeper: Sleeper
    private let loop: EventLoop
    private let recorder: Recorder
    private let control: RunControl
    private let secrets: Secrets
    private let timeout: Nanoseconds
    /// The run's start; points in records are counted from it.
    private let epoch: Nanoseconds

    private var turn = 0
    /// The operation of the turn at hand, and the step that its exchange is reported under.
    private var named: (operation: Operation, step: StepID)?
    /// When the next exchange is due.
    private var due: Nanoseconds
    private var replyClock: Nanoseconds?
    private var isThinking = false
    /// Whether a failure of the turn at hand has been recorded.
    private var hasFailed = false
    /// The conversation at hand.
    private var conversation = ConversationRecord()

    init(user: Int, worker: borrowing WorkerParts, due: Nanoseconds) {
        connection = HTTPConnection(to: worker.origin)
        sleeper = Sleeper(loop: worker.loop)
        host = worker.host
        loop = worker.loop
        recorder = worker.recorder
        control = worker.control
        secrets = worker.secrets
        timeout = worker.timeout
        epoch = worker.epoch
        self.due = due
        conversation.worker = worker.number
        conversation.user = user
    }

    /// Begins a conversation: what is sent from now on belongs to it.
    func begin(script: String, ticket: Int) {
        turn = 0
        hasFailed = false
        named = nil
        conversation.exchanges = 0
        conversation.failures = 0
        conversation.outcome = .completed
        conversation.ticket = ticket
        conversation.script = script
        conversation.started = due - epoch
    }

    /// Begins a turn, whose exchange of the given operation is reported under the given step.
    func begin(turn: Int, _ named: (operation: Operation, step: StepID)) {
        self.turn = turn
        hasFailed = false
        self.named = named
        replyClock = nil
    }

    /// Ends the conversation after `turns` of its turns and writes it down.
    @inline(never)
    func endConversation(turns: Int, of all: Int) {
        conversation.turns = turns
        conversation.ended = due - epoch
        if turns < all {
            conversation.outcome = .aborted
        } else if conversation.failures > 0 {
            conversation.outcome = .failed
        }
        recorder.record(conversation)
    }

    /// The time the user takes before the turn that comes next: drawn from the seed by ticket and
    /// turn alone, whoever plays it and when.
    @inline(never)
    func draw(_ think: ThinkTime, seed: UInt64) -> Nanoseconds {
        var random = SeededRandom(
            seed: seed, stream: RandomStream.think.rawValue,
            index: UInt64(truncatingIfNeeded: conversation.ticket &* 4_096 &+ turn))
        return think.draw(from: &random)
    }

    /// Takes the user's time before a turn; false when the run ended meanwhile.
    func think(_ span: Nanoseconds) async -> Bool {
        isThinking = true
        defer { isThinking = false }
        return await wait(span)
    }

    func pause(_ span: Nanoseconds) async throws(ExchangeFailure) {
        guard await wait(span) else { throw ExchangeFailure(.cancelled, "the run ended first") }
    }

    private func wait(_ span: Nanoseconds) async -> Bool {
        due = due + span
        guard due > loop.tick else { return true }
        return await sleeper.sleep(until: due) == .ready
    }

    func exchange<Result>(
        _ operation: Operation, prompt: String,
        build: (inout ByteBuffer) -> Void,
        read: (ResponseHead, Span<UInt8>, inout Reception) throws(ExchangeFailure) -> Result
    ) async throws(ExchangeFailure) -> Result {
        guard control.claimExchange() else { throw ExchangeFailure(.cancelled, "the run ended") }
        var status: Int?
        var outcome = Swift.Result<Result, ExchangeFailure>.failure(ExchangeFailure(.cancelled))
        recorder.reception.clear()
        do {
            try await connection.exchange(
                until: loop.clock() + timeout, build: build
            ) { head, rawHead, body in
                status = head.status
                if head.setsCookie { takeCookies(rawHead) }
                outcome = interpret(head, body, by: read)
            }
        } catch {
            outcome = .failure(ExchangeFailure(error))
        }
        return try finish(operation, prompt, status, outcome)
    }

    /// Records a turn that failed before anything was sent, as an exchange that never left.
    func recordUnlessRecorded(_ failure: ExchangeFailure) {
        guard !hasFailed else { return }
        var exchange = Exchange(of: conversation, turn: turn)
        exchange.step = named?.step ?? exchange.step
        exchange.intended = due - epoch
        exchange.end = due - epoch
        record(&exchange, failure)
    }

    private func record(_ exchange: inout Exchange, _ failure: ExchangeFailure) {
        hasFailed = true
        conversation.failures += 1
        exchange.outcome = .failed(failure.errorClass)
        exchange.detail = secrets.mask(failure.detail)
        recorder.record(exchange)
    }

    /// Ends whatever the user waits for, for good.
    func cancel() {
        connection.cancel()
        sleeper.wake()
    }

    /// Wakes a user that takes its time, so that it sees that the run is over; one that waits for
    /// a reply goes on.
    func endThinking() {
        if isThinking { sleeper.wake() }
    }

    func close() { connection.close() }

    @inline(never)
    private func interpret<Result>(
        _ head: ResponseHead, _ body: Span<UInt8>,
        by read: (ResponseHead, Span<UInt8>, inout Reception) throws(ExchangeFailure) -> Result
    ) -> Swift.Result<Result, ExchangeFailure> {
        // A response clears what an earlier attempt of another user may have left behind.
        recorder.reception.clear()
        do {
            return .success(try read(head, body, &recorder.reception))
        } catch {
            return .failure(error)
        }
    }

    private func takeCookies(_ rawHead: Span<UInt8>) {
        HeaderFields.forEachSetCookie(in: rawHead) { cookies.update(setCookie: $0) }
    }

    @inline(never)
    private func finish<Result>(
        _ operation: Operation, _ prompt: String, _ status: Int?,
        _ outcome: Swift.Result<Result, ExchangeFailure>
    ) throws(ExchangeFailure) -> Result {
        var exchange = Exchange(of: conversation, turn: turn)
        let timeline = connection.timeline
        exchange.step = step(of: operation)
        exchange.intended = due - epoch
        exchange.take(timeline, since: epoch)
        exchange.status = status
        exchange.promptTokens = TokenEstimate.tokens(characters: prompt.scalarCount)
        if operation == .say { replyClock = timeline.sent }
        conversation.exchanges += 1
        due = timeline.end
        switch outcome {
        case .success:
            takeReply(into: &exchange)
            recorder.record(exchange)
        case .failure(let failure): record(&exchange, failure)
        }
        return try outcome.get()
    }

    private func step(of operation: Operation) -> StepID {
        if let named, named.operation == operation { return named.step }
        return StepID(index: operation.index)
    }

    private func takeReply(into exchange: inout Exchange) {
        if let prompt = recorder.reception.promptTokens {
            exchange.promptTokens = prompt
            exchange.tokenSource = .reported
        }
        guard recorder.reception.deliversReply else { return }
        if let reply = recorder.reception.replyTokens {
            exchange.replyTokens = reply
            exchange.tokenSource = .reported
        } else {
            exchange.replyTokens = TokenEstimate.tokens(
                characters: recorder.reception.reply.scalarCount)
        }
        if let replyClock { exchange.reply = exchange.end + epoch - replyClock }
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
        bytesOut = timeline.bytesOut
        bytesIn = timeline.bytesIn
    }
}
