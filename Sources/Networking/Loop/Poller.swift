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

/// Taker of what comes over a socket, as it comes, while a task waits until it has had enough: a stream
/// of many small pieces wakes nobody for each of them.
protocol ReadingTaker: AnyObject {
    /// Reads what has come. Called on the loop's thread, with nothing else of it under way.
    ///
    /// - Returns: until when to wait for more; nil where the task is to go on.
    func takeReadable() -> Nanoseconds?
}

/// What a loop knows of a socket: whether it can be read and written, and who waits until it can.
///
/// The loop holds this and not the stream or the listener, so that one which nobody holds any more
/// ends by itself. Confined to the loop's thread. At most one task waits to read and one to write.
final class Channel {
    private let loop: EventLoop
    /// What the loop knows this by.
    var token = ChannelTable.noToken

    var isReadable = false
    var isWritable = false
    /// Whether the peer has ended the stream, or an error has.
    private(set) var hasEnded = false
    private var isCancelled = false
    /// What encrypts, where something does: it may have to write before it can read.
    var tls: TLSSession?
    /// How the socket was read.
    var readings = SocketReadings()

    private var reader: UnsafeContinuation<WakeReason, Never>?
    /// Reads in place of whoever waits to.
    private var taker: (any ReadingTaker)?
    private var writer = Writer.none
    /// When a wait that is under way gives up.
    private var deadline = Nanoseconds.never
    /// One lazily armed timer guards all waits: most end long before it would fire, so an exchange
    /// sets no timer of its own.
    private(set) var watchdog: TimerID?
    private var watchdogDue = Nanoseconds.never

    /// Who waits to write.
    private enum Writer {
        case none
        case task(UnsafeContinuation<WakeReason, Never>)
        /// Somebody who waits for other things too and looks again when woken.
        case sleeper(CancellableSleep)
    }

    init(loop: EventLoop) { self.loop = loop }

    /// Waits for what is not readable yet, or until `taker` has had enough of it.
    func readable(
        until deadline: Nanoseconds, by taker: (any ReadingTaker)? = nil
    ) async -> WakeReason {
        if isCancelled { return .cancelled }
        guard arm(deadline) else { return .timedOut }
        self.taker = taker
        return await withUnsafeContinuation { reader = $0 }
    }

    /// Waits for what is not writable yet.
    func writable(until deadline: Nanoseconds) async -> WakeReason {
        if isCancelled { return .cancelled }
        guard arm(deadline) else { return .timedOut }
        return await withUnsafeContinuation { writer = .task($0) }
    }

    func wakeWhenWritable(_ sleeper: CancellableSleep) { writer = .sleeper(sleeper) }

    func cancel() {
        isCancelled = true
        resume(.cancelled)
    }

    /// What the poller has reported of the socket.
    func ready(_ readiness: Readiness) {
        let readiness = tls.map { $0.took(readiness) } ?? readiness
        if readiness.contains(.ended) { hasEnded = true }
        if readiness.contains(.readable) || hasEnded {
            isReadable = true
            if let taker { lend(to: taker) } else { resumeReader(.ready) }
        }
        if readiness.contains(.writable) || hasEnded {
            isWritable = true
            resumeWriter(.ready)
        }
    }

    private func lend(to taker: any ReadingTaker) {
        guard let deadline = taker.takeReadable() else { return resumeReader(.ready) }
        if !arm(deadline) { resumeReader(.timedOut) }
    }

    /// The timer that guards the waits has come round.
    func watchdogFired() {
        watchdog = nil
        guard isAwaited else { return }
        guard deadline <= loop.tick else {
            _ = arm(deadline)
            return
        }
        resume(.timedOut)
    }

    /// Sets no timer any more.
    func stopWatching() {
        if let watchdog { loop.cancel(watchdog) }
        watchdog = nil
    }

    private func arm(_ deadline: Nanoseconds) -> Bool {
        self.deadline = deadline
        guard deadline != .never else { return true }
        if deadline <= loop.tick { return false }
        if let watchdog {
            guard watchdogDue > deadline else { return true }
            loop.cancel(watchdog)
        }
        watchdog = loop.add(at: deadline, .check(token))
        watchdogDue = deadline
        return true
    }

    private var isAwaited: Bool {
        if case .none = writer { return reader != nil }
        return true
    }

    /// Wakes whoever waits.
    func resume(_ wake: WakeReason) {
        resumeReader(wake)
        resumeWriter(wake)
    }

    private func resumeReader(_ wake: WakeReason) {
        guard let waiting = reader else { return }
        reader = nil
        taker = nil
        waiting.resume(returning: wake)
    }

    private func resumeWriter(_ wake: WakeReason) {
        let waiting = writer
        writer = .none
        switch waiting {
        case .none: break
        case .task(let continuation): continuation.resume(returning: wake)
        case .sleeper(let sleeper): sleeper.wake()
        }
    }
}

/// The channels of one loop by token. A token packs a slot with the slot's generation, so an event
/// that arrives late for a closed channel is recognised and dropped.
///
/// The table keeps channels alive until they are taken out. A weak reference to a stream instead would
/// make each event, and each use of the stream, cost more.
struct ChannelTable {
    /// A token that names no channel.
    static let noToken = UInt64.max

    private struct Slot {
        var channel: Channel?
        var generation: UInt32 = 0
    }

    private var slots: [Slot] = []
    private var free: [Int] = []

    mutating func insert(_ channel: Channel) -> UInt64 {
        let index: Int
        if let reused = free.popLast() {
            index = reused
        } else {
            index = slots.count
            slots.append(Slot())
        }
        slots[index].channel = channel
        return UInt64(slots[index].generation) << 32 | UInt64(index)
    }

    mutating func remove(_ token: UInt64) {
        guard let index = index(of: token) else { return }
        slots[index].channel = nil
        slots[index].generation &+= 1
        free.append(index)
    }

    /// The channel that the token names, if it is still there.
    subscript(token: UInt64) -> Channel? {
        guard let index = index(of: token) else { return nil }
        return slots[index].channel
    }

    private func index(of token: UInt64) -> Int? {
        let index = Int(token & 0xFFFF_FFFF)
        guard slots.indices.contains(index), slots[index].generation == UInt32(token >> 32)
        else { return nil }
        return index
    }
}
