import Base
import Testing

@testable import ChatloadKit

@Suite struct ChangeLimitTests {
    @Test(arguments: [
        ("response.p99:+5%", "response.p99", true, ChangeLimit.Amount.relative(0.05)),
        ("response.p99.9 : +50 ms", "response.p99_9", true, .absolute(50)),
        ("step.refund.response.p95:+100ms", "step.refund.response.p95", true, .absolute(100)),
        ("step.a.b:c.errors:+1pp", "step.a.b:c.errors", true, .absolute(0.01)),
        ("errors:+50%", "errors", true, .relative(0.5)),
        // Less throughput is judged by what succeeded, more load by all that was tried.
        ("exchanges_per_s:-5%", "successes_per_s", false, .relative(0.05)),
        ("exchanges_per_s:-10/s", "successes_per_s", false, .absolute(10)),
        ("exchanges_per_s:+5%", "exchanges_per_s", true, .relative(0.05)),
        ("conversation.mean:+1s", "conversation.mean", true, .absolute(1_000)),
        ("replies_changed:+2pp", "replies_changed", true, .absolute(0.02)),
    ]) func isRead(
        text: String, figure: String, isIncrease: Bool, amount: ChangeLimit.Amount
    ) throws {
        let limit = try ChangeLimit(parsing: text)
        #expect(limit.figure.description == figure)
        #expect(limit.isIncrease == isIncrease)
        #expect(limit.amount == amount)
    }

    @Test(arguments: [
        ("", "has no colon before the allowed change"),
        ("response.p99", "has no colon before the allowed change"),
        ("response.p99:", "does not say which way"),
        ("response.p99:5%", "does not say which way"),
        ("respond.p99:+5%", "names no figure"),
        ("p99:+5%", "names no figure"),
        (".:+5%", "names no figure"),
        ("step.response.p99:+5%", "names no figure"),
        ("response.p98:+5%", "names no figure"),
        ("response:+5%", "names no statistic"),
        ("errors.p99:+5%", "needs no statistic"),
        ("step.a.exchanges_per_s:+5%", "names a figure that steps do not have"),
        ("response.p99:+", "has no usable amount"),
        ("response.p99:+5", "has no usable amount"),
        ("response.p99:+nan%", "has no usable amount"),
        ("errors:+5ms", "has no usable amount"),
    ]) func isRefused(text: String, message: String) {
        #expect {
            try ChangeLimit(parsing: text)
        } throws: {
            ($0 as? Fault)?.message == message
        }
    }

    /// A row of a share or a latency with these figures.
    private static func row(_ difference: Double?, _ low: Double?, _ high: Double?)
        -> FigureDifference
    {
        var row = FigureDifference(
            metric: .distribution(.response), step: nil, statistic: .p99, unit: .milliseconds,
            base: 100, new: nil,
            baseSamples: 1, newSamples: 1)
        (row.difference, row.low, row.high) = (difference, low, high)
        row.relative = difference.map { $0 / 100 }
        return row
    }

    @Test(arguments: [
        ("response.p99:+5%", 4.0, 3.0, 5.0, LimitOutcome.State.kept),
        ("response.p99:+5%", 6, 1, 11, .broken),
        ("response.p99:+5%", 6, -1, 13, .unclear),
        ("response.p99:+5%", -60, -70, -50, .kept),
        ("response.p99:-5%", -6, -7, -5, .broken),
        ("response.p99:-5%", -6, -20, 8, .unclear),
        ("response.p99:+5ms", 6, 1, 11, .broken),
    ]) func isJudged(
        text: String, difference: Double, low: Double, high: Double, state: LimitOutcome.State
    ) throws {
        let limit = try ChangeLimit(parsing: text)
        #expect(limit.state(of: Self.row(difference, low, high)) == state)
    }

    @Test func withoutAnIntervalNothingIsJudged() throws {
        let limit = try ChangeLimit(parsing: "response.p99:+5%")
        #expect(limit.state(of: Self.row(50, nil, nil)) == nil)
        #expect(limit.state(of: Self.row(nil, nil, nil)) == nil)
        var grown = Self.row(1, 0.5, 1.5)
        (grown.base, grown.relative) = (0, nil)
        #expect(limit.state(of: grown) == .broken)
    }
}
