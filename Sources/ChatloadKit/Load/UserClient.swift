import Base
import Networking

/// One simulated user's way to the service: sends each exchange over the user's connection, times
/// it, and records it. Confined to the worker's loop.
final class UserClient: ChatTransport {
    var cookies = CookieJar()
    /// The cookies that the user was given so far, whatever became of them; nil before the first.
    var session: SessionSecrets?
    /// What is the same for all users of the worker.
    let worker: WorkerContext
    /// What must be passed before each exchange; nil when nothing holds anybody back.
    let gate: Throttle?
    let loop: EventLoop
    let sleeper: CancellableSleep
    let connection: HTTPConnection
    let recorder: Recorder

    var turn = 0
    /// Whether an exchange of the turn at hand has been sent.
    private(set) var hasSent = false
    /// When the exchange at hand was due at first, whichever attempt it is.
    private(set) var intended = Nanoseconds.zero
    var attempt = 1
    /// How many attempts the policy for retries has granted so far.
    var retries = 0
    /// When the next attempt is made, where it has to be waited for.
    var resumption: Nanoseconds?
    /// Since when what holds an attempt after the first back counts as that.
    var heldSince = Nanoseconds.zero
    /// What the latest response said of when to try again.
    var retryAfter = RetryAfter.absent
    /// How long the attempt at hand was held back, and whether it was.
    var throttled = Nanoseconds.zero
    var hasWaited = false
    /// The operation of the turn at hand, and the step that its exchange is reported under.
    var named: (step: ServiceStep, id: StepID)?
    /// When the next exchange is due.
    var due: Nanoseconds
    /// When the turn at hand was recorded, on the played clock; nil where nothing was, or once its
    /// first exchange has been made.
    var recorded: Nanoseconds?
    var replyClock: Nanoseconds?
    /// When the turn's say or call was due; nil before it left.
    var turnDue: Nanoseconds?
    /// The length of the conversation's latest reply.
    var replyCharacters = 0
    /// Whether the user waits for something that the end of the run makes pointless.
    var isThinking = false
    /// Whether the user waits until it is wanted.
    var isAway = false
    /// Whether a failure of the turn at hand has been recorded.
    var hasFailed = false
    /// Whether the turn at hand has ended otherwise than it should.
    var turnFailed = false
    /// What the user waits for after failures that cost nothing.
    var failureBackoff = FailureBackoff()
    /// When the attempt at hand began.
    private(set) var begun = Nanoseconds.zero
    /// What the conversation at hand remembers for its script; nil when that is nothing.
    var memory: ConversationState?
    /// The conversation at hand.
    var conversation = ConversationRecord()

    init(user: Int, worker: WorkerContext, due: Nanoseconds) {
        self.worker = worker
        connection = HTTPConnection(to: worker.origin, from: worker.source(ofUser: user))
        connection.trace = worker.recorder.witness?.trace
        sleeper = CancellableSleep(loop: worker.loop)
        loop = worker.loop
        recorder = worker.recorder
        gate = worker.gates.map { Throttle(user: user, shared: $0) }
        self.due = due
        conversation.worker = worker.number
        conversation.user = user
    }

    /// What `Host` says.
    var host: String { worker.host }

    /// The run's start; points in records are counted from it.
    var epoch: Nanoseconds { worker.epoch }

    /// Begins a turn, whose exchange of the given operation is reported under the given step; false
    /// when it must not be sent, because it could not be written down.
    func begin(turn: Int, _ named: (step: ServiceStep, id: StepID)) -> Bool {
        self.turn = turn
        hasFailed = false
        turnFailed = false
        self.named = named
        replyClock = nil
        turnDue = nil
        hasSent = false
        return recorder.begin(turn: turn, named.id, of: conversation)
    }

    func exchange(
        _ step: ServiceStep, prompt: String,
        build: (inout ByteBuffer) -> Void,
        read: (ResponseHead, Span<UInt8>, inout ParsedReply) throws(ExchangeFailure) -> Void
    ) async throws(ExchangeFailure) {
        beginExchange()
        while true {
            if let gate, let refusal = await pass(gate, step, prompt) { throw refusal }
            try claim(step)
            var status: Int?
            var failure: ExchangeFailure? = ExchangeFailure(.cancelled)
            do {
                try await connection.exchange(
                    until: loop.clock() + worker.timeout,
                    isRepeatable: worker.repeats(step), build: build
                ) { head, rawHead, body in
                    status = head.status
                    if head.hasMore { take(head, rawHead, after: build) }
                    failure = interpret(step, head, rawHead, body, build: build, by: read)
                }
            } catch {
                completeTrace(by: build)
                failure = self.failure(of: error)
            }
            if finish(step, prompt, status, failure) {
                if let failure { throw failure }
                return
            }
            try await backOff()
        }
    }

