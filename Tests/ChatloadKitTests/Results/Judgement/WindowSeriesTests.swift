import Base
import Networking
import Testing

@testable import ChatloadKit

/// Thresholds that must be kept in every window.
@Suite struct WindowSeriesTests {
    /// An exchange that ends in a second of the run.
    static func exchange(
        at second: Int, took: Int64 = 10, _ outcome: Outcome = .ok, _ phase: RunPhase = .main
    ) -> Exchange {
        var exchange = Exchange()
        exchange.end = .milliseconds(Int64(second) * 1_000 + 500)
        exchange.intended = exchange.end - .milliseconds(took)
        exchange.sent = exchange.intended
        exchange.outcome = outcome
        exchange.phase = phase
        exchange.turnTime = .milliseconds(took)
        return exchange
    }

    /// A minute with ten exchanges a second, of which second 42 is slow and second 50 fails.
    static let minute = (0..<60).flatMap { second in
        (0..<10).map { _ in
            exchange(
                at: second, took: second == 42 ? 900 : 10,
                second == 50 ? .failed(.timeout) : .ok)
        }
    }

    static func result(
        _ text: String, of exchanges: [Exchange] = minute, goodput: String? = nil
    ) throws -> SLOResult {
        let objectives = Objectives(
            thresholds: [try Threshold(parsing: text)],
            goodput: try goodput.map { try GoodputLimits(parsing: $0) })
        var aggregator = Aggregator(steps: StepTable(names: ["say"]), objectives: objectives)
        for exchange in exchanges { aggregator.add(exchange) }
        return try #require(aggregator.summary(of: RunDescription(name: "r")).slo.first)
    }

    @Test(arguments: [
        ("response.p90<100ms", true, 0, 0), ("response.p50<100ms over 10s", true, 6, 0),
        ("response.p90<100ms over 10s", true, 6, 0), ("response.max<100ms over 10s", false, 6, 1),
        ("response.p50<100ms over 1s", false, 59, 1), ("response.p90<100ms over 1s", false, 0, 0),
        ("response.mean<=99ms over 10s", true, 6, 0), ("response.mean<98ms over 10s", false, 6, 1),
        ("errors<20% over 10s", true, 6, 0), ("errors<5% over 10s", false, 6, 1),
        ("errors<5% over 1s", false, 0, 0), ("errors.timeout<50% over 1s", false, 60, 1),
        ("errors.dns<50% over 1s", true, 60, 0), ("rejected<=0% over 1s", true, 60, 0),
        ("exchanges_per_s>=10 over 1s", false, 58, 1),
        ("exchanges_per_s>10 over 1s", false, 58, 58),
        ("successes_per_s>=10 over 1s", false, 58, 1), ("exchanges_per_s<=10 over 1s", true, 58, 0),
        ("step.say.response.p50>5ms over 1s", true, 59, 0),
        ("step.other.response.p50>5ms over 1s", false, 0, 0),
        ("failed.max<1s over 1s", true, 1, 0),
    ])
    func everyWindowCounts(text: String, passed: Bool, judged: Int, failed: Int) throws {
        let result = try Self.result(text)
        #expect(result.passed == passed)
        #expect(result.windows?.judged ?? 0 == judged)
        #expect(result.windows?.failed ?? 0 == failed)
    }

    @Test func theWorstWindowIsNamed() throws {
        let result = try Self.result("response.max<100ms over 10s")
        #expect(result.windows?.worstStart == 40)
        #expect(result.value == 900)
        #expect(result.samples == 590)
        let none = try Self.result("response.p99<1s over 5s")
        #expect(none.remark == "no window of 5s had enough samples" && none.isKept == nil)
    }

    @Test func goodputHasWindowsToo() throws {
        let text = "goodput>=50% over 1s"
        let result = try Self.result(text, goodput: "response:100ms")
        #expect(result.windows?.judged == 60 && result.windows?.failed == 2)
        #expect(try Self.result(text, goodput: "response:1s").windows?.failed == 1)
    }

