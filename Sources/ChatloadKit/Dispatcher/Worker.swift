import Networking

/// One core's share of a run: its simulated users, their connections, figures and log rows. All of
/// it lives on one event loop, which is the actor's executor, so nothing here is ever locked.
actor Worker {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let plan: Plan
    /// The services to speak with, by credential, at hand without touching the plan.
    let services: [ServiceChoice]
    let parts: WorkerParts
    let recorder: Recorder
    var shelf: ScriptShelf
    /// The lines of the users that are at work.
    var lines: [Int: UserLine] = [:]
    private var timers: [Chore: TimerID] = [:]

    /// What a worker does at given times besides playing.
    private enum Chore {
        case endDuration
        case endGrace
        case flushLog
    }

    /// A worker on `loop` that has not begun. `log` is its end of the run's log, if there is one.
    init(
        number: Int, loop: EventLoop, plan: Plan, control: RunControl, gates: GateParts?,
        log: WorkerLog?, epoch: Nanoseconds, wallStart: Int64?
    ) {
        self.loop = loop
        self.plan = plan
        services = plan.services.map { $0.separated() }
        recorder = Recorder(
            steps: StepTable(names: Operation.allCases.map(\.rawValue)),
            credentials: plan.credentials.map(\.label), log: log)
        shelf = ScriptShelf(workload: plan.workload)
        parts = WorkerParts(
            number: number, loop: loop,
            origin: HTTPOrigin(
                host: plan.target.host, port: plan.target.port,
                connectTimeout: plan.timeouts.connect, loop: loop),
            host: plan.target.authority, recorder: recorder, control: control,
            secrets: plan.secrets, tokens: plan.tokens, seed: plan.seed, gates: gates,
            wallStart: wallStart, timeout: plan.timeouts.total, epoch: epoch)
    }

    /// Plays conversations with these users until none is left or the run ends.
    ///
    /// - Returns: the figures of everything that was played.
    func run(users: Range<Int>) async -> Aggregator {
        if let duration = plan.load.duration {
            set(.endDuration, at: parts.epoch + duration) { $0.parts.control.drain() }
        }
        parts.control.whenDraining { [self] in
            loop.execute { self.assumeIsolated { $0.drain() } }
        }
        flushEverySecond()
        let probe = LoopProbe(loop: loop)
        probe.start()
        await withDiscardingTaskGroup { group in
            for user in users {
                group.addTask(executorPreference: loop) { await self.live(as: user + 1) }
            }
        }
        for timer in timers.values { loop.cancel(timer) }
        recorder.flush()
        var figures = recorder.aggregator
        figures.generator = probe.stop(worker: parts.number)
        return figures
    }

    /// Lets no new turn begin; what is under way may finish within the plan's grace.
    private func drain() {
        for line in lines.values { line.endThinking() }
        set(.endGrace, at: loop.tick + plan.load.grace) { $0.stop() }
    }

    /// Ends every exchange that is under way as cancelled.
    func stop() {
        for line in lines.values { line.cancel() }
    }

    /// What a progress line shows of this worker.
    func progress() -> (figures: LiveFigures, users: Int) {
        (recorder.aggregator.liveFigures(), lines.count)
    }

    /// What the service said of its limits.
    func serviceLimits() -> ServiceLimits { recorder.limits }

    private func flushEverySecond() {
        set(.flushLog, at: loop.tick + .seconds(1)) {
            $0.recorder.flush()
            $0.flushEverySecond()
        }
    }

    private func set(
        _ chore: Chore, at deadline: Nanoseconds,
        _ action: @escaping @Sendable (isolated Worker) -> Void
    ) {
        timers[chore] = loop.schedule(at: deadline) { self.assumeIsolated { action($0) } }
    }
}
