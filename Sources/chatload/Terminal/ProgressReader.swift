import ChatloadKit
import Networking
import Synchronization

/// Reads a dispatcher's figures a few times a second and shows them on the progress line.
final class ProgressReader: Sendable {
    private static let interval = Nanoseconds.milliseconds(250)

    private let task: Task<Void, Never>?

    /// A reader that shows nothing.
    init() { task = nil }

    /// Begins to read.
    init(
        _ line: ProgressLine, reading dispatcher: Dispatcher, _ plan: Plan, _ state: RunState,
        clock: @escaping @Sendable () -> Nanoseconds
    ) {
        let (ticks, tick) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let ticker = Ticker(every: Self.interval) { tick.yield() }
        task = Task {
            var line = line
            var rate = ExchangeRate()
            for await _ in ticks {
                let (live, users) = await dispatcher.progress()
                let elapsed = clock() - dispatcher.epoch
                var figures = ProgressFigures()
                figures.phase = state.isDraining ? .draining : .running
                figures.elapsed = elapsed
                figures.planned = plan.load.duration
                figures.set(conversations: live.conversations, of: plan)
                figures.users = users
                figures.exchanges = live.exchanges
                figures.exchangesPerSecond = rate.perSecond(live.exchanges, at: elapsed)
                figures.p50 = live.p50
                figures.p99 = live.p99
                figures.errors = live.failed
                line.update(figures)
            }
            ticker.stop()
            line.finish()
        }
    }

    /// Takes the line away and shows nothing more.
    func stop() async {
        task?.cancel()
        await task?.value
    }
}

extension ProgressFigures {
    /// How much of a replay is done, and how long the rest takes at the pace so far.
    fileprivate mutating func set(conversations done: Int, of plan: Plan) {
        guard plan.order.isReplay, let all = plan.conversationLimit else { return }
        conversations = (done, all)
        guard done > 0, done < all else { return }
        left = Nanoseconds(seconds: elapsed.seconds / Double(done) * Double(all - done))
    }
}

/// Exchanges per second over the last second or so, from a count that grows.
private struct ExchangeRate {
    private static let window = 4

    private var looks: [(count: Int, time: Nanoseconds)] = [(0, .zero)]

    mutating func perSecond(_ count: Int, at time: Nanoseconds) -> Double {
        looks.append((count, time))
        if looks.count > Self.window + 1 { looks.removeFirst() }
        guard let first = looks.first, time > first.time else { return 0 }
        return Double(count - first.count) / (time - first.time).seconds
    }
}
