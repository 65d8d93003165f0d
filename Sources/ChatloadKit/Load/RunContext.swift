package import Base
import Networking
import Synchronization

/// A part of a run that is gone on with: what went before the one that is to be played.
package struct ResumedFrom: Sendable {
    /// How many parts there were.
    package var count: Int
    /// Where the last of them ended on the run's time axis, on which all records are.
    package var elapsed: Nanoseconds

    /// Nothing, or parts that took `elapsed` without the pauses between them.
    package init(count: Int = 0, elapsed: Nanoseconds = .zero) {
        self.count = count
        self.elapsed = elapsed
    }
}

/// The context of a run: what all of its workers share.
struct RunContext: Sendable {
    let workerCount: Int
    let limits: RunLimits
    /// What the run is to keep.
    let objectives: Objectives
    /// What holds exchanges back; nil when nothing does.
    let throttle: ThrottleShared?
    /// In a replay at recorded times.
    let startLimiter: StartLimiter?
    let connections = ConnectionCount()
    /// When a warm-up has ended that ends by itself, counted from the run's start.
    let warmupEnd = Locked<Nanoseconds?>(nil)
    /// What went before it in a run that is gone on with.
    let before: ResumedFrom
    /// The zero of all times in records, on the loops' clock: when the run has begun, without the
    /// pauses between its parts. All times of the run are counted from it, but for those of the
    /// schedule, which are counted from `start`.
    let epoch: Nanoseconds
    /// Seconds since 1970 at the zero; nil when unknown.
    let wallStart: Int64?
    /// Who is told of every exchange; nil in a run.
    let tell: (@Sendable (TraceEvent) -> Void)?

    /// When this part of the run begins, on the loops' clock.
    var start: Nanoseconds { epoch + before.elapsed }

    /// The context of a part that begins at `start`; `wallClock` is seconds since 1970 then.
    init(
        _ plan: Plan, workerCount: Int, start: Nanoseconds, objectives: Objectives,
        wallClock: Int64?, before: ResumedFrom, tell: (@Sendable (TraceEvent) -> Void)?
    ) {
        self.workerCount = workerCount
        self.objectives = objectives
        self.before = before
        self.tell = tell
        epoch = start - before.elapsed
        wallStart = wallClock.map { $0 - before.elapsed.count / 1_000_000_000 }
        limits = RunLimits(conversations: plan.conversationLimit, exchanges: plan.load.exchanges)
        throttle = ThrottleShared(for: plan, limits, start: start)
        startLimiter = plan.clock.map { _ in StartLimiter(ceiling: plan.load.users) }
    }

    /// The identity of a user that no script names. What an earlier part left unfinished is under
    /// way at the service perhaps: whoever begins it anew is somebody else.
    func identity(ofUser number: Int) -> String {
        before.count == 0 ? "user-\(number)" : "user-\(before.count + 1).\(number)"
    }
}

/// The context of one worker: what its users share, at hand without touching the plan, whose fields
/// all workers would count references to.
final class WorkerContext {
    let number: Int
    let run: RunContext
    let loop: EventLoop
    /// The zero of all times in records, on the loop's clock.
    let epoch: Nanoseconds
    /// Where exchanges go.
    let server: HTTPOrigin
    /// What `Host` says.
    let host: String
    /// Whom cookies come from: the target's name alone, and whether it is reached over TLS.
    let cookieHost: String
    let isSecure: Bool
    /// The proxy that connections are made to instead of the target; nil for the target itself.
    let proxy: Proxy?
    let recorder: Recorder
    let secrets: Secrets
    /// What its users' cookies were before their latest values.
    let spent = SpentSecrets()
    /// The service's steps, and the one that polls.
    let steps: [StepDescription]
    let poll: ServiceStep?
    let tokens: TokenEstimate
    /// How the service counts prompts that are made; nil where none are.
    let calibration: PromptCalibration?
    let seed: UInt64
    let phases: PhaseSchedule
    let retry: RetryPolicy
    /// How long an exchange may take, and a connection be idle.
    let timeout: Nanoseconds
    /// How long pieces of a streamed reply may take: the first, and each further one.
    let firstTokenTimeout, idleTimeout: Nanoseconds
    let idleClose: Nanoseconds
    /// Whether conversations start at times of a schedule, which spaces failures out by itself.
    let isPaced: Bool
    private let sources: [SocketAddress]

