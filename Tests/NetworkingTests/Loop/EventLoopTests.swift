import Base
import Networking
import Support
import Testing

@Suite struct EventLoopTests {
    @Test func virtualTimeTakesNoTime() async throws {
        let end = try await onSimulatedLoop { loop in
            for _ in 0..<600 { await loop.sleep(until: loop.tick + .seconds(1)) }
            return loop.tick
        }
        #expect(end == .seconds(600))
    }

    @Test func aThousandSleepersWakeInOneOrderEveryTime() async throws {
        let runs = try await [wakeOrder(), wakeOrder()]
        #expect(runs[0].count == 10_000)
        #expect(runs[0] == runs[1])
    }

    @Test func aSleeperCanBeWokenEarly() async throws {
        let (wake, time) = try await onSimulatedLoop { loop in
            let sleeper = CancellableSleep(loop: loop)
            _ = loop.schedule(at: .seconds(3)) { sleeper.wake() }
            let wake = await sleeper.sleep(until: .seconds(10))
            sleeper.wake()
            return (wake, loop.tick)
        }
        #expect(wake == .cancelled)
        #expect(time == .seconds(3))
    }

    @Test(arguments: LoopKind.allCases)
    func callsFromOtherThreadsArrive(kind: LoopKind) async throws {
        let total = try await kind.run { loop in
            await withUnsafeContinuation { continuation in
                _ = SystemThread.spawn(named: "caller") {
                    let counter = Counter()
                    for _ in 0..<1_000 { loop.execute { counter.add() } }
                    loop.execute { continuation.resume(returning: counter.value) }
                }
            }
        }
        #expect(total == 1_000)
    }

    @Test func aRealSleepEndsAtItsDeadline() async throws {
        let late = try await onRealLoop { loop in
            let deadline = loop.clock() + .milliseconds(20)
            await loop.sleep(until: deadline)
            return loop.clock() - deadline
        }
        #expect(late >= .zero)
    }

    private func wakeOrder() async throws -> [Int] {
        try await onSimulatedLoop { loop in
            let order = Order()
            await withTaskGroup(of: Void.self) { group in
                for user in 0..<1_000 {
                    group.addTask(executorPreference: loop) {
                        var random = SeededRandom(seed: 5, stream: 1, index: UInt64(user))
                        for _ in 0..<10 {
                            let pause = Nanoseconds(Int64(random.next() % 1_000_000_000))
                            await loop.sleep(until: loop.tick + pause)
                            order.users.append(user)
                        }
                    }
                }
            }
            return order.users
        }
    }
}

/// Touched by one loop's thread only, which is what makes it safe to share.
private final class Order: @unchecked Sendable {
    var users: [Int] = []
}

/// Touched by one loop's thread only, which is what makes it safe to share.
private final class Counter: @unchecked Sendable {
    private(set) var value = 0

    func add() { value += 1 }
}
