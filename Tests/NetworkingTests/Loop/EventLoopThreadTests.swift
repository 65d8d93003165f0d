import Glibc
import Support
import Synchronization
import Testing

@testable import Base
@testable import Networking

/// What other threads may do to a loop, and what is left of it in the end.
@Suite struct EventLoopThreadTests {
    @Test(arguments: LoopKind.allCases)
    func callsAndJobsFromManyThreadsAllArrive(kind: LoopKind) async throws {
        let calls = Tally()
        let total = try await kind.run { loop in
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    // Off the loop, so that every hop back comes from another thread.
                    group.addTask(executorPreference: globalConcurrentExecutor) {
                        for _ in 0..<500 {
                            loop.execute { calls.add() }
                            await Task(executorPreference: loop) { calls.add() }.value
                        }
                    }
                }
            }
            return calls.count
        }
        #expect(total == 4_000)
    }

    @Test(.timeLimit(.minutes(10)))
    func aLoopCanBeStoppedWhileItNeverRunsOutOfJobs() async throws {
        let loop = EventLoop(name: "busy", poller: EpollPoller())
        loop.start()
        Task(executorPreference: loop) {
            while true { await Task.yield() }
        }
        await Task(executorPreference: loop) { await Task.yield() }.value
        loop.stop()
        while !loop.hasEnded, !Task.isCancelled { await Task.yield() }
        #expect(loop.hasEnded)
    }

    /// Held by nobody, neither by its thread nor by its timers, calls, streams and listeners.
    @Test(.timeLimit(.minutes(10)), arguments: LoopKind.allCases)
    func aLoopThatEndedLeavesNothingBehind(kind: LoopKind) async throws {
        weak var loop: EventLoop?
        loop = try await kind.run { loop in
            let listener = try Listener(address: .loopback(port: 0), loop: loop)
            let near = try await Stream.connect(
                to: listener.address, on: loop, until: loop.clock() + .seconds(60))
            let far = try await listener.accept()
            let kept = Kept(loop, [listener, near, far])
            _ = loop.schedule(at: .seconds(3_600_000)) { #expect(kept.loop.isCurrent) }
            return loop
        }
        while let running = loop, !Task.isCancelled {
            running.execute { [running] in #expect(running.isCurrent) }
            await Task.yield()
        }
        #expect(loop == nil)
    }

    @Test func timersCancelledByTimersDoNotFire() async throws {
        let fired = try await onSimulatedLoop { loop in
            let fired = Tally()
            let victims = Victims()
            _ = loop.schedule(at: .seconds(1)) {
                for timer in victims.timers { loop.cancel(timer) }
            }
            for place in 0..<10 {
                let deadline = Nanoseconds.seconds(place < 5 ? 1 : 2)
                victims.timers.append(loop.schedule(at: deadline) { fired.add() })
            }
            await loop.sleep(until: .seconds(3))
            return fired.count
        }
        #expect(fired == 0)
    }

    /// Jobs that follow from jobs without end must not keep timers and sockets from their turn.
    @Test(arguments: LoopKind.allCases)
    func jobsWithoutEndLeaveTimeForTimersAndSockets(kind: LoopKind) async throws {
        try await kind.run { loop in
            let hasFinished = Tally()
            async let spinning: Void = {
                while hasFinished.count == 0 { await Task.yield() }
            }()
            let (near, far) = try await StreamLifeTests.pair(on: loop)
            try await far.send([1])
            var bytes: [UInt8] = []
            #expect(try await near.receive(into: &bytes) == 1)
            await loop.sleep(until: loop.tick)
            hasFinished.add()
            await spinning
        }
    }

    @Test func eventsForAReusedSlotAreDropped() {
        var table = ChannelTable()
        let loop = EventLoop(name: "channels", poller: SimulatedPoller())
        let old = Channel(loop: loop)
        let new = Channel(loop: loop)
        let oldToken = table.insert(old)
        table.remove(oldToken)
        let newToken = table.insert(new)
        #expect(table[oldToken] == nil)
        #expect(table[newToken] === new)
        #expect(table[ChannelTable.noToken] == nil)
        table.remove(oldToken)
        #expect(table[newToken] === new, "an old token takes nothing out")
    }

    @Test(arguments: [true, false])
    func bothWaysOfWaitingKeepTime(hasPreciseWait: Bool) async throws {
        let loop = EventLoop(
            name: "waiting", poller: EpollPoller(hasPreciseWait: hasPreciseWait))
        loop.start()
        defer { loop.stop() }
        let late = await Task(executorPreference: loop) {
            let deadline = loop.clock() + .microseconds(2_500)
            await loop.sleep(until: deadline)
            return loop.clock() - deadline
        }.value
        #expect(late >= .zero)
    }
}

/// Touched by one loop's thread only, which is what makes it safe to share.
private final class Victims: @unchecked Sendable {
    var timers: [TimerID] = []
}

private final class Kept {
    let loop: EventLoop
    let channels: [AnyObject]

    init(_ loop: EventLoop, _ channels: [AnyObject]) {
        self.loop = loop
        self.channels = channels
    }
}
