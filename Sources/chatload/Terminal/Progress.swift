import Base
import ChatloadKit
import Glibc
import Networking
import Synchronization

/// What is shown of a run under way, at one moment.
struct ProgressFigures: Sendable {
    /// A limit that ends the run: how much of it is used.
    typealias Limit = (done: Int, all: Int)
    /// One second of the past: the turns that succeeded, and the 99th percentile of the response
    /// times in it, nil with too few of them.
    typealias Second = (turnsPerSecond: Double, p99: Nanoseconds?)

    /// The part of the run that it is in; in the drain no new turn begins.
    var phase = RunPhase.main
    var elapsed = Nanoseconds.zero
    /// When the run is to stop; nil when a count decides.
    var planned: Nanoseconds?
    /// Simulated users that are playing.
    var users = 0
    /// The users or the starts a second that are wanted at the moment, in words.
    var wanted = ""
    /// Conversations that have ended, however many there may be.
    var conversationsDone = 0
    /// Conversations that have ended, of how many; nil where their number decides nothing.
    var conversations: Limit?
    /// The same of exchanges.
    var exchangeLimit: Limit?
    var exchanges = 0
    /// Turns that succeeded, over the last second or so.
    var turnsPerSecond = 0.0
    /// Response times of successes; nil while there are too few.
    var p50: Nanoseconds?
    var p90: Nanoseconds?
    var p99: Nanoseconds?
    /// Streamed replies that succeeded.
    var streamed = 0
    /// Tokens of replies that succeeded, over the last second or so.
    var tokensPerSecond = 0.0
    /// Times to the first token; nil while there are too few.
    var firstTokenP50: Nanoseconds?
    var firstTokenP99: Nanoseconds?
    var errors = 0
    /// Failures by class, the most frequent first.
    var failures: [(name: String, count: Int)] = []
    /// That nothing has succeeded although much was tried, with where and why; nil otherwise.
    var outage: String?
    /// The past seconds, the latest last.
    var seconds: [Second] = []
    var quotas: [QuotaResult] = []
    var credentials = CredentialUse()
    /// Starts that found no free user.
    var dropped = 0
    /// What the end would say if it were now.
    var verdict = Verdict()
    /// The share of all cores that this process uses, over the last second or so.
    var cpuShare = 0.0
}

extension ProgressFigures {
    /// How much of the run is done, 0…1, by the limit that is nearest; nil where none is known.
    var share: Double? {
        let times = planned.map { elapsed.seconds / max($0.seconds, 1e-9) }
        let counts = [conversations, exchangeLimit].compactMap { limit in
            limit.map { Double($0.done) / Double(max($0.all, 1)) }
        }
        return ([times].compactMap(\.self) + counts).max().map { min(max($0, 0), 1) }
    }

    /// How long it takes to the end at the pace so far; nil while nobody can say.
    var left: Nanoseconds? {
        let byTime = planned.map { max($0 - elapsed, .zero) }
        let byCount = [conversations, exchangeLimit].compactMap { limit -> Nanoseconds? in
            guard let limit, limit.done > 0, limit.done < limit.all else { return nil }
            let pace = elapsed.seconds / Double(limit.done)
            return Nanoseconds(seconds: pace * Double(limit.all - limit.done))
        }
        return ([byTime].compactMap(\.self) + byCount).min()
    }
}

extension Dispatcher {
    /// Reads the figures of a plan's run a few times a second and hands them to `show`, until the task
    /// is cancelled.
    nonisolated func reportProgress(
        of plan: Plan, clock: @escaping @Sendable () -> Nanoseconds,
        to show: @escaping @Sendable (ProgressFigures) async -> Void
    ) -> Task<Void, Never> {
        let interval = Duration.milliseconds(250)
        // The verdict takes more than the other figures.
        let verdictInterval = Nanoseconds.seconds(1)
        return Task {
            var history = ProgressHistory()
            var verdict = Verdict()
            var nextVerdict = verdictInterval
            var next = ContinuousClock.now
            while true {
                next = max(next + interval, .now)
                do { try await Task.sleep(until: next, clock: .continuous) } catch { return }
                let now = clock()
                let progress = await progress(at: now)
                let elapsed = now - start
                history.add(progress.figures, at: elapsed, cpu: .reading(CLOCK_PROCESS_CPUTIME_ID))
                if elapsed >= nextVerdict {
                    verdict = await self.verdict()
                    nextVerdict = elapsed + verdictInterval
                }
                var figures = ProgressFigures(progress, of: plan, at: elapsed)
                figures.verdict = verdict
                figures.turnsPerSecond = history.turnsPerSecond
                figures.tokensPerSecond = history.tokensPerSecond
                figures.seconds = history.seconds
                figures.cpuShare = history.cpuShare
                await show(figures)
            }
        }
    }
}

