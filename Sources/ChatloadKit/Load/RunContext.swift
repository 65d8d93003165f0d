package import Base
import Networking
import Synchronization

/// What a worker lends to the lines of its users, once for all of them.
final class WorkerContext {
    let number: Int
    let loop: EventLoop
    let origin: HTTPOrigin
    /// What `Host` says.
    let host: String
    /// Whom cookies come from: the target's name alone, and whether it is reached over TLS.
    let cookieHost: String
    let isSecure: Bool
    let recorder: Recorder
    let control: RunLimits
    let secrets: Secrets
    /// What its users' cookies were before their latest values.
    let spent = SpentSecrets()
    let tokens: TokenEstimate
    let seed: UInt64
    /// What holds exchanges back; nil when nothing does.
    let gates: ThrottleShared?
    /// Seconds since 1970 at `epoch`; nil when unknown.
    let wallStart: Int64?
    let phases: PhaseSchedule
    /// Where users' connections come from, in turn; empty lets the kernel choose.
    let sources: [SocketAddress]
    /// The proxy that they are made to instead of the target; nil for the target itself.
    let proxy: Proxy?
    /// How long a connection may be idle.
    let idleClose: Nanoseconds
    let timeout: Nanoseconds
    let retry: RetryPolicy
    /// The service's steps, and the one that polls.
    let steps: [StepDescription]
    let poll: ServiceStep?
    /// Whether conversations start at times of a schedule, which spaces failures out by itself.
    let isPaced: Bool
    /// Where the time axis of all records begins, on the loop's clock.
    let epoch: Nanoseconds

    init(
        number: Int, loop: EventLoop, origin: HTTPOrigin, recorder: Recorder, plan: Plan,
        run: RunContext
    ) {
        self.number = number
        self.loop = loop
        self.origin = origin
        self.recorder = recorder
        host = plan.target.authority
        cookieHost = plan.target.host
        isSecure = plan.target.isTLS
        secrets = plan.secrets
        tokens = plan.tokens
        seed = plan.seed
        phases = PhaseSchedule(plan.load)
        sources = plan.connections.sources
        proxy = plan.connections.proxy
        idleClose = plan.connections.idleClose ?? .never
        timeout = plan.timeouts.total
        retry = plan.retry
        // Of the worker's own, so that no two cores count references to them.
        steps = plan.service.description.steps.map { $0 }
        poll = plan.service.description.poll
        isPaced = plan.load.arrivals != nil || plan.clock != nil
        control = run.control
        gates = run.gates
        wallStart = run.wallStart
        epoch = run.origin
    }

    /// Whether the service may carry a step out twice.
    func repeats(_ step: ServiceStep) -> Bool {
        steps[step.index].isRepeatable || retry.repeatsUnsafe
    }

    /// Where a user's connections come from; nil lets the kernel choose.
    func source(ofUser number: Int) -> SocketAddress? {
        sources.isEmpty ? nil : sources[number % sources.count]
    }
}

/// What went before the part of a run that is to be played.
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

/// What all workers of a run share.
struct RunContext: Sendable {
    var workers: Int
    var control: RunLimits
    /// What the run is to keep.
    var objectives = Objectives()
    var gates: ThrottleShared?
    /// In a replay at recorded times.
    var turnstile: StartLimiter?
    var starts = ArrivalGapMeter()
    var connections = ConnectionCount()
    /// When this part of the run begins, on the loops' clock.
    var epoch: Nanoseconds
    /// What went before it in a run that is gone on with.
    var before = ResumedFrom()
    /// Seconds since 1970 at the start of the time axis; nil when unknown.
    var wallStart: Int64?
    /// Who is told of every exchange; nil in a run.
    var tell: (@Sendable (WitnessedEvent) -> Void)?

    /// Where the time axis of all records begins, on the loops' clock.
    var origin: Nanoseconds { epoch - before.elapsed }

    /// The identity of a user that no script names. What an earlier part left unfinished is under
    /// way at the service perhaps: whoever begins it anew is somebody else.
    func identity(ofUser number: Int) -> String {
        before.count == 0 ? "user-\(number)" : "user-\(before.count + 1).\(number)"
    }
}

/// What the workers of a run share: who plays which conversation next, how many users are busy, how
/// many exchanges are left, and whether the run is coming to its end.
///
/// One atomic step per conversation (and per exchange only where `--exchanges` limits them) keeps
/// the concurrency exact on any number of workers: no user is idle while a conversation remains.
final class RunLimits: Sendable {
    /// From now on no new turn begins.
    let drains = OneShotSignal()
    /// From now on no conversation begins: the run is draining, or all of them have begun.
    let startsEnd = OneShotSignal()
    /// The conversations there may be.
    let placeLimit: Int

    /// Whether the run drains because there may be no more exchanges.
    var hasMetLimit: Bool { limitIsMet.load(ordering: .relaxed) }

    private let limitIsMet = Atomic<Bool>(false)
    private let places = Atomic<Int>(0)
    private let change = Locked<Fault?>(nil)
    private let exchanges = Atomic<Int>(0)
    private let exchangeLimit: Int?
    private let busy = Atomic<Int>(0)
    private let mostBusy = Atomic<Int>(0)

    init(conversations: Int?, exchanges: Int?) {
        placeLimit = conversations ?? .max
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

    /// The next conversation's place in the order of play, from 1; nil when none is left.
    func nextPlace() -> Int? {
        // A look first, so that users that come for more at the end cannot count up without bound.
        guard !isDraining, places.load(ordering: .relaxed) < placeLimit else {
            startsEnd.make()
            return nil
        }
        let place = places.add(1, ordering: .relaxed).newValue
        if place >= placeLimit { startsEnd.make() }
        return place <= placeLimit ? place : nil
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
}

/// How a run goes at one moment: what a live view shows of it.
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

/// How many credentials a run has, and can use.
package struct CredentialUse: Sendable, Equatable {
    package var all = 0
    /// Taken out of use for good.
    package var out = 0
    /// Set aside for a while after a rejection.
    package var waiting = 0
    /// How much longer the last of those is set aside.
    package var longestWait = Nanoseconds.zero

    /// One of no credentials, or with these counts.
    package init(
        all: Int = 0, out: Int = 0, waiting: Int = 0, longestWait: Nanoseconds = .zero
    ) {
        self.all = all
        self.out = out
        self.waiting = waiting
        self.longestWait = longestWait
    }
}