    @inline(never)
    private func failure(of failure: HTTPFailure) -> ExchangeFailure {
        ExchangeFailure(failure, through: worker.proxy)
    }

    @inline(never)
    private func completeTrace(by build: (inout ByteBuffer) -> Void) {
        connection.trace?.complete(by: build)
    }

    @inline(never)
    private func beginExchange() {
        intended = due
        attempt = 1
        retries = 0
        resumption = nil
        heldSince = due
        throttled = .zero
        hasWaited = false
    }

    /// Makes sure that the run's limit on exchanges allows one more.
    @inline(never)
    private func claim(_ step: ServiceStep) throws(ExchangeFailure) {
        guard worker.control.claimExchange() else {
            gate?.cancel(at: loop.clock())
            throw ExchangeFailure(.cancelled, "the run ended")
        }
        hasSent = true
        begun = loop.tick
        retryAfter = .absent
        recorder.reception.clear()
        cookies.removeExpired(at: loop.tick)
        recorder.witness?.begin(
            worker.steps[step.index].name, turn: turn, attempt: attempt, at: loop.clock() - epoch)
    }
}

/// Waiting until something is due, and being woken from it.
extension UserClient {
    /// Waits until the user is wanted; false when no conversation begins any more.
    func wait(untilWanted time: Nanoseconds) async -> Bool {
        due = time
        guard !worker.control.startsEnd.hasBeenMade else { return false }
        guard time > loop.tick else { return true }
        isAway = true
        defer { isAway = false }
        return await sleeper.sleep(until: time) == .ready
    }

    /// Lets the user take its time until a turn is due; false when the run ended meanwhile.
    func think(until time: Nanoseconds) async -> Bool {
        if worker.control.isDraining { return false }
        isThinking = true
        defer { isThinking = false }
        return await wait(until: time)
    }

    /// Waits out what the latest failure asks for, before a conversation: it counts in none. Gives the
    /// loop back in any case where no time has passed since `start`, when the last one began.
    ///
    /// - Returns: how long that was.
    func rest(since start: Nanoseconds) async -> Nanoseconds {
        guard failureBackoff.isDue || loop.tick <= start else { return .zero }
        let begin = loop.tick
        due = max(due, restEnd())
        isAway = true
        _ = await sleeper.sleep(until: due)
        isAway = false
        return loop.tick - begin
    }

    /// Until when the user does nothing after the latest failure: always later than now, so that
    /// whoever waits for it gives the loop back.
    func restEnd() -> Nanoseconds {
        failureBackoff.clear()
        return max(failureBackoff.end, loop.tick + Nanoseconds(1))
    }

    func pause(_ span: Nanoseconds) async throws(ExchangeFailure) {
        guard await wait(until: due + span) else {
            throw ExchangeFailure(.cancelled, "the run ended first")
        }
    }

    private func wait(until time: Nanoseconds) async -> Bool {
        due = time
        guard due > loop.tick else { return true }
        if closesSoon {
            guard await sleeper.sleep(until: loop.tick + worker.idleClose) == .ready else {
                return false
            }
            connection.close()
        }
        return await sleeper.sleep(until: due) == .ready
    }

    /// Whether the connection will have been idle for too long before it is needed.
    private var closesSoon: Bool { due - loop.tick > worker.idleClose && connection.isOpen }

    /// Ends whatever the user waits for, for good.
    func cancel() {
        connection.cancel()
        sleeper.wake()
    }

    /// Wakes a user that takes its time, or waits for a name to be looked up, so that it sees that the
    /// run is over; one that waits for a reply goes on.
    func endThinking() {
        connection.giveUpLookUps()
        if isThinking { sleeper.wake() }
    }

    /// Wakes a user that waits until it is wanted, because it will not be.
    func turnAway() {
        if isAway { sleeper.wake() }
    }

    func close() { connection.close() }
}

