package import Networking

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
    /// Seconds since 1970 at `epoch`; nil when unknown.
    var wallStart: Int64?
    var phases: PhaseClock
    /// Where users' connections come from, in turn; empty lets the kernel choose.
    var sources: [SocketAddress]
    /// How long a connection may be idle.
    var idleClose: Nanoseconds
    var timeout: Nanoseconds
    var retry: RetryPolicy
    /// Where the time axis of all records begins, on the loop's clock.
    var epoch: Nanoseconds

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

    /// Where the time axis of all records begins, on the loops' clock.
    var origin: Nanoseconds { epoch - before.elapsed }

    /// The identity of a user that no script names. What an earlier part left unfinished is under
    /// way at the service perhaps: whoever begins it anew is somebody else.
    func identity(ofUser number: Int) -> String {
        before.count == 0 ? "user-\(number)" : "user-\(before.count + 1).\(number)"
    }
}
