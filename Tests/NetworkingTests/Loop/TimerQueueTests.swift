import Testing

@testable import Base
@testable import Networking

@Suite struct TimerQueueTests {
    @Test func firesInOrderOfDeadlineThenOfAdding() {
        var queue = TimerQueue()
        var random = SeededRandom(seed: 11)
        var expected: [(Int64, Int)] = []
        var fired: [Int] = []
        for index in 0..<5_000 {
            let deadline = Int64(random.next() % 500)
            expected.append((deadline, index))
            _ = queue.add(at: Nanoseconds(deadline), .call { fired.append(index) })
        }
        while let action = queue.popDue(.never) {
            if case .call(let call) = action { call() }
        }
        let order = expected.sorted { $0.0 == $1.0 ? $0.1 < $1.1 : $0.0 < $1.0 }.map(\.1)
        #expect(fired == order)
        #expect(queue.count == 0)
        #expect(queue.nextDeadline == .never)
    }

    @Test func cancelledTimersNeverFireAndOldNamesAreHarmless() {
        var queue = TimerQueue()
        var random = SeededRandom(seed: 12)
        var pending: [Int: TimerID] = [:]
        var fired: Set<Int> = []
        var cancelled: Set<Int> = []
        for index in 0..<20_000 {
            switch random.next() % 3 {
            case 0, 1:
                let deadline = Nanoseconds(Int64(random.next() % 1_000) + Int64(index))
                pending[index] = queue.add(at: deadline, .call { fired.insert(index) })
            default:
                guard let (victim, timer) = pending.first else { continue }
                pending[victim] = nil
                if queue.cancel(timer) != nil { cancelled.insert(victim) }
                #expect(queue.cancel(timer) == nil)
            }
            while let action = queue.popDue(Nanoseconds(Int64(index))) {
                if case .call(let call) = action { call() }
            }
        }
        #expect(fired.isDisjoint(with: cancelled))
        #expect(!fired.isEmpty && !cancelled.isEmpty)
    }
}
