import Base
import Networking

/// A worker, one core's share of a run: its simulated users, their connections, figures and log rows.
/// All of it lives on one event loop, which is the actor's executor, so nothing here is ever locked.
///
/// An exchange, from the user's turn to the figures and back; time runs downwards:
///
///     Worker        ServiceSession    a service      UserClient        HTTPConnection
///       │ play(turn) ──►│                │                │                  │
///       │               │ play(turn) ───►│                │                  │
///       │               │                │ exchange ─────►│ wait: throttle   │
///       │               │                │                │ exchange ───────►│ wait: connect
///       │               │                │◄──── build ────┼──────────────────│
///       │               │                │ write request  │                  │ wait: send, receive
///       │               │                │                │◄──── response ───│
///       │               │                │◄──── read ─────│ interpret        │
///       │               │                │ parse reply    │                  │
///       │               │                │                │◄──── return ─────│
///       │               │                │                │ finish ──► Recorder
///       │               │                │◄─── return ────│ (or once more)   │
///       │◄──────────────┼────────────────│                │                  │
///
/// `build` and `read` are closures of the service, called when the connection can be written to and
/// when a response is whole, so that bytes are neither kept nor copied in between.
actor Worker {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let plan: Plan
    /// The plan's curve, at hand without touching the plan.
    let curve: LoadCurve?
    /// The pace of a replay at recorded times, at hand in the same way.
    let pace: ReplayPace?
    /// The services to speak with, by credential, of the worker's own.
    let services: [any ChatService]
    let run: RunContext
    let context: WorkerContext
    let recorder: Recorder
    var scripts: ScriptCache
    /// The users there are, by number, and how many there ever were.
    var users: [Int: SimulatedUser] = [:]
    var userCount = 0
    /// In the open model the users that are free, the one that was freed last at the end.
    var free: [Int] = []
    /// The users that are in a conversation, or between two of them.
    var busy = 0
    var tally = StartTally()
    /// The users' tasks.
    let tasks = WaitGroup()
    /// Waits for the times at which users and conversations begin.
    let startSleep: CancellableSleep
    private let lagMonitor: LoopLagMonitor
    private var timers: [Chore: TimerID] = [:]

    /// What a worker does at given times besides playing.
    private enum Chore {
        case endDuration
        case endGrace
        case everySecond
    }

    /// A worker on `loop` that has not begun, the `number`th from 0. `log` is its end of the run's
    /// log, if there is one.
    init(number: Int, loop: EventLoop, plan: Plan, run: RunContext, log: WorkerLog?) {
        self.loop = loop
        self.plan = plan
        self.run = run
        curve = plan.load.curve
        let pace = plan.clock?.pace
        self.pace = pace
        services = plan.services.map { $0.separated() }
        let transcript: TranscriptRecorder? = log.flatMap {
            $0.keeping == .nothing
                ? nil
                : TranscriptRecorder(
                    repeats: $0.keeping == .replies, overlaps: pace?.turns == .strict)
        }
        recorder = Recorder(
            Aggregator(
                of: plan, run.objectives,
                until: (plan.load.duration ?? .never) + run.before.elapsed),
            log: log, transcript: transcript, tracer: run.tell.map { ExchangeTracer($0) })
        scripts = ScriptCache(plan)
        startSleep = CancellableSleep(loop: loop)
        lagMonitor = LoopLagMonitor(loop: loop, epoch: run.epoch)
        context = WorkerContext(
            number: number, loop: loop, recorder: recorder, plan: plan, run: run)
    }

    /// Plays this worker's share of the conversations until none is left or the run ends.
    ///
    /// - Returns: the figures of everything that was played, and how the schedule was kept.
    func work() async -> (figures: Aggregator, tally: StartTally) {
        if let duration = plan.load.duration {
            set(.endDuration, at: run.start + duration) { $0.run.limits.drain() }
        }
        listen()
        everySecond()
        lagMonitor.start()
        if let clock = plan.clock, let limiter = run.startLimiter {
            await admit(clock, through: limiter)
        } else if let arrivals = plan.load.arrivals {
            await admit(arrivals)
        } else {
            await admitUsers()
        }
        // The last user may be gone before the run's end is heard of.
        if let duration = plan.load.duration, now >= duration { endLoad() }
        await tasks.empty()
        for user in inOrder { user.close() }
        for timer in timers.values { loop.cancel(timer) }
        recorder.flush()
        lagMonitor.stop()
        return share(of: recorder.aggregator)
    }

    /// The time of the schedule: since this part of the run began.
    var now: Nanoseconds { loop.tick - run.start }

    /// The users by their numbers, so that a seeded run ends in the same way each time.
    private var inOrder: [SimulatedUser] { users.values.sorted { $0.number < $1.number } }

    /// Ends every exchange that is under way as cancelled.
    func stop() {
        for user in inOrder { user.forEachClient { $0.cancel() } }
    }

    /// Adds how this worker's share of the run goes: here, where nothing is counted meanwhile, so that
    /// its figures stay its own.
    func add(to progress: inout RunProgress) {
        progress.merge(
            RunProgress(
                figures: recorder.aggregator.liveFigures(), users: busy, dropped: tally.dropped,
                started: tally.started))
    }

    /// Adds this worker's figures so far but for those over time, here for the same reason.
    func add(to total: inout Aggregator, _ starts: inout StartTally) {
        total.merge(recorder.aggregator, overTime: false)
        total.generator.merge(generator)
        starts.merge(tally)
    }

    /// Its figures over time so far.
    var series: LatencySeries { recorder.aggregator.series }

    /// Latencies over time of the warm-up so far.
    var warmupSeries: LatencySeries { recorder.aggregator.warmupSeries ?? LatencySeries() }

    /// Ends the warm-up at a time counted from the run's start.
    func endWarmup(at time: Nanoseconds) {
        context.phases.endWarmup(at: time)
        recorder.begin(context.phases.phases)
    }

    /// What the verdict so far rests on: little enough to be copied.
    func judged() -> (figures: Aggregator, tally: StartTally) {
        share(of: recorder.aggregator.judged)
    }

    private func share(of figures: Aggregator) -> (figures: Aggregator, tally: StartTally) {
        var figures = figures
        figures.generator.merge(generator)
        return (figures, tally)
    }

    /// What it knows of itself so far.
    private var generator: GeneratorFigures {
        lagMonitor.figures(ofWorker: context.number, users: userCount)
    }

    /// What the service said of its limits.
    func serviceLimits() -> ServiceLimits {
        recorder.limits(hiding: context.secrets, context.spent)
    }

    /// Hears of the run's end, in both its steps.
    private func listen() {
        run.limits.startsEnd.whenMade { [self] in
            loop.execute { self.assumeIsolated { $0.endStarts() } }
        }
        run.limits.drains.whenMade { [self] in
            loop.execute { self.assumeIsolated { $0.drain() } }
        }
    }

    /// Lets no conversation begin.
    private func endStarts() {
        let end = min(now, plan.load.duration ?? .never)
        tally.scheduleEnd = min(tally.scheduleEnd ?? .never, end)
        startSleep.wake()
        for user in inOrder { user.client.cancelStart() }
    }

    /// Lets no new turn begin; what is under way may finish within the plan's grace.
    private func drain() {
        context.phases.drainStart = loop.tick - run.epoch
        endLoad()
        for user in inOrder { user.forEachClient { $0.endThinking() } }
        set(.endGrace, at: loop.tick + plan.load.grace) { $0.stop() }
    }

    /// Notes when the load ended, unless it did before. Where nothing more may be sent it ends with
    /// what has been sent.
    private func endLoad() {
        if run.limits.hasMetLimit || tally.loadEnd != nil { return }
        let end = min(now, plan.load.duration ?? .never) + run.before.elapsed
        tally.loadEnd = end
        recorder.cut(at: end)
    }

    private func everySecond() {
        set(.everySecond, at: loop.tick + .seconds(1)) {
            $0.recorder.flush()
            $0.closeIdle()
            $0.everySecond()
        }
    }

    private func set(
        _ chore: Chore, at deadline: Nanoseconds,
        _ action: @escaping @Sendable (isolated Worker) -> Void
    ) {
        timers[chore] = loop.schedule(at: deadline) { self.assumeIsolated { action($0) } }
    }
}

