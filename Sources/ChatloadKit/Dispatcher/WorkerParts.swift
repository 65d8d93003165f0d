import Networking

/// What a worker lends to the lines of its users.
struct WorkerParts {
    var number: Int
    var loop: EventLoop
    var origin: HTTPOrigin
    /// What `Host` says.
    var host: String
    var recorder: Recorder
    var control: RunControl
    var secrets: Secrets
    var tokens: TokenEstimate
    var seed: UInt64
    /// What holds exchanges back; nil when nothing does.
    var gates: GateParts?
    /// Seconds since 1970 at the run's start; nil when unknown.
    var wallStart: Int64?
    var phases: PhaseClock
    /// Where users' connections come from, in turn; empty lets the kernel choose.
    var sources: [SocketAddress]
    /// How long a connection may be idle.
    var idleClose: Nanoseconds
    var timeout: Nanoseconds
    var retry: RetryPolicy
    var epoch: Nanoseconds

    /// Where a user's connections come from; nil lets the kernel choose.
    func source(ofUser number: Int) -> SocketAddress? {
        sources.isEmpty ? nil : sources[number % sources.count]
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
    var epoch: Nanoseconds
    /// Seconds since 1970 at the run's start; nil when unknown.
    var wallStart: Int64?
}
