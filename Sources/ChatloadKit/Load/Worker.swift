import Base
import Networking

/// One core's share of a run: its simulated users, their connections, figures and log rows. All of
/// it lives on one event loop, which is the actor's executor, so nothing here is ever locked.
actor Worker {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let plan: Plan
    /// The plan's curve, at hand without touching the plan.
    let curve: LoadCurve?
    /// The pace of a replay at recorded times, at hand in the same way.
    let pace: ReplayPace?
    /// The services to speak with, by credential, at hand without touching the plan.
    let services: [any ChatService]
    let run: RunContext
    let parts: WorkerContext
    let recorder: Recorder
    var shelf: ScriptCache
    /// The users there are, by number.
    var seats: [Int: SimulatedUser] = [:]
    /// The users there ever were.
    var seated = 0
    /// In the open model the users that are free, the one that was freed last at the end.
    var free: [Int] = []
    /// In the open model the users made so far.
    var made = 0
    /// The users that are in a conversation, or between two of them.
    var busy = 0
    var tally = StartTally()
    /// The users' tasks.
    let crowd = WaitGroup()
    /// Lets users in at their times.
    let door: CancellableSleep
    private let probe: LoopLagMonitor
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
        recorder = Recorder(
            steps: StepTable(names: plan.service.description.steps.map(\.name)),
            credentials: plan.credentials.map(\.label), objectives: run.objectives, log: log,
            phases: plan.phases, until: (plan.load.duration ?? .never) + run.before.elapsed,
            keeper: log?.keeping == .nothing
                ? nil
                : log.map {
                    TranscriptRecorder(
                        repeats: $0.keeping == .replies, overlaps: pace?.turns == .strict)
                },
            witness: run.tell.map { ExchangeTracer($0) })
        shelf = ScriptCache(plan)
        door = CancellableSleep(loop: loop)
        probe = LoopLagMonitor(loop: loop, origin: run.origin)
        let origin = HTTPOrigin(
            host: plan.target.host, port: plan.target.port, tls: plan.tls,
            through: plan.connections.proxy?.http, connectTimeout: plan.timeouts.connect,
            count: run.connections, turn: number, loop: loop)
        parts = WorkerContext(
            number: number, loop: loop, origin: origin, recorder: recorder, plan: plan, run: run)
    }

    /// Plays this worker's share of the conversations until none is left or the run ends.
    ///
    /// - Returns: the figures of everything that was played, and how the schedule was kept.
    func work() async -> (figures: Aggregator, tally: StartTally) {
        if let duration = plan.load.duration {
            set(.endDuration, at: run.epoch + duration) { $0.run.control.drain() }
        }
        listen()
        everySecond()
        probe.start()
        if let clock = plan.clock, let turnstile = run.turnstile {
            await admit(clock, through: turnstile)
        } else if let arrivals = plan.load.arrivals {
            await admit(arrivals)
        } else {
            await admitUsers()
        }
        // The last user may be gone before the run's end is heard of.
        if let duration = plan.load.duration, loop.tick >= run.epoch + duration {
            endLoad(at: loop.tick - run.origin)
        }
        await crowd.empty()
        for seat in inOrder { seat.close() }
        for timer in timers.values { loop.cancel(timer) }
        recorder.flush()
        probe.stop()
        var figures = recorder.aggregator
        figures.generator.merge(generator)
        return (figures, tally)
    }

    /// The seats by their users' numbers, so that a seeded run ends in the same way each time.
    private var inOrder: [SimulatedUser] { seats.values.sorted { $0.number < $1.number } }

    /// Ends every exchange that is under way as cancelled.
    func stop() {
        for seat in inOrder { seat.forEachLine { $0.cancel() } }
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

    /// What the verdict so far rests on: little enough to be copied.
    func judged() -> (figures: Aggregator, tally: StartTally) {
        var figures = recorder.aggregator.judged
        figures.generator.merge(generator)
        return (figures, tally)
    }

    /// What it knows of itself so far.
    private var generator: GeneratorFigures {
        probe.figures(ofWorker: parts.number, users: seated)
    }

    /// What the service said of its limits.
    func serviceLimits() -> ServiceLimits {
        if recorder.limits.isEmpty { return recorder.limits }
        let mask = SecretMask(
            secrets: parts.secrets, sessions: Array(recorder.limitSessions.values),
            spent: parts.spent)
        return recorder.limits.masked { mask.mask($0) }
    }

    /// Hears of the run's end, in both its steps.
    private func listen() {
        run.control.startsEnd.whenMade { [self] in
            loop.execute { self.assumeIsolated { $0.endStarts() } }
        }
        run.control.drains.whenMade { [self] in
            loop.execute { self.assumeIsolated { $0.drain() } }
        }
    }

    /// Lets no conversation begin.
    private func endStarts() {
        let now = min(loop.tick - run.epoch, plan.load.duration ?? .never)
        tally.scheduleEnd = min(tally.scheduleEnd ?? .never, now)
        door.wake()
        for seat in inOrder { seat.line.turnAway() }
    }

    /// Lets no new turn begin; what is under way may finish within the plan's grace.
    private func drain() {
        let now = loop.tick - run.origin
        parts.phases.drainStart = now
        endLoad(at: now)
        for seat in inOrder { seat.forEachLine { $0.endThinking() } }
        set(.endGrace, at: loop.tick + plan.load.grace) { $0.stop() }
    }

    /// Notes when the load ended, unless it did before. Where nothing more may be sent it ends with
    /// what has been sent.
    private func endLoad(at now: Nanoseconds) {
        if run.control.hasMetLimit || tally.loadEnd != nil { return }
        let end = min(now, (plan.load.duration ?? .never) + run.before.elapsed)
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
    /// A place for a user that has done nothing yet.
    func makeSeat(_ number: Int) -> SimulatedUser {
        seated += 1
        return SimulatedUser(
            number: number, line: UserClient(user: number, worker: parts, due: run.epoch),
            session: services[0].makeSession(identity: ""))
    }

    /// Plays one conversation, turn by turn, and writes down how it went.
    func play(_ script: CompiledScript, ticket: Int, at seat: SimulatedUser) async {
        let line = seat.line
        var turns = begin(script, ticket: ticket, at: seat, over: line)
        var played = 0
        while played < script.turnCount(after: played, failed: line.turnFailed),
            await think(before: turns[played], of: script, played, line)
        {
            guard line.begin(turn: played + 1, script.steps[played]) else { break }
            do throws(ExchangeFailure) {
                try line.memory?.prepare(&turns, at: played)
                try script.attachments.check(turns[played])
                try await take(turns[played], at: seat, over: line)
            } catch {
                // The user goes on, as a person would, unless the run is over.
                if error.errorClass == .cancelled { break }
                line.recordUnlessRecorded(error)
            }
            played += 1
        }
        line.endConversation(
            turns: played, of: script.turnCount(after: played, failed: line.turnFailed))
    }

    func take(
        _ turn: Turn, at seat: SimulatedUser, over line: UserClient
    ) async throws(ExchangeFailure) {
        try await seat.session.play(turn, with: services[seat.credential], over: line)
    }

    /// Takes the seat of the conversation's user, in a new session if it was another's or with another
    /// credential; the turns with their variables filled in.
    @inline(never)
    func begin(
        _ script: CompiledScript, ticket: Int, at seat: SimulatedUser, over line: UserClient
    ) -> [Turn] {
        let conversation = script.conversation
        let identity = conversation.user ?? run.identity(ofUser: seat.number)
        let credential = line.takeCredential(ticket: ticket)
        if seat.session.conversation.identity != identity || seat.credential != credential {
            seat.credential = credential
            seat.session = services[credential].makeSession(identity: identity)
            line.cookies = CookieJar()
        }
        seat.session.conversation = ConversationContext(
            identity: identity, isPinned: conversation.user != nil, iteration: ticket,
            with: script.parameters)
        line.begin(script: conversation.id, ticket: ticket)
        recorder.begin(script, ticket: ticket)
        line.memory = conversation.isPlain ? nil : memory(of: script, at: seat)
        return conversation.turns
    }

    /// What a conversation that has begun is to remember.
    func memory(of script: CompiledScript, at seat: SimulatedUser) -> ConversationState {
        let memory = ConversationState(
            script, identity: seat.session.conversation.identity,
            ticket: seat.session.conversation.iteration,
            row: script.usesData
                ? row(forTicket: seat.session.conversation.iteration, user: seat.number) : nil)
        memory.fill(&seat.session.conversation)
        return memory
    }

    /// The values of the data for a conversation. Where there are none because the file has been
    /// changed the run ends, before a turn wants them.
    private func row(forTicket ticket: Int, user: Int) -> Result<[String], ExchangeFailure>? {
        guard let feeder = plan.feeder else { return nil }
        let row = feeder.row(forTicket: ticket, user: user)
        guard case .failure = row, let change = feeder.table.change else { return row }
        run.control.giveUp(because: change)
        return row
    }

    /// Takes the user's time before a turn; false when the run ended first.
    func think(
        before turn: Turn, of script: CompiledScript, _ place: Int, _ line: UserClient
    ) async -> Bool {
        if let time = rested(time(of: turn, script, place, line), line) {
            guard await line.think(until: time) else { return false }
        }
        return !run.control.isDraining && line.canGoOn
    }

    /// A turn's time, or later where a failure before it is to be waited out.
    @inline(never)
    private func rested(_ time: Nanoseconds?, _ line: UserClient) -> Nanoseconds? {
        guard line.failureBackoff.isDue else { return time }
        let (own, rested) = (max(time ?? line.due, loop.tick), line.restEnd())
        tally.backedOff = tally.backedOff + max(rested - own, .zero)
        return max(time ?? line.due, rested)
    }

    /// When the user takes a turn; nil for at once.
    @inline(never)
    private func time(
        of turn: Turn, _ script: CompiledScript, _ place: Int, _ line: UserClient
    ) -> Nanoseconds? {
        guard let pace else {
            return (plan.load.thinkOverride ?? turn.think).map {
                line.due + line.draw($0, seed: plan.seed)
            }
        }
        return time(of: turn, at: script.offsets[place], pace, isFirst: place == 0, line)
    }

    /// The script of a ticket; nil when it cannot be read any more, with a record of why unless its
    /// file has been changed, which ends the run.
    @inline(never)
    func script(forTicket ticket: Int, _ line: UserClient) -> CompiledScript? {
        do throws(Fault) {
            let index = plan.order.script(forTicket: ticket)
            return try shelf.script(at: index, recorder: recorder)
        } catch {
            if let change = plan.workload.change {
                run.control.giveUp(because: change)
                return nil
            }
            line.begin(script: "unreadable", ticket: ticket)
            line.recordUnlessRecorded(ExchangeFailure(.script, "\(error)"))
            line.endConversation(turns: 0, of: 0)
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