/// The life of a simulated user: straight-line, on the worker's loop.
extension Worker {
    /// A new user, which has done nothing yet.
    func makeUser(_ number: Int) -> SimulatedUser {
        userCount += 1
        let user = SimulatedUser(
            number: number, client: UserClient(user: number, worker: context, due: run.start),
            session: services[0].makeSession(identity: ""))
        users[number] = user
        return user
    }

    /// Plays one conversation, turn by turn, and writes down how it went.
    func play(_ script: CompiledScript, iteration: Int, by user: SimulatedUser) async {
        let client = user.client
        var turns = begin(script, iteration: iteration, by: user)
        var played = 0
        while played < script.turnCount(after: played, failed: client.turn.outcome == .failed),
            await think(before: played, of: turns, script, client)
        {
            guard client.begin(turn: played + 1, of: script) else { break }
            do throws(ExchangeFailure) {
                try prepare(&turns, at: played, of: script, client)
                try await take(turns[played], by: user, over: client)
            } catch {
                // The user goes on, as a person would, unless the run is over.
                if error.errorClass == .cancelled { break }
                client.fail(error)
            }
            played += 1
        }
        client.endConversation(
            turns: played,
            of: script.turnCount(after: played, failed: client.turn.outcome == .failed))
    }

    /// Makes a turn ready to be taken.
    ///
    /// Never inlined, as other things here: a copy of the turn would stay in a waiting user's frame.
    @inline(never)
    func prepare(
        _ turns: inout [Turn], at index: Int, of script: CompiledScript, _ client: UserClient
    ) throws(ExchangeFailure) {
        try client.state?.prepare(&turns, at: index)
        try script.attachments.check(turns[index])
    }

