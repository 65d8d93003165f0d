import ChatloadKit
import Networking

/// The watch on a run's SLOs, on a loop of its own while the run lasts.
struct WatchedSLOs {
    private let loop = EventLoop(name: "slo", poller: EpollPoller())
    private let watch: SLOWatch
    private let task: Task<BrokenSLO?, Never>

    /// Begins to watch.
    init(of dispatcher: Dispatcher, grace: Nanoseconds, _ messages: RunMessages) {
        loop.start()
        let watch = SLOWatch(on: dispatcher, loop: loop)
        self.watch = watch
        task = Task(executorPreference: loop) {
            let broken = await watch.watch()
            if let broken { messages.sayBroken(broken, grace: grace) }
            return broken
        }
    }

    /// Ends the watch.
    ///
    /// - Returns: what was not kept, if anything.
    func end() async -> BrokenSLO? {
        await watch.stop()
        defer { loop.stop() }
        return await task.value
    }
}