extension ProgressFigures {
    /// That nothing has succeeded, once a hundred exchanges have failed, or all of three seconds: users
    /// that back off do not get to a hundred soon.
    static func outage(
        _ live: LiveFigures, of plan: Plan, at elapsed: Nanoseconds
    ) -> String? {
        guard live[.failed] > 0, live[.failed] == live[.exchanges],
            live[.failed] >= 100 || elapsed >= .seconds(3),
            let cause = live.failuresByClass.first
        else { return nil }
        let example = live.firstFailure.isEmpty ? "" : ": \(live.firstFailure)"
        return "nothing has succeeded yet (\(Figures.count(live[.failed])) failures):"
            + " \(cause.errorClass.rawValue) at \(plan.target.description)\(example)"
    }

    /// What a plan's run has come to.
    fileprivate init(_ progress: RunProgress, of plan: Plan, at elapsed: Nanoseconds) {
        let live = progress.figures
        self.elapsed = elapsed
        planned = plan.load.duration ?? plan.clock?.end
        users = progress.users
        wanted = plan.clock == nil ? plan.load.wanted(at: elapsed) : "busy"
        conversationsDone = live[.conversationsStarted]
        conversations = plan.conversationLimit.map { (live[.conversationsStarted], $0) }
        exchangeLimit = plan.load.exchanges.map { (live[.exchanges], $0) }
        exchanges = live[.exchanges]
        (p50, p90, p99) = (
            live.response(at: .p50), live.response(at: .p90), live.response(at: .p99)
        )
        streamed = live[.streamed]
        firstTokenP50 = live.firstToken(at: .p50)
        firstTokenP99 = live.firstToken(at: .p99)
        errors = live[.failed]
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
        if arrivals != nil { return "busy, \(Figures.rate(level)) wanted" }
        return "of " + Figures.count(Int(min(max(level.rounded(), 0), 1e9)))
    }
}

/// What happened lately, from looks at figures that only grow.
struct ProgressHistory {
    /// A minute of seconds is all that a sparkline shows.
    private static let mostSeconds = 60

    private typealias Look = (figures: LiveFigures, time: Nanoseconds, cpu: Nanoseconds)

    /// The past seconds, the latest last.
    private(set) var seconds: [ProgressFigures.Second] = []
    /// Turns that succeeded, over the last second or so.
    private(set) var turnsPerSecond = 0.0
    /// Tokens of replies that succeeded, likewise.
    private(set) var tokensPerSecond = 0.0
    /// The share of all cores that the process has used in the last second or so, 0…1.
    private(set) var cpuShare = 0.0
    /// Looks of the last second, the oldest first.
    private var looks: [Look] = [(LiveFigures(), .zero, .zero)]
    /// The look at the last full second.
    private var second: Look = (LiveFigures(), .zero, .zero)

    /// Takes a look: figures, the time since the run's start, and the processor time used so far.
    mutating func add(_ figures: LiveFigures, at time: Nanoseconds, cpu: Nanoseconds) {
        let look = (figures, time, cpu)
        looks.append(look)
        while looks.count > 2, time - looks[1].time >= .seconds(1) { looks.removeFirst() }
        let first = looks[0]
        if time > first.time {
            let span = (time - first.time).seconds
            turnsPerSecond =
                Double(figures[.succeededTurns] - first.figures[.succeededTurns]) / span
            tokensPerSecond =
                Double(figures[.outputTokens] - first.figures[.outputTokens]) / span
            cpuShare =
                (cpu - first.cpu).seconds / span / Double(max(ThisProcess.usableProcessors, 1))
        }
        if time - second.time >= .seconds(1) { endSecond(with: look) }
    }

    private mutating func endSecond(with look: Look) {
        let span = (look.time - second.time).seconds
        let turns = look.figures[.succeededTurns] - second.figures[.succeededTurns]
        seconds.append(
            (
                Double(turns) / span,
                look.figures.response(at: .p99, since: second.figures)
                    ?? look.figures.response(at: .p90, since: second.figures)
            ))
        if seconds.count > Self.mostSeconds { seconds.removeFirst() }
        second = look
    }
}