    init(number: Int, loop: EventLoop, recorder: Recorder, plan: Plan, run: RunContext) {
        self.number = number
        self.run = run
        self.loop = loop
        self.recorder = recorder
        epoch = run.epoch
        server = HTTPOrigin(
            host: plan.target.host, port: plan.target.port, tls: plan.tls,
            through: plan.connections.proxy?.http, connectTimeout: plan.timeouts.connect,
            count: run.connections, turn: number, loop: loop)
        host = plan.target.authority
        cookieHost = plan.target.host
        isSecure = plan.target.isTLS
        proxy = plan.connections.proxy
        secrets = plan.secrets
        steps = plan.service.description.steps.map { $0 }
        poll = plan.service.description.poll
        tokens = plan.tokens
        calibration = plan.workload.calibration
        seed = plan.seed
        phases = PhaseSchedule(plan.load)
        retry = plan.retry
        timeout = plan.timeouts.total
        firstTokenTimeout = plan.timeouts.firstToken ?? .never
        idleTimeout = plan.timeouts.idle ?? .never
        idleClose = plan.connections.idleClose ?? .never
        isPaced = plan.load.arrivals != nil || plan.clock != nil
        sources = plan.connections.sources
    }

    /// Whether the service may carry a step out twice.
    func repeats(_ step: ServiceStep) -> Bool {
        steps[step.index].isRepeatable || retry.repeatsUnsafe
    }

    /// Where a user's connections come from, in turn; nil lets the kernel choose.
    func source(ofUser number: Int) -> SocketAddress? {
        sources.isEmpty ? nil : sources[number % sources.count]
    }
}

/// Limits of a run and how much of them is used up: who plays which conversation next, how many users
/// are busy, how many exchanges are left, and whether the run is coming to its end.
///
/// One atomic step per conversation (and per exchange only where `--exchanges` limits them) keeps
/// the concurrency exact on any number of workers: no user is idle while a conversation remains.
final class RunLimits: Sendable {
    /// From now on no new turn begins.
    let drains = OneShotSignal()
    /// From now on no conversation begins: the run is draining, or all of them have begun.
    let startsEnd = OneShotSignal()
    /// The conversations there may be.
    let conversationLimit: Int

    /// Whether the run drains because there may be no more exchanges.
    var hasMetLimit: Bool { limitIsMet.load(ordering: .relaxed) }

    private let limitIsMet = Atomic<Bool>(false)
    private let positions = Atomic<Int>(0)
    private let change = Locked<Fault?>(nil)
    private let exchanges = Atomic<Int>(0)
    private let exchangeLimit: Int?
    private let busy = Atomic<Int>(0)
    private let mostBusy = Atomic<Int>(0)
    /// When the latest conversation of the open model started, on any worker.
    private let latestStart = Atomic<Int64>(.min)

    init(conversations: Int?, exchanges: Int?) {
        conversationLimit = conversations ?? .max
        exchangeLimit = exchanges
    }

    /// Whether no new turn may begin.
    var isDraining: Bool { drains.hasBeenMade }

    /// From now on no new turn begins.
    func drain() {
        drains.make()
        startsEnd.make()
    }

    /// No new turn begins, since an input is not what it was when the run was planned.
    func giveUp(because change: Fault) {
        self.change.withLock { $0 = $0 ?? change }
        drain()
    }

    /// What has happened to an input; nil where nothing that mattered has.
    var changedInput: Fault? { change.withLock { $0 } }

    /// The next conversation's position in the order of play, from 1; nil when none is left.
    func nextPosition() -> Int? {
        // A look first, so that users that come for more at the end cannot count up without bound.
        guard !isDraining, positions.load(ordering: .relaxed) < conversationLimit else {
            startsEnd.make()
            return nil
        }
        let position = positions.add(1, ordering: .relaxed).newValue
        if position >= conversationLimit { startsEnd.make() }
        return position <= conversationLimit ? position : nil
    }

    /// Whether one more exchange may be made; ends the run when the limit has been reached.
    func claimExchange() -> Bool {
        guard let exchangeLimit else { return true }
        let claimed = exchanges.add(1, ordering: .relaxed).newValue
        if claimed >= exchangeLimit {
            if !isDraining { limitIsMet.store(true, ordering: .relaxed) }
            drain()
        }
        return claimed <= exchangeLimit
    }

    // MARK: Users

    /// The most users that were busy at once.
    var mostUsers: Int { mostBusy.load(ordering: .relaxed) }

