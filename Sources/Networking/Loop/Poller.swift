import Base

/// What a channel can do without blocking, as the kernel (or its simulation) reported it.
struct Readiness: OptionSet {
    let rawValue: UInt8

    static let readable = Readiness(rawValue: 1)
    static let writable = Readiness(rawValue: 2)
    /// The peer has closed its side, or the socket failed: a read will say which.
    static let ended = Readiness(rawValue: 4)
}

/// One reported change, addressed to the channel that `token` names.
struct ReadyEvent {
    var token: UInt64
    var readiness: Readiness
}

/// How a non-blocking system call went. EINTR never shows: the poller repeats the call.
enum IOOutcome: Equatable {
    /// The number of bytes moved, or for `accept` and `connect` the new descriptor. A read of 0 is
    /// the end of the stream.
    case done(Int)
    case wouldBlock
    /// The system's error number.
    case failed(Int32)

    /// The new descriptor.
    ///
    /// - Throws: the system's error, or `other` where the call would block.
    func descriptor(orElse other: SocketError) throws(SocketError) -> Int32 {
        switch self {
        case .done(let number): return Int32(truncatingIfNeeded: number)
        case .wouldBlock: throw other
        case .failed(let error): throw SocketError(error)
        }
    }
}

/// The one door through which time and readiness enter: a loop asks its poller for the clock, for
/// sockets and for what is ready, and nothing else.
///
/// The kernel's poller and the simulated one are its only subclasses. Only `wake` may be called
/// from another thread. Readiness is edge-triggered: an event says that something has changed since
/// the last call would have blocked.
package class Poller {
    init() {}

    /// The monotonic clock.
    func now() -> Nanoseconds { Poller.missing() }

    /// The processor time the calling thread has used.
    func threadTime() -> Nanoseconds { Poller.missing() }

    /// Blocks until something is ready, `wake` is called or the deadline has come, and appends what
    /// is ready to `events`. The one blocking call of a loop.
    func wait(until deadline: Nanoseconds, into events: inout [ReadyEvent]) { Poller.missing() }

    /// Ends a `wait` that is under way or the next one. Thread-safe.
    func wake() { Poller.missing() }

    /// Reports changes of `descriptor` under `token` from now on, until it is closed.
    func watch(_ descriptor: Int32, token: UInt64) -> Int32 { Poller.missing() }

    /// Begins a connection; `.done` carries the descriptor, and the first `writable` or `ended`
    /// event says that the attempt is over.
    func connect(to address: SocketAddress, from source: SocketAddress?) -> IOOutcome {
        Poller.missing()
    }

    /// The error number the connection attempt ended with; 0 for success.
    func connectError(_ descriptor: Int32) -> Int32 { Poller.missing() }

    /// Begins to listen; `.done` carries the descriptor.
    func listen(on address: SocketAddress) -> IOOutcome { Poller.missing() }

    /// Takes an address without listening; `.done` carries the descriptor that holds it.
    func reserve(_ address: SocketAddress) -> IOOutcome { Poller.missing() }

    /// The address a socket is bound to.
    func localAddress(_ descriptor: Int32) -> SocketAddress? { Poller.missing() }

    /// Takes one waiting connection; `.done` carries its descriptor.
    func accept(_ descriptor: Int32) -> IOOutcome { Poller.missing() }

    /// Reads what has come.
    ///
    /// - Parameter arrival: after a read that brought bytes, when the last of them arrived at this
    ///   machine, on the clock of `now`; nil where that is not known. Left alone by all others.
    func read(
        _ descriptor: Int32, into room: UnsafeMutableRawBufferPointer, arrival: inout Nanoseconds?
    ) -> IOOutcome {
        Poller.missing()
    }

    /// How many segments with data have come over a connection since it was opened, modulo 2³²; nil
    /// where that is not known.
    func segmentsReceived(_ descriptor: Int32) -> UInt32? { Poller.missing() }

    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> IOOutcome {
        Poller.missing()
    }

    /// Closes a descriptor; `abruptly` makes the peer see a reset instead of an end.
    func close(_ descriptor: Int32, abruptly: Bool) { Poller.missing() }

    /// Runs work that may block, off the loop: on a thread of its own, or in a simulation at once,
    /// where time stands still meanwhile. 0, or the error number why there is no thread.
    func runBlocking(named name: String, _ work: @escaping @Sendable () -> Void) -> Int32 {
        Poller.missing()
    }

    private static func missing() -> Never {
        preconditionFailure("BUG: a poller does not implement all of its operations")
    }
}
