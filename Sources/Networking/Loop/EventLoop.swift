package import Base
import Glibc
import LinuxSystem
import Synchronization

/// One thread that runs everything belonging to one core: the jobs of its actors and tasks, its
/// sockets and its timers.
///
/// The loop is both a serial and a task executor, so a straight-line `async` user that waits for a
/// socket is resumed on this very thread without a detour. Everything but `start`, `stop`, `execute`,
/// `clock` and `enqueue` is confined to the loop's thread.
///
/// `@unchecked Sendable` is sound because the shared state is the locked `inbox` and two atomics, and
/// all other state is touched by the loop's thread only (checked in debug builds).
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    /// What other threads hand in.
    private struct Inbox {
        var jobs: [UnownedJob] = []
        var calls: [@Sendable () -> Void] = []
        var isStopping = false
        /// The loop blocks, or is about to, and must be woken.
        var isAsleep = false
        /// The thread has left the loop for good.
        var hasEnded = false
    }

    private static let scratchSize = 65_536
    /// Jobs that follow from jobs run in the same tick, but not for ever: sockets wait meanwhile.
    private static let jobsPerTick = 10_000

    let poller: Poller
    private let name: String
    private let inbox = Locked(Inbox())
    private let thread = Atomic<UInt>(0)

    private var ready: [UnownedJob] = []
    private var running: [UnownedJob] = []
    private var timers = TimerQueue()
    private var channels = ChannelTable()
    private var events: [ReadyEvent] = []
    /// Where every stream of this loop reads into; its content belongs to whoever has just read.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: scratchSize, alignment: 16)

    /// The clock's reading when this tick began: one reading decides for everyone in the tick.
    package private(set) var tick: Nanoseconds

    /// A loop that is not running yet. `name` shows in thread lists (15 characters).
    package init(name: String, poller: Poller) {
        self.name = name
        self.poller = poller
        tick = poller.now()
    }

    deinit { scratch.deallocate() }

    /// The monotonic clock, read now. Thread-safe with the kernel's poller.
    package func clock() -> Nanoseconds { poller.now() }

    /// The processor time that the loop's thread has used; none in a simulation. Loop thread only.
    package func threadTime() -> Nanoseconds { poller.threadTime() }

    /// Spawns the loop's thread. Call it once. Without a thread the process is at its end.
    package func start() {
        let status = SystemThread.spawn(named: name) { [self] in run() }
        if status != 0 { ThisProcess.end(for: "cannot start a thread", status) }
    }

    /// Lets the thread end after the current tick. What still waits is never resumed. Thread-safe.
    package func stop() {
        hand { $0.isStopping = true }
    }

    /// Runs `work` on the loop's thread. Thread-safe.
    package func execute(_ work: @escaping @Sendable () -> Void) {
        hand { $0.calls.append(work) }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            ready.append(job)
        } else {
            hand { $0.jobs.append(job) }
        }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    package func checkIsolated() {
        precondition(isCurrent, "BUG: state of loop \(name) touched from another thread")
    }

    /// Whether the calling thread is this loop's.
    package var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Whether the loop's thread has left it. Thread-safe.
    package var hasEnded: Bool { inbox.withLock { $0.hasEnded } }

    private func hand(_ change: (inout Inbox) -> Void) {
        let mustWake = inbox.withLock { inbox in
            guard !inbox.hasEnded else { return false }
            change(&inbox)
            defer { inbox.isAsleep = false }
            return inbox.isAsleep
        }
        if mustWake { poller.wake() }
    }

    // MARK: The loop's thread

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        _ = chatload_sharpen_timers()
        while takeInbox() {
            runJobs()
            fireTimers()
            runJobs()
            poller.wait(until: nextDeadline(), into: &events)
            tick = poller.now()
            for event in events { channels[event.token]?.ready(event.readiness) }
            events.removeAll(keepingCapacity: true)
        }
        end()
    }

    /// Lets go of what would never be called, as it may hold the loop in turn. From now on no thread
    /// is the loop's, not even a new one that the system gives the same number.
    private func end() {
        var dropped = (TimerQueue(), ChannelTable())
        swap(&timers, &dropped.0)
        swap(&channels, &dropped.1)
        let calls = inbox.withLock { inbox in
            inbox.hasEnded = true
            inbox.jobs = []
            defer { inbox.calls = [] }
            return inbox.calls
        }
        withExtendedLifetime((dropped, calls)) {}
        thread.store(0, ordering: .relaxed)
    }

    /// Takes over what other threads have handed in; false when the loop is to end.
    private func takeInbox() -> Bool {
        let (calls, goOn) = inbox.withLock { inbox in
            inbox.isAsleep = false
            ready.append(contentsOf: inbox.jobs)
            inbox.jobs.removeAll(keepingCapacity: true)
            let calls = inbox.calls
            inbox.calls = []
            return (calls, !inbox.isStopping)
        }
        for call in calls { call() }
        return goOn
    }

    private func runJobs() {
        var budget = Self.jobsPerTick
        while !ready.isEmpty, budget > 0 {
            swap(&ready, &running)
            for job in running {
                job.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            }
            budget -= running.count
            running.removeAll(keepingCapacity: true)
        }
    }

    private func fireTimers() {
        while let action = timers.popDue(tick) {
            switch action {
            case .resume(let continuation): continuation.resume(returning: .ready)
            case .check(let token): channels[token]?.watchdogFired()
            case .call(let call): call()
            }
        }
    }

    /// When the poller has to return at the latest; announces that the loop is asleep.
    private func nextDeadline() -> Nanoseconds {
        guard ready.isEmpty else { return .zero }
        let mayBlock = inbox.withLock { inbox in
            let isIdle = inbox.jobs.isEmpty && inbox.calls.isEmpty && !inbox.isStopping
            inbox.isAsleep = isIdle
            return isIdle
        }
        return mayBlock ? timers.nextDeadline : .zero
    }
}

