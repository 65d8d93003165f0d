@preconcurrency import Dispatch
import Glibc
import Synchronization

/// Watches for SIGINT and SIGTERM: the first asks for an orderly end, the second for an immediate
/// one, and a third gets the system's own treatment.
final class Interrupts: Sendable {
    private let signals: [Int32]
    private let sources: [any DispatchSourceSignal]
    private let seen = Atomic<Int>(0)

    /// Watches until `stop`; the callbacks run on a queue of their own, each at most once.
    init(
        of signals: [Int32] = [SIGINT, SIGTERM], first: @escaping @Sendable () -> Void,
        second: @escaping @Sendable () -> Void
    ) {
        let queue = DispatchQueue(label: "chatload.interrupts")
        self.signals = signals
        sources = signals.map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
        for signal in signals { Glibc.signal(signal, SIG_IGN) }
        for source in sources {
            source.setEventHandler { [self] in
                switch seen.wrappingAdd(1, ordering: .relaxed).newValue {
                case 1: first()
                case 2:
                    restore()
                    second()
                default: break
                }
            }
            source.activate()
        }
    }

    /// Gives the signals back to the system.
    func stop() {
        for source in sources { source.cancel() }
        restore()
    }

    private func restore() {
        for signal in signals { Glibc.signal(signal, SIG_DFL) }
    }
}
