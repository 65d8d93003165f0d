import Base
import Networking
import Synchronization
import Testing

@testable import ChatloadKit

/// What a quota grants: never more than it says, and all of that.
@Suite struct QuotaBucketTests {
    @Test(arguments: [1, 5, 40])
    func noMinuteHasMoreThanTheBudgetAndTheBurst(burst: Int) {
        var random = SeededRandom(seed: 5)
        let bucket = Self.bucket(Quota(.run, 600, .requests, per: .seconds(60), burst: burst))
        var now = Nanoseconds.zero
        var slots: [Nanoseconds] = []
        while slots.count < 5_000 {
            // Now idle for a while, now a crowd.
            now = now + Nanoseconds(seconds: random.exponential(mean: 20))
            for _ in 0..<Int(random.next() % 400) {
                guard case .at(let slot) = bucket.reserve(1, at: now) else { continue }
                bucket.settle(1, used: 1)
                #expect(slot >= now)
                slots.append(slot)
            }
        }
        #expect(slots == slots.sorted())
        for (first, slot) in slots.enumerated() where first + 600 + burst - 1 < slots.count {
            #expect(slots[first + 600 + burst - 1] - slot >= .seconds(60))
        }
    }

    @Test func aCrowdIsServedAtExactlyTheRate() {
        let bucket = Self.bucket(Quota(.run, 7, .requests, per: .seconds(1)))
        let slots = (0..<7_001).map { _ in Self.slot(bucket.reserve(1, at: .seconds(3))) }
        #expect(slots.first == .seconds(3))
        let last = slots.last ?? .zero
        // A thousand seconds, each slot rounded up by less than a nanosecond.
        #expect(last >= .seconds(1_003) && last <= .seconds(1_003) + .microseconds(7))
    }

    @Test func tokensArePaidForAfterwardsAndSettled() {
        let bucket = Self.bucket(Quota(.run, 6_000, .tokens, per: .seconds(60)))
        #expect(bucket.reserve(200, at: .zero) == .at(.zero))
        #expect(bucket.reserve(100, at: .zero) == .at(.seconds(2)))
        #expect(bucket.reserve(100, at: .zero) == .at(.seconds(3)))
        // The first used 300 more than thought, the second nothing.
        bucket.settle(200, used: 500)
        #expect(bucket.reserve(100, at: .seconds(3)) == .at(.seconds(7)))
        bucket.settle(100, used: 0)
        #expect(bucket.reserve(100, at: .seconds(3)) == .at(.seconds(7)))
        #expect(bucket.tally.used.load(ordering: .relaxed) == 500)
    }

    @Test func tokensKeepWithinTheBudgetWhateverTheErrors() {
        var random = SeededRandom(seed: 9)
        let bucket = Self.bucket(Quota(.run, 6_000, .tokens, per: .seconds(60)))
        var sent: [(at: Nanoseconds, tokens: Int)] = []
        var now = Nanoseconds.zero
        for _ in 0..<4_000 {
            let (estimate, actual) = (Int(random.next() % 200) + 1, Int(random.next() % 300))
            now = max(now, Self.slot(bucket.reserve(estimate, at: now)))
            bucket.settle(estimate, used: actual)
            sent.append((now, actual))
        }
        var first = 0
        var sum = 0
        for one in sent {
            sum += one.tokens
            while sent[first].at + .seconds(60) <= one.at {
                sum -= sent[first].tokens
                first += 1
            }
            // The budget and the one exchange that ends the minute.
            #expect(sum - one.tokens <= 6_000)
        }
        let total = sent.reduce(0) { $0 + $1.tokens }
        #expect(Double(total) / (now.seconds / 60) >= 5_990)
    }

    @Test func aTotalIsExactOverThreads() async {
        let bucket = Self.bucket(Quota(.run, 10_000, .requests))
        let granted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var granted = 0
                    while true {
                        switch bucket.reserve(1, at: .zero) {
                        case .at:
                            bucket.settle(1, used: 1)
                            granted += 1
                        case .undecided: continue
                        case .spent: return granted
                        }
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(granted == 10_000)
        #expect(bucket.isSpent)
    }

    @Test func aRateIsExactOverThreads() async {
        let bucket = Self.bucket(Quota(.run, 500, .requests, per: .seconds(1)))
        let slots = await withTaskGroup(of: [Nanoseconds].self) { group in
            for _ in 0..<4 {
                group.addTask { (0..<2_500).map { _ in Self.slot(bucket.reserve(1, at: .zero)) } }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(slots.sorted() == (0..<10_000).map { .milliseconds(2 * $0) })
    }

    @Test func aTotalWaitsForWhatMayComeBack() {
        let bucket = Self.bucket(Quota(.run, 100, .tokens))
        #expect(bucket.reserve(80, at: .zero) == .at(.zero))
        #expect(bucket.reserve(80, at: .zero) == .undecided)
        bucket.settle(80, used: 15)
        #expect(bucket.reserve(80, at: .zero) == .at(.zero))
        bucket.settle(80, used: 80)
        #expect(!bucket.isSpent)
        #expect(bucket.reserve(6, at: .zero) == .spent)
        #expect(bucket.reserve(5, at: .zero) == .at(.zero))
    }

    @Test func absurdCountsSaturate() {
        let bucket = Self.bucket(Quota(.run, 1, .tokens, per: .seconds(86_400)))
        let most = TokenCount(prompt: .max, reply: .min)
        #expect(bucket.reserve(bucket.quota.units(most), at: .zero) == .at(.zero))
        bucket.settle(1, used: bucket.quota.units(most))
        #expect(Self.slot(bucket.reserve(1, at: .seconds(5))) == .never)
        bucket.settle(1, used: 0)
    }

    private static func bucket(_ quota: Quota) -> QuotaBucket { QuotaBucket(QuotaTally(quota)) }

    private static func slot(_ admission: Admission) -> Nanoseconds {
        if case .at(let slot) = admission { return slot }
        return .never
    }
}
