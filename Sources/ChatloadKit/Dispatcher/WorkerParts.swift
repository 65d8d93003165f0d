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
    var timeout: Nanoseconds
    var epoch: Nanoseconds
}