    @Test func conversationsHaveWindowsToo() throws {
        let thresholds = try ["conversation.max<1s over 10s", "conversations_failed<50% over 10s"]
            .map { try Threshold(parsing: $0) }
        var aggregator = Aggregator(
            steps: StepTable(), objectives: Objectives(thresholds: thresholds))
        for second in 0..<30 {
            var conversation = ConversationRecord()
            conversation.ended = .seconds(Int64(second))
            conversation.started = conversation.ended - .milliseconds(second == 25 ? 1_500 : 100)
            if second < 5 { conversation.outcome = .failed }
            aggregator.add(conversation)
        }
        let results = aggregator.summary(of: RunDescription(name: "r")).slo
        #expect(results.map { $0.windows?.failed } == [1, 1])
        #expect(results.map { $0.windows?.worstStart } == [20, 0])
    }

    @Test func warmUpIsInNoWindow() throws {
        let exchanges = (0..<20).map { second in
            Self.exchange(
                at: second, took: second < 10 ? 900 : 10, .ok, second < 10 ? .warmup : .main)
        }
        #expect(try Self.result("response.max<100ms over 1s", of: exchanges).passed)
    }

    /// A percentile keeps its limit exactly when the value of its rank does, and what is shown never
    /// says otherwise.
    @Test func percentilesAreDecidedExactly() throws {
        var random = SeededRandom(seed: 3)
        for _ in 0..<300 {
            let count = 17 + Int(random.next(upperBound: UInt64(60)))
            let times = (0..<count).map { _ in
                Int64(random.logNormal(median: 100, sigma: 0.2).rounded())
            }
            let limit = 80 + Double(random.next(upperBound: UInt64(60)))
            let rank = (count * 3 + 3) / 4
            let value = Double(times.sorted()[rank - 1])
            for (sign, keeps) in [("<", value < limit), (">", value > limit)] {
                let threshold = try Threshold(
                    parsing: "response.p75\(sign)\(Int(limit))ms over 5s")
                var series = try #require(WindowSeries(of: threshold))
                for time in times {
                    series.add(Self.exchange(at: 2, took: time), step: "", TurnJudgement())
                }
                let result = series.result()
                #expect(result.passed == keeps)
                let shown = try #require(result.value)
                #expect(shown <= value * 33 / 32 + 0.001 && shown >= min(value, limit) - 0.001)
                if keeps { #expect(sign == "<" ? shown <= limit : shown > limit) }
                if !keeps { #expect(sign == "<" ? shown >= limit : shown <= limit) }
            }
        }
    }

    @Test func orderAndGroupingDoNotMatter() throws {
        let threshold = try Threshold(parsing: "response.p50<5ms over 2s")
        var random = SeededRandom(seed: 5)
        var parts = (0..<3).map { _ in WindowSeries(of: threshold) }.compactMap(\.self)
        var whole = try #require(WindowSeries(of: threshold))
        for _ in 0..<500 {
            let exchange = Self.exchange(
                at: Int(random.next(upperBound: UInt64(30))),
                took: Int64(random.next(upperBound: UInt64(12))))
            whole.add(exchange, step: "", TurnJudgement())
            parts[Int(random.next(upperBound: UInt64(3)))].add(exchange, step: "", TurnJudgement())
        }
        var merged = parts[2]
        merged.merge(parts[0])
        merged.merge(parts[1])
        #expect(merged.result() == whole.result())
        #expect(whole.result(until: .seconds(10)).windows?.judged == 5)
    }

    @Test func oddTimesStayWithinBounds() throws {
        let threshold = try Threshold(parsing: "errors<1% over 1s")
        var series = try #require(WindowSeries(of: threshold))
        for end in [Int64.min, -1, 0, .max] {
            var exchange = Exchange()
            exchange.end = Nanoseconds(end)
            series.add(exchange, step: "", TurnJudgement())
        }
        #expect(series.windows.count == WindowSeries.limit)
    }
}