/// Waiting for quotas and for rejected credentials.
extension UserClient {
    /// The credential of the conversation that is about to begin under this ticket.
    func takeCredential(ticket: Int) -> Int {
        guard let gate else { return 0 }
        gate.begin(ticket: ticket, at: loop.tick)
        return gate.credential
    }

    /// Whether the user may begin another conversation.
    var canGoOn: Bool { gate?.canGoOn ?? true }

    /// Waits until the attempt at hand may be sent; why it must not be sent any more, if so.
    func pass(
        _ gate: Throttle, _ step: ServiceStep, _ prompt: String
    ) async -> ExchangeFailure? {
        let start = begin(at: gate, step, prompt)
        while true {
            switch next(at: gate, since: start) {
            case .go: return nil
            case .refuse(let reason): return ExchangeFailure(.cancelled, reason)
            case .wait(let slot):
                isThinking = !hasSent
                let wake = await sleeper.sleep(until: slot)
                isThinking = false
                if wake != .ready { return giveUp(at: gate) }
            }
        }
    }

    @inline(never)
    private func begin(
        at gate: Throttle, _ step: ServiceStep, _ prompt: String
    ) -> Nanoseconds {
        gate.begin(saying: step == .say ? prompt : nil, isFirst: !hasSent)
        return attempt > 1 ? heldSince : loop.clock()
    }

    @inline(never)
    private func next(at gate: Throttle, since start: Nanoseconds) -> Throttle.Step {
        let now = loop.clock()
        let step = gate.step(at: now)
        switch step {
        case .go: if hasWaited || attempt > 1 { throttled = max(now - start, .zero) }
        case .wait:
            if worker.control.isDraining, !hasSent {
                gate.cancel(at: now)
                return .refuse("the run ended first")
            }
            hasWaited = true
        case .refuse: gate.cancel(at: now)
        }
        return step
    }

    @inline(never)
    private func giveUp(at gate: Throttle) -> ExchangeFailure {
        gate.cancel(at: loop.clock())
        return ExchangeFailure(.cancelled, "the run ended first")
    }
}

/// From one conversation to the next.
extension UserClient {
    /// Begins a conversation: what is sent from now on belongs to it.
    func begin(script: String, ticket: Int) {
        turn = 0
        failureBackoff.clear()
        hasFailed = false
        turnFailed = false
        named = nil
        replyCharacters = 0
        conversation.exchanges = 0
        conversation.failures = 0
        conversation.outcome = .completed
        conversation.ticket = ticket
        conversation.script = script
        conversation.started = due - epoch
        conversation.phase = worker.phases.phase(due: due - epoch, ticket: ticket)
    }

    /// Ends the conversation after `turns` of its turns and writes it down.
    @inline(never)
    func endConversation(turns: Int, of all: Int) {
        conversation.turns = turns
        conversation.ended = due - epoch
        gate?.endTurn()
        if turns < all, gate?.endsConversation != true {
            conversation.outcome = .aborted
            // Its next turn may have been due only after the run has ended it.
            conversation.ended = max(conversation.started, min(due, loop.tick) - epoch)
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
        return think.draw(from: &random, reading: replyCharacters)
    }

    /// What is sent next is due at this time.
    func arrive(at time: Nanoseconds) { due = time }
}

/// What a user was given to be known by, and what keeps it out of what is written.
extension UserClient {
    /// Gives the session the cookies that a head sets; all of them are its secrets, also those that
    /// are not for it.
    func takeCookies(_ rawHead: Span<UInt8>, after build: (inout ByteBuffer) -> Void) {
        let secrets = session ?? SessionSecrets(spent: worker.spent)
        session = secrets
        HeaderFields.forEachSetCookie(in: rawHead) { field in
            guard let cookie = SetCookie(field) else { return }
            secrets.note(
                name: field.extracting(cookie.name), value: field.extracting(cookie.value))
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

    /// Keeps what a head says of the service's limits, which may name one of the session's cookies.
    func noteLimits(_ rawHead: Span<UInt8>) {
        let credential = gate?.credential ?? 0
        recorder.limits.note(rawHead, of: credential, at: loop.tick)
        if let session { recorder.limitSessions[credential] = session }
    }

    /// Seconds since 1970; nil when unknown.
    var wallClock: Int64? {
        worker.wallStart.map { $0 + (loop.tick - epoch).count / 1_000_000_000 }
    }

    /// What takes secrets out of texts of this session.
    var mask: SecretMask { SecretMask(secrets: worker.secrets, session: session) }
}
