package import Base
package import Networking
import Synchronization

/// A dispatcher plays a plan: one worker per core, each with its share of the users, until the plan's
/// stop rule or an interrupt ends the run.
package final class Dispatcher: Sendable {
    private let plan: Plan
    private let context: RunContext
    private let workers: [Worker]
    private let log: RunLog?
    /// When the run begins, on the loops' clock.
    package var start: Nanoseconds { context.start }

    /// Makes the workers, one on each of `loops`; nothing is sent before `run`.
    ///
    /// - Parameters:
    ///   - log: the run's log; nil to keep none.
    ///   - objectives: what the run is to keep.
    ///   - wallClock: seconds since 1970, for services that say when to come back by their clock.
    ///   - before: what went before, where a run is gone on with.
    ///   - tell: told of every exchange with all its bytes, on the loops; of one user at a time.
    package init(
        plan: Plan, loops: [EventLoop], log: RunLog?, objectives: Objectives = Objectives(),
        wallClock: Int64? = nil, before: ResumedFrom = ResumedFrom(),
        telling tell: (@Sendable (TraceEvent) -> Void)? = nil
    ) {
        self.plan = plan
        self.log = log
        let run = RunContext(
            plan, workerCount: loops.count, start: loops.first?.clock() ?? .zero,
            objectives: objectives, wallClock: wallClock, before: before, tell: tell)
        context = run
        workers = loops.enumerated().map { number, loop in
            let workerLog = log.map {
                WorkerLog(
                    log: $0, service: plan.service.description.name,
                    credentials: plan.credentialLabels)
            }
            return Worker(number: number, loop: loop, plan: plan, run: run, log: workerLog)
        }
    }

    /// Runs the plan to its end.
    ///
    /// - Returns: the figures of all workers together, with how the schedule was kept.
    package func run() async -> Aggregator {
        let shares = await withTaskGroup(of: (figures: Aggregator, tally: StartTally).self) {
            group in
            // On the workers' own threads from the start: it must not take another one to begin.
            for worker in workers {
                group.addTask(executorPreference: worker.loop) { await worker.work() }
            }
            var all: [(figures: Aggregator, tally: StartTally)] = []
            for await one in group { all.append(one) }
            return all
        }
        var total = nothing
        var tally = StartTally()
        for one in shares {
            total.merge(one.figures)
            tally.merge(one.tally)
        }
        total.generator.schedule = schedule(tally)
        if total.exhaustion.total > 0 { total.generator.exhaustion = total.exhaustion }
        total.generator.loadEnd = tally.loadEnd?.count
        total.generator.quotas = quotaResults
        total.generator.credentials = await credentialResults()
        return total
    }

    /// The figures of all workers so far, without what only the end can tell, and without those over
    /// time unless they are wanted.
    package func figures(overTime: Bool = false) async -> Aggregator {
        var total = nothing
        var tally = StartTally()
        for worker in workers { await worker.add(to: &total, &tally) }
        // These are copied and merged here: that takes longer the longer the run lasts.
        if overTime { for worker in workers { total.merge(overTime: await worker.series) } }
        total.generator.schedule = schedule(tally, at: now)
        return total
    }

    /// The verdict on the run so far, by the rule of the end.
    package func verdict() async -> Verdict {
        var total = nothing
        var tally = StartTally()
        for worker in workers {
            let part = await worker.judged()
            total.merge(part.figures)
            tally.merge(part.tally)
        }
        total.generator.schedule = schedule(tally, at: now)
        return total.verdict
    }

    /// Since the run's start.
    private var now: Nanoseconds { (workers.first?.loop.clock() ?? start) - start }

    private var nothing: Aggregator {
        var nothing = Aggregator(of: plan, context.objectives)
        if context.warmupEnd.withLock({ $0 }) != nil { nothing.begin(phases.phases) }
        return nothing
    }

    /// The phases as they have come out so far.
    private var phases: PhaseSchedule {
        let phases = PhaseSchedule(plan.load)
        if let end = context.warmupEnd.withLock({ $0 }) { phases.endWarmup(at: end) }
        return phases
    }

    /// Latencies over time of the warm-up so far.
    func warmupSeries() async -> LatencySeries {
        var series = LatencySeries()
        for worker in workers { series.merge(await worker.warmupSeries) }
        return series
    }

    /// Ends the warm-up at a time counted from the run's start, which must lie so far ahead that all
    /// workers have heard of it before.
    func endWarmup(at time: Nanoseconds) async {
        context.warmupEnd.withLock { $0 = time }
        for worker in workers { await worker.endWarmup(at: time) }
    }

    /// Lets no new turn begin; what is under way may finish within the plan's grace.
    package func drain() { context.limits.drain() }

    /// The input that was not what it had been when the run was planned, which has ended the run; nil
    /// where none was.
    package var changedInput: Fault? { context.limits.changedInput }

    /// Ends every exchange that is under way.
    package func stop() async {
        context.limits.drain()
        for worker in workers { await worker.stop() }
    }

    /// How the run goes at this moment, `now` on the loops' clock.
    package func progress(at now: Nanoseconds) async -> RunProgress {
        var progress = RunProgress()
        for worker in workers { await worker.add(to: &progress) }
        let phases = phases
        if context.limits.isDraining { phases.drainStart = .zero }
        progress.phase = phases.phase(due: now - start, iteration: progress.started)
        progress.quotas = quotaResults
        if let pool = context.throttle?.pool { progress.credentials = pool.use(at: now) }
        return progress
    }

    /// What the quotas have done so far, in the order given.
    package var quotaResults: [QuotaResult] {
        context.throttle?.quotas.tallies.map(QuotaResult.init) ?? []
    }

    /// What is known of the credentials beside their figures: whether they are out of use and what
    /// the service said of its limits. After `run`, while the loops still turn.
    package func credentialResults() async -> [CredentialResult] {
        var limits = ServiceLimits()
        for worker in workers { limits.merge(await worker.serviceLimits()) }
        let results = plan.credentialLabels.enumerated().map { position, label in
            var result = CredentialResult(label: label)
            result.isOut = context.throttle?.pool.isOut(position) ?? false
            result.serviceLimits = limits.fields(of: position)
            return result
        }
        // Without a pool there is nothing to tell unless the service told something.
        let isTold = !plan.credentials.isEmpty || results.contains { !$0.serviceLimits.isEmpty }
        return isTold ? results : []
    }
}

