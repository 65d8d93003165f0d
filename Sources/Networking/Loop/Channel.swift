import Base

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

    /// Waits for what is not readable yet.
    func readable(until deadline: Nanoseconds) async -> WakeReason {
        if isCancelled { return .cancelled }
        guard arm(deadline) else { return .timedOut }
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
            resumeReader(.ready)
        }
        if readiness.contains(.writable) || hasEnded {
            isWritable = true
            resumeWriter(.ready)
        }
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
