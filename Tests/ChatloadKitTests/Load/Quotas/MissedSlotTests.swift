import Base
import Networking
import Testing

@testable import ChatloadKit

/// A quota's period holds no more than the amount and the burst, however late its users wake.
@Suite struct MissedSlotTests {
    /// Users at gates of one quota, on a clock that stands still now and then.
    private struct WaitGroup {
        var gates: [Throttle]
        /// When each is to be asked again.
        var wakes: [Nanoseconds]
        var sent: [Nanoseconds] = []

        init(_ quota: Quota, users: Int) {
            let shared = ThrottleShared(
                quotas: QuotaLedger([quota], credentials: 0),
                pool: CredentialPool(
                    count: 0, assignment: .sticky, policy: .record, start: .zero),
                limits: RunLimits(conversations: nil, exchanges: nil), tokens: .characters(4))
            gates = (0..<users).map { Throttle(user: $0, shared: shared) }
            wakes = Array(repeating: .zero, count: users)
            for gate in gates {
                gate.begin(iteration: 0, at: .zero)
                gate.begin(saying: "a", isFirst: true)
            }
        }

        /// Lets everybody act who is due, the clock jumping as `lateness` says, until so much is sent.
        mutating func run(count: Int, lateness: (Nanoseconds) -> Nanoseconds) {
            var clock = Nanoseconds.zero
            while sent.count < count {
                let due = wakes.min() ?? .zero
                clock = max(clock, due)
                clock = clock + lateness(clock)
                for user in gates.indices where wakes[user] <= clock {
                    switch gates[user].step(at: clock) {
                    case .wait(let time): wakes[user] = time
                    case .refuse: return
                    case .go:
                        sent.append(clock)
                        gates[user].settle(
                            TokenCount(prompt: 1, reply: 1), delivers: true, awaitsReply: false)
                        gates[user].begin(saying: "a", isFirst: true)
                    }
                }
            }
        }

        /// The most that was sent in any period.
        func most(in period: Nanoseconds) -> Int {
            var (first, most) = (0, 0)
            for (index, time) in sent.enumerated() {
                while sent[first] + period <= time { first += 1 }
                most = max(most, index - first + 1)
            }
            return most
        }
    }

    static let quotas = [
        Quota(.run, 10, .requests, per: .seconds(1)),
        Quota(.run, 50, .requests, per: .seconds(1), burst: 5),
        Quota(.run, 600, .requests, per: .seconds(60), burst: 20),
        Quota(.run, 3_000, .requests, per: .seconds(1)),
    ]

    @Test(arguments: quotas) func noStallOverfillsAPeriod(quota: Quota) throws {
        let period = try #require(quota.period)
        for seed in UInt64(1)...8 {
            var random = SeededRandom(seed: seed, stream: 3)
            var crowd = WaitGroup(quota, users: 1 + Int(seed) * 25)
            crowd.run(count: quota.amount * 4) { _ in
                // Microseconds as a rule, a stall of up to three periods now and then.
                if random.unit() < 0.01 {
                    return Nanoseconds(seconds: random.unit() * 3 * period.seconds)
                }
                return Nanoseconds(seconds: random.unit() * period.seconds / 5_000)
            }
            let most = crowd.most(in: period)
            #expect(
                most <= quota.amount + quota.burst, "\(quota.specification), seed \(seed): \(most)")
        }
    }

    /// A process stopped for three seconds goes on at the rate, and not with all it has missed.
    @Test func whatWasMissedIsNotMadeUpFor() {
        let quota = Quota(.run, 20, .requests, per: .seconds(1))
        var crowd = WaitGroup(quota, users: 200)
        crowd.run(count: 400) { $0 > .seconds(2) && $0 < .seconds(3) ? .seconds(3) : .zero }
        #expect(crowd.most(in: .seconds(1)) <= 21)
        // All of the rate is used, but for the stall.
        let last = crowd.sent.last ?? .zero
        #expect(last <= .seconds(20 + 3 + 4), "\(last)")
    }

    /// Who is late every time is served all the same.
    @Test func aProcessThatIsAlwaysLateGoesOn() {
        var crowd = WaitGroup(Quota(.run, 1_000, .requests, per: .seconds(1)), users: 50)
        crowd.run(count: 300) { _ in .milliseconds(40) }
        #expect(crowd.sent.count >= 300)
        #expect(crowd.most(in: .seconds(1)) <= 1_001)
    }
}
