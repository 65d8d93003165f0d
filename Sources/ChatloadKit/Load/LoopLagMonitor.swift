import Base
import Networking

/// Looks every 10 ms at how late a loop is, and at its end how busy its thread was. Confined to the
/// loop's thread.
///
/// The looks have absolute times: after a stall every one that it kept from being taken is counted
/// with its own delay, so a stall weighs as much as it lasted. It is named once.
final class LoopLagMonitor {
    private static let gap = Nanoseconds.milliseconds(10)

    private let loop: EventLoop
    /// Where the run's time axis begins, on the loop's clock.
    private let origin: Nanoseconds
    private var lag = Histogram()
    private var stalls = LoopStalls()
    private var began = Nanoseconds.zero
    /// When the latest look was taken.
    private var looked = Nanoseconds.zero
    private var busyBefore = Nanoseconds.zero
    private var timer: TimerID?

    init(loop: EventLoop, origin: Nanoseconds) {
        self.loop = loop
        self.origin = origin
    }

    func start() {
        began = loop.clock()
        looked = began
        busyBefore = loop.threadTime()
        look(at: began + Self.gap)
    }

    /// Ends the looking.
    func stop() {
        if let timer { loop.cancel(timer) }
    }

    /// What it saw so far of the loop of worker `worker`, which has had so many users.
    func figures(ofWorker worker: Int, users: Int) -> GeneratorFigures {
        var figures = GeneratorFigures()
        figures.loopLag = lag
        figures.stalls = stalls
        figures.workers = [
            WorkerLoad(
                worker: worker, busy: loop.threadTime() - busyBefore, wall: loop.clock() - began,
                users: users)
        ]
        return figures
    }

    private func look(at deadline: Nanoseconds) {
        timer = loop.schedule(at: deadline) { [self] in
            take(loop.clock(), due: deadline)
            look(at: deadline + Self.gap)
        }
    }

    /// Counts a look; the first after a stall names it, the others that it kept from being taken
    /// were due before that.
    private func take(_ now: Nanoseconds, due deadline: Nanoseconds) {
        let late = now - deadline
        lag.record(late)
        if late > LoopStalls.least, deadline >= looked {
            stalls.add(LoopStall(at: deadline - origin, length: late))
        }
        looked = now
    }
}
