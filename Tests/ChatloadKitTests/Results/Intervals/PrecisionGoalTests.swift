import Base
import Testing

@testable import ChatloadKit

/// Goals of precision: how they are written, and how runs do by them.
@Suite struct PrecisionGoalTests {
    @Test(arguments: [
        ("response.p99 ±5%", "response.p99 ±5%", "response.p99"),
        ("response.p99±5%", "response.p99 ±5%", "response.p99"),
        ("ttft.p50 +- 20 ms", "ttft.p50 ±20ms", "ttft.p50"),
        ("step.say.reply.p99.9 ±0.5s", "step.say.reply.p99.9 ±0.5s", "step.say.reply.p99_9"),
        ("steady.response.mean ±1%", "steady.response.mean ±1%", "steady.response.mean"),
        ("errors ±0.5pp", "errors ±0.5pp", "errors"),
        ("turns_per_s ±2", "turns_per_s ±2", "turns_per_s"),
        ("conversation.p90 ±10%", "conversation.p90 ±10%", "conversation.p90"),
    ])
    func goalsAreRead(text: String, description: String, figure: String) throws {
        let goal = try PrecisionGoal(parsing: text)
        #expect(goal.description == description && goal.figure == figure)
        #expect(try PrecisionGoal(parsing: goal.description) == goal)
    }

    @Test(arguments: [
        ("response.p99", "does not say how well"), ("response.p99 ±", "no usable tolerance"),
        ("±5%", "does not say how well"), ("response.p99 ±0%", "no usable tolerance"),
        ("response.p99 ±100%", "no usable tolerance"), ("response.p99 ±x", "no usable tolerance"),
        ("errors ±1ms", "no usable tolerance"), ("response.max ±5%", "without an interval"),
        ("response.p98 ±5%", "names no statistic"), ("cache_hit ±5%", "without an interval"),
        ("lost_tokens ±5%", "without an interval"), ("step.say.ttfb.p50 ±5%", "without an"),
        ("nothing ±5%", "names no figure"), ("response.p99 ±5% ±5%", "does not say how well"),
        ("response.p99 ±nan%", "no usable tolerance"), ("turns_per_s ±inf", "no usable tolerance"),
    ])
    func othersAreRefused(text: String, words: String) {
        let fault = #expect(throws: Fault.self) { try PrecisionGoal(parsing: text) }
        #expect(fault?.message.contains(words) == true, "\(fault?.rendered ?? "")")
    }

    /// Of a p99 of 100 ms that is known to ±8 ms after half a minute.
    private static func summary(drifts: Bool = false) -> Summary {
        var summary = Summary(run: RunDescription(name: ""))
        summary.totals.span.length = 30
        summary.intervals["response.p99"] = FigureInterval(
            value: 100, low: 96, high: 108, drifts: drifts)
        summary.intervals["errors"] = FigureInterval(value: 0, low: 0, high: 0.004, drifts: false)
        return summary
    }

    @Test(
        arguments: [
            ("response.p99 ±8%", true, nil, "response.p99 ±8%: known to ±8.0 %"),
            ("response.p99 ±8ms", true, nil, "response.p99 ±8ms: known to ±8.0 %"),
            (
                "response.p99 ±4%", false, 90,
                "response.p99 ±4%: known to ±8.0 % only, about 1m 30s longer would do"
            ),
            ("errors ±0.5pp", true, nil, "errors ±0.5pp: known to ±0.004"),
            ("errors ±5%", false, nil, "errors ±5%: known to ±0.004 only"),
            ("response.p50 ±5%", false, nil, "response.p50 ±5%: too little was measured to tell"),
        ] as [(String, Bool, Double?, String)])
    func runsDoByThem(text: String, isKnown: Bool, remaining: Double?, sentence: String) throws {
        let result = try PrecisionGoal(parsing: text).result(in: Self.summary(), isRequired: true)
        #expect(result.isKnown == isKnown && result.remaining == remaining && result.isRequired)
        #expect(result.sentence == sentence)
    }

    @Test func whatDriftsIsNotKnown() throws {
        let goal = try PrecisionGoal(parsing: "response.p99 ±50%")
        let result = goal.result(in: Self.summary(drifts: true), isRequired: false)
        #expect(!result.isKnown && result.remaining == nil)
        #expect(result.sentence.contains("not known, since it still drifts (±8.0 %)"))
    }

    @Test func looksComeSeldomAndMustAgree() {
        var looks = PrecisionLooks()
        var known = PrecisionResult(expression: "", unit: .milliseconds)
        let unknown = known
        known.isKnown = true
        #expect(looks.areDue(at: .seconds(1)))
        var ends = [looks.end([known], at: .seconds(100))]
        #expect(!looks.areDue(at: .seconds(104)) && looks.areDue(at: .seconds(105)))
        ends.append(looks.end([known, unknown], at: .seconds(105)))
        ends.append(looks.end([known], at: .seconds(111)))
        ends.append(looks.end([known], at: .seconds(117)))
        #expect(ends == [false, false, false, true])
    }
}
