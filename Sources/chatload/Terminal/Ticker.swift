@preconcurrency import Dispatch
import Networking

/// Calls something at a steady pace on a thread of its own, for the progress line.
final class Ticker: Sendable {
    private let timer: any DispatchSourceTimer

    /// Starts ticking; `action` is never called twice at once.
    init(every interval: Nanoseconds, action: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "chatload.progress")
        timer = DispatchSource.makeTimerSource(queue: queue)
        let step = DispatchTimeInterval.nanoseconds(Int(interval.count))
        timer.schedule(deadline: .now() + step, repeating: step)
        timer.setEventHandler { action() }
        timer.activate()
    }

    /// Stops; an action under way ends first or runs on, none begins after.
    func stop() { timer.cancel() }
}