    /// Counts a user as busy, unless `ceiling` of them are.
    func enter(ceiling: Int = .max) -> Bool {
        var count = busy.load(ordering: .relaxed)
        while count < ceiling {
            let (isDone, found) = busy.weakCompareExchange(
                expected: count, desired: count + 1, ordering: .relaxed)
            if isDone {
                mostBusy.max(count + 1, ordering: .relaxed)
                return true
            }
            count = found
        }
        return false
    }

    /// Counts a user as free again.
    func leave() { busy.subtract(1, ordering: .relaxed) }

    /// Counts a start of the open model; the gap to the one before, nil for the first. A start that
    /// is counted after a later one of another worker follows it at no distance, so the gaps add up
    /// to the whole.
    func gap(toStartAt time: Nanoseconds) -> (from: Nanoseconds, to: Nanoseconds)? {
        let before = latestStart.max(time.count, ordering: .relaxed).oldValue
        return before == .min ? nil : (Nanoseconds(before), max(time, Nanoseconds(before)))
    }
}

/// Progress of a run at one moment: what a live view shows of it.
package struct RunProgress: Sendable {
    package var figures = LiveFigures()
    /// Simulated users that are in a conversation, or between two of them.
    package var users = 0
    /// Starts that found no free user.
    package var dropped = 0
    /// Conversations that were started.
    package var started = 0
    /// The part of the run that it is in.
    package var phase = RunPhase.main
    package var quotas: [QuotaResult] = []
    package var credentials = CredentialUse()

    /// Adds another worker's share.
    mutating func merge(_ other: RunProgress) {
        figures.merge(other.figures)
        users += other.users
        dropped += other.dropped
        started += other.started
    }
}

/// Use of credentials: how many a run has, and can use.
package struct CredentialUse: Sendable, Equatable {
    package var all = 0
    /// Taken out of use for good.
    package var out = 0
    /// Set aside for a while after a rejection.
    package var waiting = 0
    /// How much longer the last of those is set aside.
    package var longestWait = Nanoseconds.zero

    /// One of no credentials, or with these counts.
    package init(all: Int = 0, out: Int = 0, waiting: Int = 0, longestWait: Nanoseconds = .zero) {
        self.all = all
        self.out = out
        self.waiting = waiting
        self.longestWait = longestWait
    }
}

/// A schedule of phases: in which part of the run something was due. Each worker has its own.
final class PhaseSchedule {
    /// When the run began to drain, counted from its start.
    var drainStart = Nanoseconds.never

    private(set) var phases: LoadPhases
    private let load: LoadShape
    /// The stretch that was asked for last; most questions are about the same.
    private var latest = 0

    init(_ load: LoadShape) {
        self.load = load
        phases = LoadPhases(load)
    }

    /// The warm-up, whose end was open, ends at a time counted from the run's start.
    func endWarmup(at time: Nanoseconds) { phases = LoadPhases(load, warmup: .time(time)) }

    /// The phase of what was due at a time counted from the run's start, in the conversation with
    /// this number.
    func phase(due time: Nanoseconds, iteration: Int) -> RunPhase {
        if time >= drainStart { return .drain }
        if iteration <= phases.warmupIterations { return .warmup }
        return phases.phase(at: time, from: &latest)
    }
}

extension LoadPhases {
    /// The phases of a load.
    init(_ load: LoadShape) { self.init(load, warmup: load.warmup) }

    /// The phases of a load with another warm-up.
    fileprivate init(_ load: LoadShape, warmup: Warmup?) {
        var warmupEnd = Nanoseconds.zero
        var iterations = 0
        switch warmup {
        case .time(let span): warmupEnd = span
        case .automatic: warmupEnd = load.longestWarmup
        case .conversations(let count): iterations = count
        case nil: break
        }
        self.init(warmupIterations: iterations)
        let end = load.duration ?? .never
        append(.warmup, until: min(warmupEnd, end))
        append(.ramp, until: min(load.startSpan, end))
        for stretch in load.level.stretches {
            let phase = stretch.from == stretch.to ? RunPhase.main : .ramp
            append(phase, until: min(Nanoseconds(seconds: stretch.end), end))
        }
        append(.main, until: end)
    }
}

extension Plan {
    /// What the run means to do when; nil for a replay, which follows its recording.
    package var phases: LoadPhases? { order.isReplay ? nil : LoadPhases(load) }
}
