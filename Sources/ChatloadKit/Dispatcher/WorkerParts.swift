package import Networking

/// What a worker lends to the lines of its users, once for all of them.
final class WorkerParts {
    let number: Int
    let loop: EventLoop
    let origin: HTTPOrigin
    /// What `Host` says.
    let host: String
    /// Whom cookies come from: the target's name alone, and whether it is reached over TLS.
    let cookieHost: String
    let isSecure: Bool
    let recorder: Recorder
    let control: RunControl
    let secrets: Secrets
    /// What its users' cookies were before their latest values.
    let spent = SpentSecrets()
    let tokens: TokenEstimate
    let seed: UInt64
    /// What holds exchanges back; nil when nothing does.
    let gates: GateParts?
    /// Seconds since 1970 at `epoch`; nil when unknown.
    let wallStart: Int64?
    let phases: PhaseClock
    /// Where users' connections come from, in turn; empty lets the kernel choose.
    let sources: [SocketAddress]
    /// The proxy that they are made to instead of the target; nil for the target itself.
    let proxy: Proxy?
    /// How long a connection may be idle.
    let idleClose: Nanoseconds
    let timeout: Nanoseconds
    let retry: RetryPolicy
    /// Whether conversations start at times of a schedule, which spaces failures out by itself.
    let isPaced: Bool
    /// Where the time axis of all records begins, on the loop's clock.
    let epoch: Nanoseconds

    init(
        number: Int, loop: EventLoop, origin: HTTPOrigin, recorder: Recorder, plan: Plan,
        run: RunParts
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
        phases = PhaseClock(plan.load)
        sources = plan.connections.sources
        proxy = plan.connections.proxy
        idleClose = plan.connections.idleClose ?? .never
        timeout = plan.timeouts.total
        retry = plan.retry
        isPaced = plan.load.arrivals != nil || plan.clock != nil
        control = run.control
        gates = run.gates
        wallStart = run.wallStart
        epoch = run.origin
    }

    /// Where a user's connections come from; nil lets the kernel choose.
    func source(ofUser number: Int) -> SocketAddress? {
        sources.isEmpty ? nil : sources[number % sources.count]
    }
}

/// What went before the part of a run that is to be played.
package struct EarlierParts: Sendable {
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
struct RunParts: Sendable {
    var workers: Int
    var control: RunControl
    /// What the run is to keep.
    var objectives = Objectives()
    var gates: GateParts?
    /// In a replay at recorded times.
    var turnstile: Turnstile?
    var starts = StartClock()
    var connections = ConnectionCount()
    /// When this part of the run begins, on the loops' clock.
    var epoch: Nanoseconds
    /// What went before it in a run that is gone on with.
    var before = EarlierParts()
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
