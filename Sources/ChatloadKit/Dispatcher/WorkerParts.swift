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
    var timeout: Nanoseconds
    var epoch: Nanoseconds
}
