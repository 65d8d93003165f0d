import Base
import Networking

/// A client of one simulated user: sends each exchange over the user's connection, times it, and
/// records it. Confined to the worker's loop.
///
/// It owns the connection and is the only one to know that it speaks HTTP: services see a
/// `ChatTransport`, and the worker a user that waits, takes turns and closes.
final class UserClient: ChatTransport {
    /// What is the same for all users of the worker.
    let worker: WorkerContext
    let loop: EventLoop
    let recorder: Recorder
    let connection: HTTPConnection
    /// What must be passed before each exchange; nil when nothing holds anybody back.
    let throttle: Throttle?
    private let sleeper: CancellableSleep

    var cookies = CookieJar()
    /// The cookies that the user was given so far, whatever became of them; nil before the first.
    var cookieSecrets: SessionSecrets?
    /// The conversation that is played, and what it remembers for its script; nil when that is
    /// nothing.
    var conversation = ConversationRecord()
    var state: ConversationState?
    /// The length of the conversation's latest reply.
    var replyCharacters = 0
    var turn = TurnProgress()
    var attempt = AttemptProgress(due: .zero)
    /// When the next exchange is due.
    var due: Nanoseconds
    /// When the turn was recorded, on the played clock; nil where nothing was, or once its first
    /// exchange has been made.
    var recorded: Nanoseconds?
    private var waiting = Waiting.forOthers
    /// What the user waits for after failures that cost nothing.
    var failureBackoff = FailureBackoff()

    /// What a user waits for that the end of the run makes pointless.
    private enum Waiting {
        /// Nothing of that kind: a reply, or a time that its turn needs.
        case forOthers
        /// The time of its next turn.
        case thinking
        /// To be wanted.
        case away
    }

    init(user: Int, worker: WorkerContext, due: Nanoseconds) {
        self.worker = worker
        loop = worker.loop
        recorder = worker.recorder
        connection = HTTPConnection(to: worker.server, from: worker.source(ofUser: user))
        connection.trace = worker.recorder.tracer?.trace
        sleeper = CancellableSleep(loop: worker.loop)
        throttle = worker.run.throttle.map { Throttle(user: user, shared: $0) }
        self.due = due
        conversation.worker = worker.number
        conversation.user = user
    }

    /// What `Host` says.
    var host: String { worker.host }

    /// The zero of all times in records, on the loop's clock.
    var epoch: Nanoseconds { worker.epoch }

    func exchange(
        _ step: ServiceStep, prompt: String, stream: ReplyStream?,
        build: (inout ByteBuffer) -> Void,
        read: (ResponseHead, Span<UInt8>, inout ParsedReply) throws(ExchangeFailure) -> Void
    ) async throws(ExchangeFailure) {
        attempt.restart(due: due)
        repeat {
            if let throttle { await pass(throttle, step, prompt) }
            guard claim(step, stream) else { break }
            do {
                try await connection.exchange(
                    until: loop.clock() + worker.timeout, isRepeatable: worker.repeats(step),
                    lendingTo: stream?.body, build: build
                ) { head, rawHead, body in
                    if head.hasMore { take(head, rawHead, after: build) }
                    attempt.status = head.status
                    attempt.failure = interpret(
                        step, head, rawHead, body, from: stream, build: build, by: read)
                }
            } catch {
                fail(error, after: build)
            }
            if end(step, prompt, stream) { break }
        } while await backOff()
        if let failure = attempt.failure { throw failure }
    }

    /// The attempt has failed without a response.
    @inline(never)
    private func fail(_ failure: HTTPFailure, after build: (inout ByteBuffer) -> Void) {
        connection.trace?.complete(by: build)
        attempt.failure = ExchangeFailure(failure, through: worker.proxy)
    }

    /// Ends the attempt; false when it is to be made again.
    @inline(never)
    private func end(_ step: ServiceStep, _ prompt: String, _ stream: ReplyStream?) -> Bool {
        takeReply(of: stream, isThere: attempt.status != nil)
        return finish(step, prompt, attempt.status, attempt.failure)
    }

    /// Makes sure that the run's limit on exchanges allows one more; false where it does not, or the
    /// attempt must not be sent for another reason.
    @inline(never)
    private func claim(_ step: ServiceStep, _ stream: ReplyStream?) -> Bool {
        if attempt.isRefused { return false }
        guard worker.run.limits.claimExchange() else {
            throttle?.cancel(at: loop.clock())
            refuse("the run ended")
            return false
        }
        turn.hasSent = true
        attempt.begun = loop.tick
        attempt.retryAfter = .absent
        attempt.isWorthTrying = nil
        attempt.status = nil
        attempt.failure = ExchangeFailure(.cancelled)
        recorder.reply.clear()
        stream?.reset(
            first: worker.firstTokenTimeout, idle: worker.idleTimeout,
            isTraced: recorder.tracer != nil)
        cookies.removeExpired(at: loop.tick)
        recorder.tracer?.begin(
            worker.steps[step.index].name, turn: turn.number, attempt: attempt.number,
            at: loop.clock() - epoch)
        return true
    }