/// Timers and channels, for the loop's own thread.
extension EventLoop {
    /// Calls `action` when the deadline has come.
    package func schedule(
        at deadline: Nanoseconds, _ action: @escaping () -> Void
    ) -> TimerID {
        add(at: deadline, .call(action))
    }

    /// Forgets a timer; harmless when it has fired.
    package func cancel(_ timer: TimerID) { _ = take(timer) }

    /// Sleeps until the deadline. Use a `CancellableSleep` where somebody may have to wake the sleeper.
    package func sleep(until deadline: Nanoseconds) async {
        _ = await withUnsafeContinuation { _ = add(at: deadline, .resume($0)) }
    }

    func add(at deadline: Nanoseconds, _ action: TimerAction) -> TimerID {
        assert(isCurrent || thread.load(ordering: .relaxed) == 0)
        return timers.add(at: deadline, action)
    }

    func take(_ timer: TimerID) -> TimerAction? { timers.cancel(timer) }

    /// Has the poller report the channel's readiness to it.
    func attach(_ channel: Channel, descriptor: Int32) throws(SocketError) -> UInt64 {
        let token = channels.insert(channel)
        let error = poller.watch(descriptor, token: token)
        guard error == 0 else {
            channels.remove(token)
            throw SocketError(error)
        }
        return token
    }

    func detach(_ token: UInt64) { channels.remove(token) }

    /// Closes what a forgotten channel leaves behind, on whichever thread it was forgotten.
    func abandon(_ token: UInt64, descriptor: Int32, watchdog: TimerID? = nil) {
        guard isCurrent || hasEnded else {
            return execute { [self] in
                abandon(token, descriptor: descriptor, watchdog: watchdog)
            }
        }
        if let watchdog { cancel(watchdog) }
        detach(token)
        poller.close(descriptor, abruptly: false)
    }
}

/// Threads of our own, for the few things that must not share one: a loop, a blocking name look-up.
package enum SystemThread {
    /// Whether so many more threads can be had at once, and so many bytes of address space beside
    /// them: they are made, and ended again. Each allocates, so that it has what the allocator
    /// reserves for a thread.
    ///
    /// - Returns: 0, or the error number with which the system refuses one of them.
    package static func refusal(of count: Int, beside bytes: Int) -> Int32 {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return errno }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let waiting = ends[0]
        var status: Int32 = 0
        var threads: [pthread_t] = []
        while status == 0, threads.count < count {
            var thread = pthread_t()
            status = pthread_create(
                &thread, nil,
                { argument in
                    free(malloc(1))
                    // Until the other end is closed.
                    var byte: UInt8 = 0
                    while read(Int32(Int(bitPattern: argument)), &byte, 1) < 0, errno == EINTR {}
                    return nil
                }, UnsafeMutableRawPointer(bitPattern: Int(waiting)))
            if status == 0 { threads.append(thread) }
        }
        if status == 0 {
            let room = mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            if room == MAP_FAILED { status = errno } else { munmap(room, bytes) }
        }
        close(ends[1])
        for thread in threads { pthread_join(thread, nil) }
        close(waiting)
        return status
    }

    /// Runs `body` on a new detached thread. `name` is cut to the kernel's 15 characters.
    ///
    /// - Returns: 0, or the error number with which the system refuses another thread (EAGAIN).
    package static func spawn(
        named name: String, _ body: @escaping @Sendable () -> Void
    ) -> Int32 {
        var thread = pthread_t()
        let start = UnsafeMutablePointer<@Sendable () -> Void>.allocate(capacity: 1)
        start.initialize(to: {
            _ = chatload_name_thread(String(name.prefix(15)))
            body()
        })
        let status = pthread_create(
            &thread, nil,
            { argument in
                let start = argument?.assumingMemoryBound(to: (@Sendable () -> Void).self)
                let body = start?.move()
                start?.deallocate()
                body?()
                return nil
            }, start)
        guard status == 0 else {
            start.deinitialize(count: 1)
            start.deallocate()
            return status
        }
        pthread_detach(thread)
        return 0
    }
}
