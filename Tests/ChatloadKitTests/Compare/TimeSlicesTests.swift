import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct TimeSlicesTests {
    @Test func theOrderDoesNotMatter() {
        let exchanges = SimulatedLog(isSent: true).exchanges(3_000, seed: 4)
        var inOrder = TimeSlices(latencies: DistributionMetric.comparedOfExchanges.count)
        var backwards = inOrder
        for exchange in exchanges { inOrder.add(exchange) }
        for exchange in exchanges.reversed() { backwards.add(exchange) }
        #expect(inOrder == backwards)
        #expect((33...TimeSlices.limit).contains(inOrder.slices.count))
        #expect(inOrder.slices.reduce(0) { $0 + $1[.exchanges] } == 3_000)
        #expect(
            inOrder.slices.reduce(0) { $0 + $1[.failed] }
                == exchanges.count { $0.outcome != .ok })
    }

    @Test func stepsAddUpToTheWhole() {
        let log = SimulatedLog()
        let parts = log.tally(of: 2_000, seed: 9, steps: ["a", "b", "c"])
        let whole = parts.whole
        var one = RunTally(steps: StepTable(names: ["all"]))
        for var exchange in log.exchanges(2_000, seed: 9, steps: 3) {
            exchange.step = StepID(index: 0)
            one.add(exchange)
        }
        #expect(whole.slices == one.whole.slices)
        let seconds = whole.slices.reduce(0) { $0 + $1.seconds }
        #expect((seconds - parts.aggregator.duration.seconds).magnitude < 1e-6)
    }

    @Test func timesFromAnywhereHaveAPlace() {
        var slices = TimeSlices(latencies: DistributionMetric.comparedOfExchanges.count)
        for time in [Int64.max, .min, 0, -1, 1 << 62] {
            var exchange = Exchange()
            exchange.intended = Nanoseconds(time)
            exchange.end = Nanoseconds(time)
            slices.add(exchange)
        }
        #expect(slices.slices.count <= TimeSlices.limit)
        #expect(slices.slices.reduce(0) { $0 + $1[.exchanges] } == 5)
    }

    @Test func warmUpAndUnknownStepsAreInNoSlice() {
        var tally = RunTally()
        var exchange = Exchange()
        exchange.phase = .warmup
        tally.add(exchange)
        #expect(tally.whole.slices.isEmpty)
        #expect(tally.slices(ofStep: 7).slices.isEmpty)
        #expect(tally.slices(ofStep: -1).slices.isEmpty)
    }
}
