import Networking

/// Looks every 10 ms at how late a loop is, and at its end how busy its thread was. Confined to the
/// loop's thread.
///
/// The looks have absolute times: after a stall every one that it kept from being taken is counted
/// with its own delay, so a stall weighs as much as it lasted.
final class LoopProbe {
    private static let gap = Nanoseconds.milliseconds(10)

    private let loop: EventLoop
    private var lag = Histogram()
    private var began = Nanoseconds.zero
    private var busyBefore = Nanoseconds.zero
    private var timer: TimerID?

    init(loop: EventLoop) { self.loop = loop }

    func start() {
        began = loop.clock()
        busyBefore = loop.threadTime()
        look(at: began + Self.gap)
    }

    /// Ends the looking.
    ///
    /// - Returns: what it saw of the loop of worker `worker`.
    func stop(worker: Int) -> GeneratorFigures {
        if let timer { loop.cancel(timer) }
        var figures = GeneratorFigures()
        figures.loopLag = lag
        figures.workers = [
            WorkerLoad(
                worker: worker, busy: loop.threadTime() - busyBefore, wall: loop.clock() - began)
        ]
        return figures
    }

    private func look(at deadline: Nanoseconds) {
        timer = loop.schedule(at: deadline) { [self] in
            lag.record(loop.clock() - deadline)
            look(at: deadline + Self.gap)
        }
    }
}