    /// The attempt must not be sent, nor another one.
    private func refuse(_ reason: String) {
        attempt.isRefused = true
        attempt.failure = ExchangeFailure(.cancelled, reason)
    }

    /// Makes the worker's reply this exchange's, whatever others have had in it meanwhile.
    private func takeReply(of stream: ReplyStream?, isThere: Bool) {
        if let stream {
            swap(&recorder.reply, &stream.reply)
            recorder.tracer?.take(stream.trace ?? [], since: epoch)
        } else if !isThere {
            recorder.reply.clear()
        }
    }

    /// Ends whatever the user waits for, for good.
    func cancel() {
        connection.cancel()
        sleeper.wake()
    }

    func close() { connection.close() }
}

/// Progress of the turn that is played.
struct TurnProgress {
    /// How it has gone so far.
    enum Outcome {
        case good
        /// A failure has been recorded, which the service may still make good.
        case recorded
        /// It has ended otherwise than it should.
        case failed
    }

    /// From 1; 0 between conversations.
    var number = 0
    /// The step that the turn is about, and what its exchange is reported under.
    var own = (step: ServiceStep.say, id: StepID(index: 0))
    /// Whether an exchange has been sent.
    var hasSent = false
    /// When the own step was due; nil before it left.
    var due: Nanoseconds?
    /// When what the user said was sent; nil before that.
    var replyClock: Nanoseconds?
    var outcome = Outcome.good
    /// How long its prompt was made to be and its reply asked to be.
    var asked = CompiledScript.Asked()
}

/// Progress of the exchange that is made, from one attempt to the next.
struct AttemptProgress {
    /// When the exchange was due at first, whichever attempt it is.
    private(set) var intended: Nanoseconds
    /// From 1.
    var number = 1
    /// How many attempts the policy for retries has granted so far.
    var retries = 0
    /// When the next attempt is made, where it has to be waited for.
    var resumption: Nanoseconds?
    /// Since when what holds an attempt after the first back counts as that.
    var heldSince: Nanoseconds
    /// How long the attempt was held back, and whether any was.
    var throttled = Nanoseconds.zero
    var isHeld = false
    /// When it began.
    var begun = Nanoseconds.zero
    /// What the latest response said of when to try again.
    var retryAfter = RetryAfter.absent
    /// Whether it said that trying again is of use; nil where it did not.
    var isWorthTrying: Bool?
    /// The status of its response, and what is wrong with it; here instead of in the frame of a user
    /// that waits.
    var status: Int?
    var failure: ExchangeFailure?
    /// Whether it must not be sent.
    var isRefused = false

    init(due: Nanoseconds) {
        intended = due
        heldSince = due
    }

    /// Begins another exchange. Never inlined, as what it needs would stay in a waiting user's frame.
    @inline(never)
    mutating func restart(due: Nanoseconds) {
        let begun = begun
        self = AttemptProgress(due: due)
        self.begun = begun
    }
}

/// Waiting until something is due, and being woken from it.
extension UserClient {
    /// Waits until the user is wanted; false when no conversation begins any more.
    func wait(untilWanted time: Nanoseconds) async -> Bool {
        due = time
        guard !worker.run.limits.startsEnd.hasBeenMade else { return false }
        guard time > loop.tick else { return true }
        waiting = .away
        defer { waiting = .forOthers }
        return await sleeper.sleep(until: time) == .ready
    }

    /// Lets the user take its time until a turn is due; false when the run ended meanwhile.
    func think(until time: Nanoseconds) async -> Bool {
        if worker.run.limits.isDraining { return false }
        waiting = .thinking
        defer { waiting = .forOthers }
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
        waiting = .away
        _ = await sleeper.sleep(until: due)
        waiting = .forOthers
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
        // The connection will have been idle for too long before it is needed.
        if due - loop.tick > worker.idleClose, connection.isOpen {
            guard await sleeper.sleep(until: loop.tick + worker.idleClose) == .ready else {
                return false
            }
            connection.close()
        }
        return await sleeper.sleep(until: due) == .ready
    }

    /// Wakes a user that takes its time, or waits for a name to be looked up, so that it sees that the
    /// run is over; one that waits for a reply goes on.
    func endThinking() {
        connection.giveUpLookUps()
        if waiting == .thinking { sleeper.wake() }
    }

    /// Wakes a user that waits until it is wanted, because it will not be.
    func cancelStart() {
        if waiting == .away { sleeper.wake() }
    }
}

/// Waiting for quotas, for rejected credentials, and before another attempt.
extension UserClient {
    /// Chooses the credential of the conversation that is about to begin.
    func takeCredential(iteration: Int) -> Int {
        guard let throttle else { return 0 }
        throttle.begin(iteration: iteration, at: loop.tick)
        return throttle.credential
    }

