@preconcurrency import Dispatch
import Glibc
import Synchronization

/// Watches for SIGINT, SIGTERM and SIGHUP: the first asks for an orderly end, the second for an immediate
/// one, and a third gets the system's own treatment. One at a time. A hang-up that is ignored stays
/// so: that is how `nohup` works. An ignored SIGINT does not: shells start background jobs with it.
///
/// A handler may do next to nothing, so it only writes a byte into a pipe, and a queue reads it.
/// (On Linux a dispatch signal source does not see signals that are ignored.)
final class Interrupts: Sendable {
    private let signals: [Int32]
    private let source: any DispatchSourceRead
    private let seen = Atomic<Int>(0)

    /// Watches until `stop`; the callbacks run on a queue of their own, each at most once.
    init(
        of signals: [Int32] = [SIGINT, SIGTERM, SIGHUP], first: @escaping @Sendable () -> Void,
        second: @escaping @Sendable () -> Void
    ) {
        self.signals = signals.filter { $0 != SIGHUP || !Self.isIgnored($0) }
        source = DispatchSource.makeReadSource(
            fileDescriptor: SignalPipe.shared.readEnd,
            queue: DispatchQueue(label: "chatload.interrupts"))
        source.setEventHandler { [self] in
            for _ in 0..<SignalPipe.shared.drain() {
                switch seen.wrappingAdd(1, ordering: .relaxed).newValue {
                case 1: first()
                case 2:
                    restore()
                    second()
                default: break
                }
            }
        }
        source.activate()
        for number in self.signals { signal(number) { _ in SignalPipe.shared.ring() } }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Gives the signals back to the system.
    func stop() {
        restore()
        source.cancel()
    }

    private func restore() {
        for number in signals { signal(number, SIG_DFL) }
    }
}

/// The way from a signal handler to a thread. Made before the first handler is installed, since a
/// handler must not allocate.
private struct SignalPipe: Sendable {
    static let shared = SignalPipe()

    let readEnd: Int32
    private let writeEnd: Int32

    private init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "no file descriptor is left for a pipe")
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    /// Called in a signal handler: touches nothing but the pipe, and leaves errno alone.
    func ring() {
        let kept = errno
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
        errno = kept
    }

    /// The number of signals since the last time.
    func drain() -> Int {
        var room = (0, 0)
        let count = withUnsafeMutableBytes(of: &room) { read(readEnd, $0.baseAddress, $0.count) }
        return max(count, 0)
    }
}
