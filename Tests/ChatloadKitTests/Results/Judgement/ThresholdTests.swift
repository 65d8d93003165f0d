import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct ThresholdTests {
    static let summary: Summary = {
        var aggregator = Aggregator(steps: StepTable(names: ["say", "re.fund"]))
        for index in 0..<1_000 {
            var exchange = Exchange()
            exchange.step = StepID(index: index % 2)
            exchange.sent = .milliseconds(Int64(index))
            exchange.intended = .milliseconds(Int64(index))
            exchange.end = exchange.intended + .milliseconds(Int64(index % 100 + 1))
            if index % 50 == 0 { exchange.outcome = .failed(.timeout) }
            if index % 100 == 25 { exchange.outcome = .failed(.rejected) }
            aggregator.add(exchange)
        }
        for index in 0..<20 {
            var conversation = ConversationRecord()
            conversation.ended = .milliseconds(Int64(index))
            conversation.outcome = index < 2 ? .failed : .completed
            aggregator.add(conversation)
        }
        return aggregator.summary(of: RunDescription(name: "t"))
    }()

    @Test(arguments: [
        ("response.p50<60ms", true), ("response.p50 < 40ms", false), ("response.max<=100ms", true),
        ("service.p99>1s", false), ("response.mean>=10ms", true), ("errors<3%", false),
        ("errors<=0.03", true), ("rejected<2%", true), ("exchanges_per_s>100", true),
        ("step.re.fund.response.p95<2s", true), ("step.say.response.p50<1ms", false),
        ("response.count>=970", true), ("failed.max<1s", true), ("throttled.max<1ms", true),
        ("schedule_lag.p99<20ms", true), ("conversations_failed<=10%", true),
        ("conversations_failed<10%", false), ("errors.timeout<=2%", true),
        ("errors.dns<=0", true), ("step.say.errors<=2%", false), ("steady.errors<=3%", true),
        ("step.re.fund.rejected<=2%", true), ("step.say.errors.timeout<5%", true),
        ("steady.response.p90<=1s", true), ("steady.conversation.p50<1s", true),
        ("lost_tokens<=0", true), ("steady.lost_tokens<1", true), ("lost_tokens>0", false),
    ])
    func isKeptOrNot(text: String, isKept: Bool) throws {
        #expect(try Threshold(parsing: text).result(in: Self.summary).isKept == isKept)
    }

    @Test(arguments: [
        ("response.p99_9<1s", "too few samples: 970 of 4603"),
        ("response.p99.9<1s", "too few samples: 970 of 4603"),
        ("step.none.response.p50<1s", "no exchange had the step none"),
        ("step.none.errors<1%", "no exchange had the step none"),
        ("reply.p50<1s", "nothing was measured"), ("goodput>5%", "nothing was measured"),
    ])
    func whatWasNotMeasuredIsNotKept(text: String, remark: String) throws {
        let result = try Threshold(parsing: text).result(in: Self.summary)
        #expect(result.isKept == nil && !result.passed && result.value == nil)
        #expect(result.remark == remark)
        #expect(result.valueText == "–")
    }

    @Test func lostTokensAreCounted() throws {
        var summary = Self.summary
        summary.totals[.lostTokens] += 1_234
        let result = try Threshold(parsing: "lost_tokens<=1000").result(in: summary)
        #expect(result.isKept == false && result.valueText == "1,234")
        #expect(try Threshold(parsing: "lost_tokens<1235").result(in: summary).passed)
        #expect(try Threshold(parsing: "lost_tokens<1").earlySamples == 1)
        #expect(try Threshold(parsing: "lost_tokens>1").earlySamples == .max)
    }

    @Test func aPartialLogJudgesNothing() throws {
        var partial = Self.summary
        partial.isPartial = true
        let threshold = try Threshold(parsing: "errors<100%")
        for (mode, remark) in [
            (LogMode.errors, "the log has only the failures"),
            (.all, "a part of the log is missing"),
        ] {
            partial.run.logMode = mode
            let result = threshold.result(in: partial)
            #expect(!result.passed && result.remark == remark)
        }
    }

    @Test(arguments: [
        "", "response", "response.p99", "response.p98<1s", "latency.p99<1s", "response.p99<",
        "response.p99<1x", "errors<x%", "errors<-1", "exchanges_per_s>", "<1s", "step.x.p99<1s",
        "errors<5", "errors<0", "goodput>100%", "errors.none<1%", "step..errors<1%",
        "step.say.goodput>1%", "step.say.conversation.p50<1s", "response.p99<1s over",
        "response.p99<1s over 10ms", "response.p99<1s over never", "loop_lag.p99<1s over 5s",
        "steady.response.p99<1s over 5s", "steady.errors.timeout<1%", "response.count<5s",
        "steady.loop_lag.p99<1s", "response.p99<1s<2s", "lost_tokens<1 over 5s",
        "step.say.lost_tokens<1", "lost_tokens<1s", "frames<1",
    ])
    func nonsenseIsRefused(text: String) {
        let complaint = #expect(throws: Fault.self) { try Threshold(parsing: text) }
        #expect(complaint?.hint?.isEmpty == false)
    }

    @Test(arguments: [
        ("response.p99 < 1s", "response.p99<1s"), (" errors <= 1 % ", "errors<=1%"),
        ("response.p99.9<1s over  90s", "response.p99.9<1s over 1m30s"),
        ("step.a step.errors<1%", "step.a step.errors<1%"),
        ("step.a<b.errors<1%", "step.a<b.errors<1%"),
    ])
    func isWrittenWithoutIdleSpaces(text: String, description: String) throws {
        let threshold = try Threshold(parsing: text)
        #expect(threshold.description == description)
        #expect(try Threshold(parsing: description) == threshold)
    }

    @Test func showsItsFigure() throws {
        #expect(try Threshold(parsing: "response.p99 < 1s").figure == "response.p99")
        #expect(try Threshold(parsing: "errors<1% over 5s").figure == "errors")
    }

    @Test(arguments: [
        (12.5, MetricUnit.milliseconds, "12.5 ms"), (0.0123, .share, "1.23 %"),
        (0.000_01, .share, "<0.01 %"), (0.999_99, .share, ">99.99 %"), (1, .share, "100.0 %"),
        (200, .perSecond, "200/s"), (1_234, .count, "1,234"),
    ])
    func figuresAreShownInTheirUnits(value: Double, unit: MetricUnit, text: String) {
        var result = SLOResult(expression: "", unit: unit)
        result.value = value
        #expect(result.valueText == text)
    }

    /// Whatever somebody types is a threshold or a complaint, and a threshold reads back the same.
    @Test func noTextIsTooOdd() throws {
        var random = SeededRandom(seed: 11)
        let parts = [
            "response", "step", "steady", ".", ".", "p99", "errors", "<", ">", "=", "1s", "1%",
            " over ", " ", "timeout", "9e99", "-", "ü", "count", "exchanges_per_s", "goodput",
        ]
        var read = 0
        for _ in 0..<20_000 {
            var pieces = ["response", ".", "p99", "<", "1s", " over ", "1s"]
            for _ in 0..<Int(random.next(upperBound: UInt64(5))) {
                let place = Int(random.next(upperBound: UInt64(pieces.count)))
                pieces[place] = parts[Int(random.next(upperBound: UInt64(parts.count)))]
            }
            let text = pieces.prefix(Int(random.next(upperBound: UInt64(8)))).joined()
            guard let threshold = try? Threshold(parsing: text) else { continue }
            read += 1
            #expect(try Threshold(parsing: threshold.description) == threshold, "\(text)")
            _ = threshold.result(in: Self.summary)
        }
        #expect(read > 20)
    }
}