/// How the load came out beside what was asked for.
extension Dispatcher {
    /// The figures of all workers' starts up to a time of the run.
    func schedule(_ tally: StartTally, at time: Nanoseconds) -> ScheduleFigures {
        var tally = tally
        tally.scheduleEnd = min(tally.scheduleEnd ?? .never, time)
        return schedule(tally)
    }

    /// The figures of all workers' starts, after the run.
    func schedule(_ tally: StartTally) -> ScheduleFigures {
        var figures = ScheduleFigures()
        figures.started = tally.started
        figures.dropped = tally.dropped
        if plan.load.arrivals != nil { figures.droppedLate = tally.droppedLate }
        figures.missed = tally.missed
        figures.maxUsers = context.limits.mostUsers
        figures.maxConnected = context.connections.highest
        if tally.backedOff > .zero { figures.backedOffSeconds = tally.backedOff.roundedSeconds }
        figures.reconnects = context.connections.reconnects
        figures.repeatedRequests = context.connections.repeatedRequests
        if plan.order.isReplay {
            // Its users are no load that was asked for: there may be as many.
            figures.waited = plan.clock.map { _ in tally.waited }
        } else if plan.load.arrivals == nil {
            figures.wantedUsers = wantedUsers(until: tally.scheduleEnd ?? .never)
            let span = plan.load.startSpan
            if span > .zero { figures.startSpan = span.roundedSeconds }
        } else {
            addRates(to: &figures, tally)
        }
        return figures
    }

    /// The drawn schedule's own rate and not the one it was drawn with: the two differ by chance, in
    /// short runs by much, and that is not the generator's fault.
    private func addRates(to figures: inout ScheduleFigures, _ tally: StartTally) {
        figures.variation = tally.variation
        guard let length = tally.scheduleEnd, length > .zero else { return }
        let due = tally.started + tally.dropped + tally.missed
        figures.requestedRate = Double(due) / length.seconds
        figures.achievedRate = Double(tally.started) / max(length, tally.lastStart).seconds
    }

    /// The most users wanted at once; nil where not all of them had something to do.
    private func wantedUsers(until end: Nanoseconds) -> Int? {
        // The first ones may have had all there was to do before the last ones began.
        guard end >= plan.load.startSpan else { return nil }
        let most = plan.load.level.peak(until: end)
        let wanted = Int(min(most + 0.5, Double(plan.load.users)))
        return wanted <= context.limits.conversationLimit ? wanted : nil
    }
}

extension Aggregator {
    /// An aggregator of what a plan plays, which has seen nothing; see its initialiser.
    init(of plan: Plan, _ objectives: Objectives, until end: Nanoseconds = .never) {
        self.init(
            steps: StepTable(names: plan.service.description.steps.map(\.name)),
            credentials: plan.credentials.map(\.label), objectives: objectives,
            phases: plan.phases, until: end)
        if plan.load.warmup == .automatic { watchWarmup() }
    }
}

/// A wait group: counts the tasks of a worker's users and waits for the last of them. Confined to the worker.
///
/// It stands in for a task group, which walks the list of all its tasks each time one of them ends:
/// with a hundred thousand users that took over a minute at the end of a run.
final class WaitGroup {
    private var size = 0
    private var waiter: UnsafeContinuation<Void, Never>?

    /// Another task begins.
    func enter() { size += 1 }

    /// A task ends.
    func leave() {
        size -= 1
        guard size == 0, let waiter else { return }
        self.waiter = nil
        waiter.resume()
    }

    /// Waits until no task is left.
    func empty() async {
        guard size > 0 else { return }
        await withUnsafeContinuation { waiter = $0 }
    }
}

/// A signal of something that happens at most once in a run and that all workers must hear of.
final class OneShotSignal: Sendable {
    private let isMade = Atomic<Bool>(false)
    private let listeners = Locked<[@Sendable () -> Void]>([])

    /// Whether it has happened.
    var hasBeenMade: Bool { isMade.load(ordering: .relaxed) }

    /// Tells the listeners, the first time.
    func make() {
        if hasBeenMade { return }
        let waiting = listeners.withLock { listeners in
            isMade.store(true, ordering: .relaxed)
            defer { listeners = [] }
            return listeners
        }
        for listener in waiting { listener() }
    }

    /// Calls `listener` once, from any thread; at once if it has happened.
    func whenMade(_ listener: @escaping @Sendable () -> Void) {
        let isLate = listeners.withLock { listeners in
            if !hasBeenMade { listeners.append(listener) }
            return hasBeenMade
        }
        if isLate { listener() }
    }
}
