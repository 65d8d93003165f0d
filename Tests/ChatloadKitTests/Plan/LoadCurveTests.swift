import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct LoadCurveTests {
    private static let curve = LoadCurve(
        from: 0,
        through: [
            LoadStage(length: .seconds(10), level: 50), LoadStage(length: .seconds(20), level: 50),
            LoadStage(length: .zero, level: 20), LoadStage(length: .seconds(10), level: 0),
        ])

    @Test(arguments: [
        (0, 0.0), (5, 25), (10, 50), (29, 50), (30, 20), (35, 10), (40, 0), (1_000, 0),
    ])
    func levels(second: Int64, level: Double) {
        #expect(abs(Self.curve.level(at: .seconds(second)) - level) < 1e-9)
    }

    @Test func theIntegralAndItsInverseAgree() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<300 {
            let stages = (0..<4).map { _ in
                LoadStage(
                    length: Nanoseconds(seconds: random.unit() * 20),
                    level: (random.unit() * 100).rounded() * (random.unit() < 0.2 ? 0 : 1))
            }
            let curve = LoadCurve(from: (random.unit() * 50).rounded(), through: stages)
            let all = curve.area(until: curve.end)
            for share in [0, 0.1, 0.5, 0.9, 0.999] {
                guard let time = curve.time(ofArea: all * share) else { continue }
                #expect(abs(curve.area(until: time) - all * share) < 1e-4 + all * 1e-9)
            }
        }
    }

    @Test func peaks() {
        #expect(Self.curve.peak == 50)
        #expect(Self.curve.peak(until: .seconds(5)) == 25)
        #expect(Self.curve.peak(until: .seconds(35)) == 50)
        #expect(LoadCurve(constant: 7).peak(until: .zero) == 7)
    }

    @Test(
        arguments: [
            (25.0, 0, 5.0), (0.5, 0, 0.1), (50, 12, 12), (20, 31, nil), (10, 30, 30), (60, 0, nil),
        ] as [(Double, Int64, Double?)])
    func firstTimes(level: Double, from: Int64, expected: Double?) {
        let time = Self.curve.firstTime(atLeast: level, from: .seconds(from))
        #expect(time?.seconds == expected)
    }

    @Test func anotherPeakScalesEverything() {
        let shape = LoadShape(users: 50, curve: Self.curve).atPeak(100)
        #expect(shape.users == 100)
        #expect(
            shape.curve?.specification == "0 to 100 in 10s, 100 for 20s, 40 to 0 in 10s, then 0")
        #expect(shape.curve?.area(until: .seconds(40)) == 2 * Self.curve.area(until: .seconds(40)))
        let open = LoadShape(users: 9, arrivals: Arrivals(rate: 50)).atPeak(80)
        #expect(open.users == 9 && open.arrivals?.rate == 80)
    }

    @Test func theWordsSayWhatItDoes() {
        #expect(
            Self.curve.specification == "0 to 50 in 10s, 50 for 20s, 20 to 0 in 10s, then 0")
        #expect(LoadCurve(constant: 2.5).specification == "then 2.5")
    }

    @Test func phases() {
        var load = LoadShape(users: 50, curve: Self.curve, warmup: .time(.seconds(4)))
        let clock = PhaseSchedule(load)
        let rows: [(Int64, RunPhase)] = [
            (0, .warmup), (3, .warmup), (4, .ramp), (10, .main), (29, .main), (30, .ramp),
            (39, .ramp), (40, .main), (12, .main), (1, .warmup),
        ]
        for (second, phase) in rows {
            #expect(clock.phase(due: .seconds(second), iteration: 1) == phase)
        }
        clock.drainStart = .seconds(20)
        #expect(clock.phase(due: .seconds(20), iteration: 1) == .drain)
        load = LoadShape(users: 1, warmup: .conversations(3))
        let byTicket = PhaseSchedule(load)
        #expect(byTicket.phase(due: .seconds(9), iteration: 3) == .warmup)
        #expect(byTicket.phase(due: .zero, iteration: 4) == .main)
    }
}
