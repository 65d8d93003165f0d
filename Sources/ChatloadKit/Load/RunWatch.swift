package import Base
package import Networking

/// Early end of a run: what may end it before its time, looked at while it lasts.
package struct EarlyEnd: Sendable {
    /// Warm-up that ends by itself: what it goes by, and who is told.
    package struct Warmup: Sendable {
        /// The names of figures that must no longer drift; of those that an interval of time has.
        package var figures: [String]
        /// How long it may last.
        package var longest: Nanoseconds
        /// Told when it ends, and whether figures are known to have stopped drifting then.
        package var tell: @Sendable (_ end: Nanoseconds, _ isSteady: Bool) -> Void

        /// The warm-up of a load that ends by itself; nil of any other.
        package init?(
            of load: LoadShape, _ goals: [PrecisionGoal],
            telling tell: @escaping @Sendable (Nanoseconds, Bool) -> Void
        ) {
            guard load.warmup == .automatic else { return nil }
            figures = goals.isEmpty ? ["response.p50"] : goals.map(\.figure)
            longest = load.longestWarmup
            self.tell = tell
        }
    }

    /// Whether an SLO that is not kept ends it.
    package var whenSLOBreaks = false
    /// Whether it ends as soon as all that is to be known of it is.
    package var whenKnown = false
    /// Ends it where the figures so far say so.
    package var when: (@Sendable (Summary) -> Bool)?
    /// Whether the warm-up is watched, which ends when these figures no longer drift.
    package var warmup: Warmup?

    /// Nothing ends it.
    package init() {}

    /// Whether there is anything to look at.
    package var isPossible: Bool { whenSLOBreaks || whenKnown || when != nil || warmup != nil }
}

/// Looks at how well figures are known while a run lasts: when they are due, and whether they end it.
///
/// Who looks often enough sees any interval narrow by chance. So looks come no closer than a twentieth
/// of the time so far, and two in a row must say the same.
struct PrecisionLooks: Sendable {
    private static let patience = 0.05

    private var next = Nanoseconds.zero
    private var wasKnown = false

    /// Whether it is time to look again, so long after the run's start.
    func areDue(at time: Nanoseconds) -> Bool { time >= next }

    /// Takes note of a look; whether it ends the run.
    mutating func end(_ results: [PrecisionResult], at time: Nanoseconds) -> Bool {
        next = time + Nanoseconds(seconds: time.seconds * Self.patience)
        let isKnown = results.allSatisfy(\.isKnown)
        defer { wasKnown = isKnown }
        return isKnown && wasKnown
    }
}

/// A watch on a run that may end early, once a second. It has a loop of its own, so that looking holds
/// up nobody.
package actor RunWatch {
    /// Why it has ended a run, and when, counted from the run's start.
    package enum Ending: Sendable, Equatable {
        case broken(BrokenSLO)
        /// All that was to be known is.
        case known(Nanoseconds)
        /// Whoever plays it has seen enough.
        case enough
    }

    private nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    private static let interval = Nanoseconds.seconds(1)
    private let dispatcher: Dispatcher
    private let end: EarlyEnd
    /// The warm-up, until it has ended.
    private var warmup: EarlyEnd.Warmup?
    private let sleeper: CancellableSleep
    private var isOver = false
    private var looks = PrecisionLooks()

    /// A watch on `dispatcher` that does not look yet.
    package init(on dispatcher: Dispatcher, for end: EarlyEnd, loop: EventLoop) {
        self.dispatcher = dispatcher
        self.end = end
        warmup = end.warmup
        self.loop = loop
        sleeper = CancellableSleep(loop: loop)
    }

    /// Looks until something ends the run, and then lets no new turn begin, or until `stop`.
    ///
    /// - Returns: why it has ended the run; nil where it has not.
    package func watch() async -> Ending? {
        var next = dispatcher.start + Self.interval
        while !isOver, await sleeper.sleep(until: next) == .ready {
            if let ending = await look(at: loop.tick - dispatcher.start) {
                dispatcher.drain()
                return ending
            }
            next = max(next + Self.interval, loop.clock())
        }
        return nil
    }

    /// The time from when a warm-up is found to be over until it is: every worker has heard of it then.
    private static let notice = Nanoseconds.seconds(1)

    private func watchWarmup(at time: Nanoseconds) async {
        guard let warmup else { return }
        let end = time + Self.notice
        if end >= warmup.longest {
            self.warmup = nil
            warmup.tell(warmup.longest, false)
        } else if WarmupDrift.hasStopped(
            await dispatcher.warmupSeries(), until: time, warmup.figures)
        {
            self.warmup = nil
            await dispatcher.endWarmup(at: end)
            warmup.tell(end, true)
        }
    }

    private func look(at time: Nanoseconds) async -> Ending? {
        await watchWarmup(at: time)
        let isDue = end.when != nil || end.whenKnown && looks.areDue(at: time)
        let figures = await dispatcher.figures(overTime: isDue)
        if end.whenSLOBreaks, let result = figures.brokenThreshold(at: time) {
            return .broken(BrokenSLO(result: result, time: time))
        }
        guard isDue else { return nil }
        let standing = figures.standing
        if end.when?(standing) == true { return .enough }
        guard end.whenKnown, looks.areDue(at: time) else { return nil }
        return looks.end(standing.precision, at: time) ? .known(time) : nil
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
