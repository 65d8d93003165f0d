import ChatloadKit
import Networking
import Synchronization

/// Reads a dispatcher's figures a few times a second and shows them.
final class ProgressReader: Sendable {
    private static let interval = Nanoseconds.milliseconds(250)
    /// Between two looks at the verdict, which takes more than the other figures.
    private static let verdictInterval = Nanoseconds.seconds(1)

    private let task: Task<Void, Never>?

    /// A reader that shows nothing.
    init() { task = nil }

    /// Begins to read and to hand to `show` what it reads, until it is stopped.
    init(
        of dispatcher: Dispatcher, _ plan: Plan, clock: @escaping @Sendable () -> Nanoseconds,
        show: @escaping @Sendable (ProgressFigures) async -> Void
    ) {
        let (ticks, tick) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let ticker = Ticker(every: Self.interval) { tick.yield() }
        task = Task {
            var history = ProgressHistory()
            var verdict = Verdict()
            var nextVerdict = Self.verdictInterval
            for await _ in ticks {
                let now = clock()
                let progress = await dispatcher.progress(at: now)
                let elapsed = now - dispatcher.epoch
                history.add(progress.figures, at: elapsed, cpu: ProcessorTime.used())
                if elapsed >= nextVerdict {
                    verdict = await dispatcher.verdict()
                    nextVerdict = elapsed + Self.verdictInterval
                }
                var figures = ProgressFigures(progress, of: plan, at: elapsed)
                figures.verdict = verdict
                figures.turnsPerSecond = history.turnsPerSecond
                figures.seconds = history.seconds
                figures.cpuShare = history.cpuShare
                await show(figures)
            }
            ticker.stop()
        }
    }

    /// Shows nothing more.
    func stop() async {
        task?.cancel()
        await task?.value
    }
}

extension ProgressFigures {
    /// That nothing has succeeded, once a hundred exchanges have failed, or all of three seconds: users
    /// that back off do not get to a hundred soon.
    static func outage(
        _ live: LiveFigures, of plan: Plan, at elapsed: Nanoseconds
    ) -> String? {
        guard live.failed > 0, live.failed == live.exchanges,
            live.failed >= 100 || elapsed >= .seconds(3),
            let cause = live.failuresByClass.first
        else { return nil }
        let example = live.firstFailure.isEmpty ? "" : ": \(live.firstFailure)"
        return "nothing has succeeded yet (\(Units.format(count: live.failed)) failures):"
            + " \(cause.errorClass.rawValue) at \(plan.target.description)\(example)"
    }

    /// What a plan's run has come to.
    fileprivate init(_ progress: RunProgress, of plan: Plan, at elapsed: Nanoseconds) {
        let live = progress.figures
        self.elapsed = elapsed
        planned = plan.load.duration ?? plan.clock?.end
        users = progress.users
        wanted = plan.clock == nil ? plan.load.wanted(at: elapsed) : "busy"
        conversationsDone = live.conversations
        conversations = plan.conversationLimit.map { Limit(done: live.conversations, all: $0) }
        exchangeLimit = plan.load.exchanges.map { Limit(done: live.exchanges, all: $0) }
        exchanges = live.exchanges
        (p50, p90, p99) = (
            live.response(at: .p50), live.response(at: .p90), live.response(at: .p99)
        )
        errors = live.failed
        failures = live.failuresByClass.map { ($0.errorClass.rawValue, $0.count) }
        outage = Self.outage(live, of: plan, at: elapsed)
        quotas = progress.quotas
        credentials = progress.credentials
        dropped = progress.dropped
        phase = progress.phase
    }
}

extension LoadShape {
    /// The users, or the starts a second, that are wanted at a time, in words.
    fileprivate func wanted(at elapsed: Nanoseconds) -> String {
        let level = self.level.level(at: elapsed)
        if arrivals != nil { return "busy, \(Units.format(rate: level)) wanted" }
        return "of " + Units.format(count: Int(min(max(level.rounded(), 0), 1e9)))
    }
}