    /// Whether the user may begin another conversation.
    var canGoOn: Bool { throttle?.canGoOn ?? true }

    /// Waits until the attempt may be sent, or must not be any more.
    ///
    /// Never inlined, as most users wait for nothing before they send.
    @inline(never)
    private func pass(_ throttle: Throttle, _ step: ServiceStep, _ prompt: String) async {
        let start = begin(at: throttle, step, prompt)
        while true {
            switch next(at: throttle, since: start) {
            case .go: return
            case .refuse(let reason): return refuse(reason)
            case .wait(let slot):
                waiting = turn.hasSent ? .forOthers : .thinking
                let wake = await sleeper.sleep(until: slot)
                waiting = .forOthers
                if wake != .ready { return giveUp(at: throttle) }
            }
        }
    }

    @inline(never)
    private func begin(
        at throttle: Throttle, _ step: ServiceStep, _ prompt: String
    ) -> Nanoseconds {
        throttle.begin(saying: step == .say ? prompt : nil, isFirst: !turn.hasSent)
        return attempt.number > 1 ? attempt.heldSince : loop.clock()
    }

    @inline(never)
    private func next(at throttle: Throttle, since start: Nanoseconds) -> Throttle.Step {
        let now = loop.clock()
        let step = throttle.step(at: now)
        switch step {
        case .go:
            if attempt.isHeld || attempt.number > 1 { attempt.throttled = max(now - start, .zero) }
        case .wait:
            if worker.run.limits.isDraining, !turn.hasSent {
                throttle.cancel(at: now)
                return .refuse("the run ended first")
            }
            attempt.isHeld = true
        case .refuse: throttle.cancel(at: now)
        }
        return step
    }

    @inline(never)
    private func giveUp(at throttle: Throttle) {
        throttle.cancel(at: loop.clock())
        refuse("the run ended first")
    }

    /// Waits for the time of the next attempt, where there is one; false when the run ended first. Never
    /// inlined for the same reason.
    @inline(never)
    private func backOff() async -> Bool {
        guard let end = beginBackOff() else { return true }
        guard await sleeper.sleep(until: end) == .ready else {
            refuse("the run ended first")
            return false
        }
        attempt.heldSince = loop.clock()
        return true
    }

    @inline(never)
    private func beginBackOff() -> Nanoseconds? {
        guard let resumption = attempt.resumption else { return nil }
        attempt.resumption = nil
        if resumption - loop.tick > worker.idleClose { connection.close() }
        return resumption
    }
}

/// From one conversation and turn to the next.
extension UserClient {
    /// Begins a conversation: what is sent from now on belongs to it.
    func begin(script: String, iteration: Int) {
        failureBackoff.clear()
        turn = TurnProgress()
        replyCharacters = 0
        conversation.exchanges = 0
        conversation.failures = 0
        conversation.outcome = .completed
        conversation.iteration = iteration
        conversation.script = script
        conversation.started = due - epoch
        conversation.phase = worker.phases.phase(due: due - epoch, iteration: iteration)
    }

    /// Begins a turn, from 1, of a script, whose own exchange may be reported under another name;
    /// false when it must not be sent, because it could not be written down.
    func begin(turn number: Int, of script: CompiledScript) -> Bool {
        let own = script.steps[number - 1]
        turn = TurnProgress(number: number, own: own)
        if !script.asked.isEmpty { turn.asked = script.asked[number - 1] }
        return recorder.begin(turn: number, own.id, of: conversation)
    }

    /// Ends the conversation after `turns` of its turns and writes it down.
    @inline(never)
    func endConversation(turns: Int, of all: Int) {
        conversation.turns = turns
        conversation.ended = due - epoch
        throttle?.endTurn()
        if turns < all, throttle?.endsConversation != true {
            conversation.outcome = .aborted
            // Its next turn may have been due only after the run has ended it.
            conversation.ended = max(conversation.started, min(due, loop.tick) - epoch)
        } else if conversation.failures > 0 {
            conversation.outcome = .failed
        }
        recorder.record(conversation)
    }

    /// The time the user takes before the turn that comes next: drawn from the seed by conversation
    /// and turn alone, whoever plays it and when.
    @inline(never)
    func draw(_ think: ThinkTime) -> Nanoseconds {
        var random = random(.think, turn.number)
        return think.draw(from: &random, reading: replyCharacters)
    }

    /// Random numbers that follow from the seed, the conversation's number in the run and what of
    /// it they are for.
    func random(_ stream: RandomStream, _ turn: Int, attempt: Int? = nil) -> SeededRandom {
        let place = conversation.iteration &* 4_096 &+ turn
        return SeededRandom(
            seed: worker.seed, stream: stream.rawValue,
            index: UInt64(truncatingIfNeeded: attempt.map { place &* 64 &+ $0 } ?? place))
    }
}
