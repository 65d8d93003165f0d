import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct LiveFiguresTests {
    @Test func `what happened between two looks is their difference`() {
        var random = SeededRandom(seed: 1)
        var whole = Histogram(layout: .coarse)
        var latest = Histogram(layout: .coarse)
        for _ in 0..<500 { whole.record(Nanoseconds(Int64(random.next() % 5_000_000))) }
        let earlier = whole
        for _ in 0..<700 {
            let value = Nanoseconds(Int64(random.next() % 900_000_000))
            whole.record(value)
            latest.record(value)
        }
        let difference = whole.since(earlier)
        #expect(difference.count == 700)
        #expect(difference.total == latest.total)
        for percentile in [Percentile.p50, .p90, .p99] {
            #expect(difference.value(at: percentile) == latest.value(at: percentile))
        }
        #expect(whole.since(whole) == Histogram(layout: .coarse))
        #expect(whole.since(Histogram(layout: .coarse)).count == 1_200)
    }

    @Test func `failures are counted by class, the most frequent first`() {
        var one = LiveFigures()
        var two = LiveFigures()
        var exchange = Exchange()
        for outcome: Outcome in [
            .failed(.timeout), .failed(.timeout), .failed(.timeout), .failed(.dns),
        ] {
            exchange.outcome = outcome
            one.add(exchange)
        }
        exchange.outcome = .failed(.rejected)
        for _ in 0..<5 { two.add(exchange) }
        exchange.outcome = .ok
        two.add(exchange)
        one.merge(two)
        #expect(one.failuresByClass.map(\.errorClass) == [.rejected, .timeout, .dns])
        #expect(one.failuresByClass.map(\.count) == [5, 3, 1])
        #expect(one[.exchanges] == 10 && one[.failed] == 9)
    }
}
