import Base
import Glibc
import Networking
import Synchronization

/// Watches for SIGINT, SIGTERM and SIGHUP: the first asks for an orderly end, the second for an immediate
/// one, and a third gets the system's own treatment. One at a time. A hang-up that is ignored stays
/// so: that is how `nohup` works. An ignored SIGINT does not: shells start background jobs with it.
///
/// A handler may do next to nothing, so it only writes a byte into a pipe, and a thread of its own
/// reads it. Within a second of the second interrupt the process is over, whatever its loops and its
/// outputs do: that thread ends it where nothing else has, and an alarm where that one is held up.
final class Interrupts: Sendable {
    private static let step: useconds_t = 10_000

    /// How long the loops have after the second interrupt, in microseconds.
    private let patience: useconds_t
    private let signals: [Int32]
    private let hasEnded = Atomic<Bool>(false)
    private let hasBegun = Atomic<Bool>(false)
    private let first: @Sendable () -> Void
    private let second: @Sendable () -> Void
    private let lastly: @Sendable () -> Void

    /// Whether one has come.
    var haveCome: Bool { hasBegun.load(ordering: .relaxed) }

    /// Watches until `stop`; the callbacks run on a thread of their own, each at most once, `lastly` only
    /// where `stop` has not been called in time after the second interrupt: it is to rescue what can be
    /// without the loops, and then the process ends. `patience` is in microseconds.
    init(
        of signals: [Int32] = [SIGINT, SIGTERM, SIGHUP], patience: useconds_t = 700_000,
        first: @escaping @Sendable () -> Void,
        second: @escaping @Sendable () -> Void, lastly: @escaping @Sendable () -> Void = {}
    ) {
        self.signals = signals.filter { $0 != SIGHUP || !Self.isIgnored($0) }
        self.patience = patience
        (self.first, self.second, self.lastly) = (first, second, lastly)
        SignalThread.shared.begin(self, patience: patience)
        signal(SIGALRM) { _ in _exit(ExitCode.interrupted.rawValue) }
        for number in self.signals { signal(number) { _ in SignalThread.shared.ring() } }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Gives the signals back to the system.
    func stop() {
        hasEnded.store(true, ordering: .relaxed)
        restore()
        alarm(0)
        SignalThread.shared.end(self)
    }

    private func restore() {
        for number in signals { signal(number, SIG_DFL) }
    }

    /// The `number`th interrupt has come; on the thread for signals.
    fileprivate func take(_ number: Int) {
        if number == 1 {
            hasBegun.store(true, ordering: .relaxed)
            return first()
        }
        guard number == 2 else { return }
        restore()
        second()
        var waited: useconds_t = 0
        while waited < patience {
            if hasEnded.load(ordering: .relaxed) { return }
            usleep(Self.step)
            waited += Self.step
        }
        if hasEnded.load(ordering: .relaxed) { return }
        lastly()
        _exit(ExitCode.interrupted.rawValue)
    }
}

/// The thread that hears of signals, one for the process, and the way there from a signal handler.
/// Made before the first handler is installed, since a handler must not allocate.
private final class SignalThread: Sendable {
    static let shared = SignalThread()

    private let readEnd: Int32
    private let writeEnd: Int32
    private let listener = Locked<Interrupts?>(nil)
    /// The signals since the listener began.
    private let count = Atomic<Int>(0)
    /// When the alarm goes off after the second of them, in seconds.
    private let alarmDelay = Atomic<UInt32>(1)

    private init() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { ThisProcess.end(for: "cannot watch for signals", errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        (readEnd, writeEnd) = (ends[0], ends[1])
        let status = SystemThread.spawn(named: "signals") { [self] in listen() }
        if status != 0 { ThisProcess.end(for: "cannot start a thread", status) }
    }

    func begin(_ interrupts: Interrupts, patience: useconds_t) {
        alarmDelay.store(patience / 1_000_000 + 1, ordering: .relaxed)
        count.store(0, ordering: .relaxed)
        listener.withLock { $0 = interrupts }
    }

    func end(_ interrupts: Interrupts) {
        listener.withLock { if $0 === interrupts { $0 = nil } }
    }

    /// Called in a signal handler: touches nothing but the pipe and the alarm, and leaves errno alone.
    func ring() {
        let kept = errno
        let number = count.add(1, ordering: .relaxed).newValue
        if number == 2 { alarm(alarmDelay.load(ordering: .relaxed)) }
        var byte = UInt8(min(number, 3))
        _ = write(writeEnd, &byte, 1)
        errno = kept
    }

    private func listen() {
        var byte: UInt8 = 0
        while true {
            let read = read(readEnd, &byte, 1)
            if read < 0, errno == EINTR { continue }
            guard read == 1 else { return }
            listener.withLock { $0 }?.take(Int(byte))
        }
    }
}
