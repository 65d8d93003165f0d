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
    let services: [ServiceChoice]
    let run: RunParts
    let parts: WorkerParts
    let recorder: Recorder
    var shelf: ScriptShelf
    /// The users there are, by number.
    var seats: [Int: Seat] = [:]
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
    let crowd = Crowd()
    /// Lets users in at their times.
    let door: Sleeper
    private let probe: LoopProbe
    private var timers: [Chore: TimerID] = [:]
    /// The seconds since figures over time were last handed over.
    private var unshed = 0

    /// What a worker does at given times besides playing.
    private enum Chore {
        case endDuration
        case endGrace
        case everySecond
    }

    /// A worker on `loop` that has not begun, the `number`th from 0. `log` is its end of the run's
    /// log, if there is one.
    init(number: Int, loop: EventLoop, plan: Plan, run: RunParts, log: WorkerLog?) {
        self.loop = loop
        self.plan = plan
        self.run = run
        curve = plan.load.curve
        let pace = plan.clock?.pace
        self.pace = pace
        services = plan.services.map { $0.separated() }
        recorder = Recorder(
            steps: StepTable(names: Operation.allCases.map(\.rawValue)),
            credentials: plan.credentials.map(\.label), objectives: run.objectives, log: log,
            phases: plan.phases, until: (plan.load.duration ?? .never) + run.before.elapsed,
            keeper: log?.keeping == .nothing
                ? nil
                : log.map {
                    ReplyKeeper(
                        repeats: $0.keeping == .replies, overlaps: pace?.turns == .strict)
                },
            witness: run.tell.map { Witness($0) })
        shelf = ScriptShelf(plan)
        door = Sleeper(loop: loop)
        probe = LoopProbe(loop: loop, origin: run.origin)
        let origin = HTTPOrigin(
            host: plan.target.host, port: plan.target.port, tls: plan.tls,
            through: plan.connections.proxy?.http, connectTimeout: plan.timeouts.connect,
            count: run.connections, turn: number, loop: loop)
        parts = WorkerParts(
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
    private var inOrder: [Seat] { seats.values.sorted { $0.number < $1.number } }

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

    /// Adds this worker's figures so far, here for the same reason.
    func add(to total: inout Aggregator, _ starts: inout StartTally) {
        total.merge(recorder.aggregator)
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
            $0.shed()
            $0.closeIdle()
            $0.everySecond()
        }
    }

    /// Hands figures over time to the log, every ten seconds: then they are all over but for the
    /// latest.
    private func shed() {
        unshed += 1
        if unshed < 10 { return }
        unshed = 0
        recorder.shed()
    }

    private func set(
        _ chore: Chore, at deadline: Nanoseconds,
        _ action: @escaping @Sendable (isolated Worker) -> Void
    ) {
        timers[chore] = loop.schedule(at: deadline) { self.assumeIsolated { action($0) } }
    }
}
