/// Why a wait ended.
package enum Wake: Sendable, Equatable {
    /// What was waited for is there.
    case ready
    /// The deadline came first.
    case timedOut
    /// Somebody ended the wait.
    case cancelled
}

/// Lets one simulated user sleep on its loop, and lets others wake it early.
///
/// Confined to the loop's thread, like the user that owns it.
package final class Sleeper {
    private let loop: EventLoop
    private var timer: TimerID?

    /// A sleeper on `loop`.
    package init(loop: EventLoop) { self.loop = loop }

    /// Sleeps until the deadline; `.cancelled` when `wake` was called before. One sleep at a time.
    package func sleep(until deadline: Nanoseconds) async -> Wake {
        let wake = await withUnsafeContinuation { continuation in
            timer = loop.add(at: deadline, .resume(continuation))
        }
        timer = nil
        return wake
    }

    /// Ends the sleep that is under way, if any.
    package func wake() {
        guard let timer, case .resume(let continuation)? = loop.take(timer) else { return }
        continuation.resume(returning: .cancelled)
    }
}
