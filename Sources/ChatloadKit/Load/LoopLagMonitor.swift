import Base
import Networking

/// A monitor of a loop's lag, sampled every 10 ms, and of how busy its thread was. Confined to the
/// loop's thread.
///
/// The samples have absolute times: after a stall every one that it kept from being taken is counted
/// with its own delay, so a stall weighs as much as it lasted. It is named once.
final class LoopLagMonitor {
    private static let gap = Nanoseconds.milliseconds(10)

    private let loop: EventLoop
    /// The zero of all times in records, on the loop's clock.
    private let epoch: Nanoseconds
    private var lag = Histogram()
    private var stalls = LoopStalls()
    private var began = Nanoseconds.zero
    /// When the latest sample was taken.
    private var sampled = Nanoseconds.zero
    private var busyBefore = Nanoseconds.zero
    private var timer: TimerID?

    init(loop: EventLoop, epoch: Nanoseconds) {
        self.loop = loop
        self.epoch = epoch
    }

    func start() {
        began = loop.clock()
        sampled = began
        busyBefore = loop.threadTime()
        sample(at: began + Self.gap)
    }

    /// Ends the sampling.
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

    private func sample(at deadline: Nanoseconds) {
        timer = loop.schedule(at: deadline) { [self] in
            take(loop.clock(), due: deadline)
            sample(at: deadline + Self.gap)
        }
    }

    /// Counts a sample; the first after a stall names it, the others that it kept from being taken
    /// were due before that.
    private func take(_ now: Nanoseconds, due deadline: Nanoseconds) {
        let late = now - deadline
        lag.record(late)
        if late > LoopStalls.least, deadline >= sampled {
            stalls.add(LoopStall(at: deadline - epoch, length: late))
        }
        sampled = now
    }
}
