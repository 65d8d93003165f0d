import Base
import Networking
import Testing

@testable import ChatloadKit

/// How a rejected credential comes back.
@Suite struct PaceTests {
    @Test func afterAPauseItGoesAtTheRateThatGotThrough() {
        var pace = BackoffPacer(start: .zero, successes: 100)
        pace.reject(sent: .milliseconds(300), until: .seconds(1))
        #expect(pace.blockedUntil == .seconds(1) && pace.gap == .milliseconds(10))
        let slots = (0..<3).map { _ in pace.reserve(at: .milliseconds(400)) }
        #expect(slots == [.seconds(1), .milliseconds(1_010), .milliseconds(1_020)])
    }

    @Test func whatWasUnderWayTellsOnlyWhenThePauseEnds() {
        var pace = BackoffPacer(start: .zero, successes: 100)
        pace.reject(sent: .milliseconds(300), until: .seconds(1))
        pace.succeed(sent: .milliseconds(299))
        let gap = pace.gap
        pace.reject(sent: .milliseconds(299), until: .seconds(2))
        pace.reject(sent: .milliseconds(301), until: .milliseconds(1_500))
        #expect(pace.gap == gap && pace.blockedUntil == .seconds(2))
        #expect(pace.reserve(at: .zero) == .seconds(2))
    }

    @Test func successesMakeItFasterSlowlyBeyondWhatIsKnown() {
        var pace = BackoffPacer(start: .zero, successes: 100)
        pace.reject(sent: .milliseconds(300), until: .seconds(1))
        for _ in 0..<400 { pace.succeed(sent: .seconds(2)) }
        #expect(pace.gap < .milliseconds(9) + .microseconds(200) && pace.gap > .milliseconds(9))
    }

    @Test func withoutASuccessItProbesAndRecoversQuickly() {
        var pace = BackoffPacer(start: .zero, successes: 0)
        pace.reject(sent: .milliseconds(300), until: .seconds(1))
        #expect(pace.gap == .seconds(1))
        for _ in 0..<40 { pace.succeed(sent: .seconds(2)) }
        #expect(pace.gap < .milliseconds(6))
        for _ in 0..<1_000 { pace.succeed(sent: .seconds(2)) }
        #expect(pace.gap == .zero)
    }

    @Test func anyTimesAreNoTrap() {
        var random = SeededRandom(seed: 2)
        let times: [Nanoseconds] = [.zero, Nanoseconds(.min), .never, Nanoseconds(1), .seconds(-5)]
        for _ in 0..<2_000 {
            var pace = BackoffPacer(
                start: times[Int(random.next() % 5)], successes: Int(random.next() % 3))
            for _ in 0..<8 {
                let (one, other) = (times[Int(random.next() % 5)], times[Int(random.next() % 5)])
                pace.reject(sent: one, until: other)
                pace.succeed(sent: other)
                _ = pace.reserve(at: one)
            }
        }
    }
}