    func take(
        _ turn: Turn, by user: SimulatedUser, over client: UserClient
    ) async throws(ExchangeFailure) {
        try await user.session.play(turn, with: services[user.credential], over: client)
    }

    /// Begins a conversation of a user, in a new session if the script is another identity's or has
    /// another credential.
    ///
    /// - Returns: its turns.
    @inline(never)
    func begin(_ script: CompiledScript, iteration: Int, by user: SimulatedUser) -> [Turn] {
        let conversation = script.conversation
        let client = user.client
        let identity = conversation.user ?? run.identity(ofUser: user.number)
        let credential = client.takeCredential(iteration: iteration)
        if user.session.conversation.identity != identity || user.credential != credential {
            user.credential = credential
            user.session = services[credential].makeSession(identity: identity)
            client.cookies = CookieJar()
        }
        user.session.conversation = ConversationContext(
            identity: identity, isPinned: conversation.user != nil, iteration: iteration,
            with: script.parameters)
        client.begin(script: conversation.id, iteration: iteration)
        recorder.begin(script, iteration: iteration)
        client.state = state(of: script, of: user)
        return conversation.turns
    }

    /// What a conversation that has begun is to remember; nil for a script without anything to fill
    /// in or to check.
    func state(of script: CompiledScript, of user: SimulatedUser) -> ConversationState? {
        if script.conversation.isPlain { return nil }
        let session = user.session
        let iteration = session.conversation.iteration
        let state = ConversationState(
            script, identity: session.conversation.identity, iteration: iteration,
            row: script.usesData ? row(forIteration: iteration, user: user.number) : nil)
        state.fill(&session.conversation)
        return state
    }

    /// The values of the data for a conversation. Where there are none because the file has been
    /// changed the run ends, before a turn wants them.
    private func row(forIteration iteration: Int, user: Int) -> Result<[String], ExchangeFailure>? {
        guard let feeder = plan.feeder else { return nil }
        let row = feeder.row(forIteration: iteration, user: user)
        guard case .failure = row, let change = feeder.table.change else { return row }
        run.limits.giveUp(because: change)
        return row
    }

    /// Takes the user's time before a turn; false when the run ended first.
    func think(
        before index: Int, of turns: [Turn], _ script: CompiledScript, _ client: UserClient
    ) async -> Bool {
        if let time = time(of: index, in: turns, script, client) {
            guard await client.think(until: time) else { return false }
        }
        return !run.limits.isDraining && client.canGoOn
    }

    /// When the user takes a turn, or later where a failure before it is to be waited out; nil for at
    /// once.
    @inline(never)
    private func time(
        of index: Int, in turns: [Turn], _ script: CompiledScript, _ client: UserClient
    ) -> Nanoseconds? {
        let time = time(of: turns[index], script, index, client)
        guard client.failureBackoff.isDue else { return time }
        let (own, rested) = (max(time ?? client.due, loop.tick), client.restEnd())
        tally.backedOff = tally.backedOff + max(rested - own, .zero)
        return max(time ?? client.due, rested)
    }

    /// When the user takes a turn; nil for at once.
    private func time(
        of turn: Turn, _ script: CompiledScript, _ index: Int, _ client: UserClient
    ) -> Nanoseconds? {
        guard let pace else {
            return (plan.load.thinkOverride ?? turn.think).map { client.due + client.draw($0) }
        }
        return time(of: turn, at: script.offsets[index], pace, isFirst: index == 0, client)
    }

    /// The script of a conversation; nil when it cannot be read any more, with a record of why unless
    /// its file has been changed, which ends the run.
    @inline(never)
    func script(of iteration: Int, _ client: UserClient) -> CompiledScript? {
        do throws(Fault) {
            let index = plan.order.script(forIteration: iteration)
            return try scripts.script(
                at: index, iteration: iteration, recorder: recorder)
        } catch {
            if let change = plan.workload.change {
                run.limits.giveUp(because: change)
                return nil
            }
            client.begin(script: "unreadable", iteration: iteration)
            client.fail(ExchangeFailure(.script, "\(error)"))
            client.endConversation(turns: 0, of: 0)
            return nil
        }
    }
}

extension ThinkTime {
    /// One think time; never negative.
    ///
    /// - Parameter characters: the length of the reply that the user reads meanwhile.
    func draw(from random: inout SeededRandom, reading characters: Int) -> Nanoseconds {
        switch self {
        case .fixed(let time): time
        case .uniform(let low, let high):
            low + Nanoseconds(seconds: random.unit() * (high - low).seconds)
        case .logNormal(let median, let sigma):
            Nanoseconds(seconds: random.logNormal(median: median.seconds, sigma: sigma))
        case .exponential(let mean): Nanoseconds(seconds: random.exponential(mean: mean.seconds))
        case .reading(let speed): Self.reading(characters, at: speed)
        }
    }
}
