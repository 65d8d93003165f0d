package import Base
package import Networking

/// A watch on the SLOs of a run, once a second, which ends the run when one is not kept. It has a loop
/// of its own, so that looking holds up nobody.
package actor SLOWatch {
    private nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    private static let interval = Nanoseconds.seconds(1)

    private let dispatcher: Dispatcher
    private let sleeper: CancellableSleep
    private var isOver = false

    /// A watch on `dispatcher` that does not look yet.
    package init(on dispatcher: Dispatcher, loop: EventLoop) {
        self.dispatcher = dispatcher
        self.loop = loop
        sleeper = CancellableSleep(loop: loop)
    }

    /// Looks until the first threshold is not kept, and then lets no new turn begin, or until `stop`.
    ///
    /// - Returns: what was not kept, and when, counted from the run's start; nil when all was.
    package func watch() async -> BrokenSLO? {
        var next = dispatcher.start + Self.interval
        while !isOver, await sleeper.sleep(until: next) == .ready {
            let time = loop.tick - dispatcher.start
            if let result = await dispatcher.figures().brokenThreshold(at: time) {
                dispatcher.drain()
                return BrokenSLO(result: result, time: time)
            }
            next = max(next + Self.interval, loop.clock())
        }
        return nil
    }

    /// Ends the watch.
    package func stop() {
        isOver = true
        sleeper.wake()
    }
}

/// A broken SLO: why a run was ended before its end.
package struct BrokenSLO: Sendable, Equatable {
    package var result: SLOResult
    /// Counted from the run's start.
    package var time: Nanoseconds

    /// `response.p99<800ms was 1.20 s after 12.0 s`.
    package var description: String {
        "\(result.expression) was \(result.valueText) after \(Units.format(time))"
    }
}
