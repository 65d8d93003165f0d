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
        return aggregator.summary(of: RunDescription(name: "t"))
    }()

    @Test(arguments: [
        ("response.p50<60ms", true), ("response.p50 < 40ms", false), ("response.max<=100ms", true),
        ("service.p99>1s", false), ("response.mean>=10ms", true), ("errors<3%", false),
        ("errors<=0.03", true), ("rejected<2%", true), ("exchanges_per_s>100", true),
        ("step.re.fund.response.p95<2s", true), ("step.say.response.p50<1ms", false),
    ])
    func isKeptOrNot(text: String, isKept: Bool) throws {
        #expect(try Threshold(parsing: text).outcome(in: Self.summary).isKept == isKept)
    }

    @Test(arguments: ["response.p99_9<1s", "step.none.response.p50<1s", "conversation.p50<1s"])
    func tooFewSamplesAreNoVerdict(text: String) throws {
        #expect(try Threshold(parsing: text).outcome(in: Self.summary).isKept == nil)
    }

    @Test(arguments: [
        "", "response", "response.p99", "response.p98<1s", "latency.p99<1s", "response.p99<",
        "response.p99<1x", "errors<x%", "errors<-1", "exchanges_per_s>", "<1s", "step.x.p99<1s",
    ])
    func nonsenseIsRefused(text: String) {
        #expect(throws: ThresholdComplaint.self) { try Threshold(parsing: text) }
    }

    @Test func showsItsFigure() throws {
        let threshold = try Threshold(parsing: "response.p99 < 1s")
        #expect(threshold.figure == "response.p99")
        #expect(threshold.text(of: 12.5) == "12.5 ms")
        #expect(try Threshold(parsing: "errors<1%").text(of: 0.0123) == "1.23 %")
    }
}
