import Networking

/// One simulated user's way to the service: sends each exchange over the user's connection, times
/// it, and records it. Confined to the worker's loop.
final class UserLine: ChatLine {
    var cookies = CookieJar()
    /// What is the same for all users of the worker.
    let worker: WorkerParts
    /// What must be passed before each exchange; nil when nothing holds anybody back.
    let gate: Gate?
    let loop: EventLoop
    let sleeper: Sleeper
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
    var named: (operation: Operation, step: StepID)?
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
    var memory: ScriptMemory?
    /// The conversation at hand.
    var conversation = ConversationRecord()

    init(user: Int, worker: WorkerParts, due: Nanoseconds) {
        self.worker = worker
        connection = HTTPConnection(to: worker.origin, from: worker.source(ofUser: user))
        connection.trace = worker.recorder.witness?.trace
        sleeper = Sleeper(loop: worker.loop)
        loop = worker.loop
        recorder = worker.recorder
        gate = worker.gates.map { Gate(user: user, shared: $0) }
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
    func begin(turn: Int, _ named: (operation: Operation, step: StepID)) -> Bool {
        self.turn = turn
        hasFailed = false
        turnFailed = false
        self.named = named
        replyClock = nil
        turnDue = nil
        hasSent = false
        return recorder.begin(turn: turn, named.step, of: conversation)
    }

    func exchange<Result>(
        _ operation: Operation, prompt: String,
        build: (inout ByteBuffer) -> Void,
        read: (ResponseHead, Span<UInt8>, inout Reception) throws(ExchangeFailure) -> Result
    ) async throws(ExchangeFailure) -> Result {
        beginExchange()
        while true {
            if let gate, let refusal = await pass(gate, operation, prompt) { throw refusal }
            try claim(operation)
            var status: Int?
            var outcome = Swift.Result<Result, ExchangeFailure>.failure(ExchangeFailure(.cancelled))
            do {
                try await connection.exchange(
                    until: loop.clock() + worker.timeout,
                    isRepeatable: operation.isRepeatable || worker.retry.repeatsUnsafe, build: build
                ) { head, rawHead, body in
                    status = head.status
                    if head.hasMore { take(head, rawHead) }
                    outcome = interpret(operation, head, rawHead, body, build: build, by: read)
                }
            } catch {
                completeTrace(by: build)
                outcome = .failure(failure(of: error))
            }
            if finish(operation, prompt, status, outcome) { return try outcome.get() }
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
    private func claim(_ operation: Operation) throws(ExchangeFailure) {
        guard worker.control.claimExchange() else {
            gate?.cancel(at: loop.clock())
            throw ExchangeFailure(.cancelled, "the run ended")
        }
        hasSent = true
        begun = loop.tick
        retryAfter = .absent
        recorder.reception.clear()
        recorder.witness?.begin(
            operation, turn: turn, attempt: attempt, at: loop.clock() - epoch)
    }
}
