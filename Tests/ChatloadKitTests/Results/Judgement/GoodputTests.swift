import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct GoodputTests {
    /// A polled reply: due at 0, said at 100 ms, answered by the poll from 900 ms to 1 s.
    static let polled: Exchange = {
        var exchange = Exchange()
        exchange.intended = .milliseconds(880)
        exchange.sent = .milliseconds(900)
        exchange.firstByte = .milliseconds(950)
        exchange.end = .milliseconds(1_000)
        exchange.reply = .milliseconds(900)
        exchange.turnTime = .milliseconds(1_000)
        return exchange
    }()

    /// A streamed reply of eleven tokens: sent at once, the first after 200 ms, the last after 700;
    /// what it used is told 90 ms later.
    static let streamed: Exchange = {
        var exchange = Exchange()
        exchange.sent = .zero
        exchange.firstByte = .milliseconds(100)
        var output = ReplyOutput()
        for time in [200, 250, 300, 350, 400, 450, 500, 550, 620, 660, 700] as [Int64] {
            output.take(time < 300 ? .reasoning : .answer, at: .milliseconds(time))
        }
        exchange.take(output, since: .zero)
        exchange.end = .milliseconds(790)
        exchange.reply = .milliseconds(700)
        exchange.replyTokens = 11
        exchange.turnTime = .milliseconds(700)
        return exchange
    }()

    @Test(arguments: [
        ("response:1000", true), ("response:999", false), ("reply:900ms", true),
        ("e2e:0.8s", false),
        ("e2el:900", true), ("service:100", true), ("service:99", false), ("ttfb:50", true),
        ("ttfb:49ms", false), ("ttft:1", true), ("icl:1", true), ("tpot:1", true),
        ("response:1s, ttfb:49", false), ("response:1s,ttfb:50", true),
    ])
    func aTurnThatIsPolled(limits: String, isGood: Bool) throws {
        #expect(try GoodputLimits(parsing: limits).judge(Self.polled).isGood == isGood)
    }

    @Test(arguments: [
        ("ttft:200", true), ("ttft:199", false), ("tpot:50", true), ("tpot:49", false),
        ("icl:70", true), ("icl:69", false), ("ttfa:300", true), ("ttfa:299", false),
        ("reply:700", true), ("ttft:300,tpot:50,icl:70,reply:1s", true),
    ])
    func aTurnThatIsStreamed(limits: String, isGood: Bool) throws {
        #expect(try GoodputLimits(parsing: limits).judge(Self.streamed).isGood == isGood)
    }

    @Test func aTurnThatFailedIsNeverGood() throws {
        var failed = Self.polled
        failed.outcome = .failed(.noReply)
        #expect(try !GoodputLimits(parsing: "response:1h").judge(failed).isGood)
    }

    @Test(arguments: ["", "ttft", "ttft:", "ttft:x", "ttft:0", "ttft:1:2", "p99:5", ",", "e2e:5,"])
    func nonsenseIsRefused(text: String) {
        let complaint = #expect(throws: Fault.self) {
            try GoodputLimits(parsing: text)
        }
        #expect(complaint?.hint?.isEmpty == false)
    }

    /// What vLLM and AIPerf call ITL is two things.
    @Test func itlIsAskedFor() {
        let words = [
            #expect(throws: Fault.self) { try GoodputLimits(parsing: "ttft:300,itl:50") },
            #expect(throws: Fault.self) { try Threshold(parsing: "itl.p99<50ms") },
            #expect(throws: Fault.self) { try Threshold(parsing: "step.say.itl.p99<50ms") },
            #expect(throws: Fault.self) { try ChangeLimit(parsing: "itl.p99:+5%") },
        ].map { "\($0?.message ?? ""): \($0?.hint ?? "")" }
        let asked =
            "itl is not one figure: icl (vLLM's ITL: gaps between frames) or tpot (AIPerf's and"
            + " guidellm's ITL: mean time per token of a reply)?"
        #expect(words == [asked, asked, asked, asked])
    }

    @Test func whatATurnDoesNotHaveIsNotJudgedAndCounted() throws {
        let limits = try GoodputLimits(parsing: "ttft:300,response:1s")
        #expect(limits.judge(Self.polled) == TurnJudgement(isGood: true, isUnjudged: true))
        #expect(limits.judge(Self.streamed) == TurnJudgement(isGood: true))
        var failed = Self.polled
        failed.outcome = .failed(.timeout)
        #expect(limits.judge(failed) == TurnJudgement())
        var aggregator = Aggregator(
            steps: StepTable(names: ["say"]), objectives: Objectives(goodput: limits))
        for exchange in [Self.polled, failed, Self.streamed] { aggregator.add(exchange) }
        let totals = aggregator.summary(of: RunDescription(name: "r")).totals
        #expect(totals[.turns] == 3 && totals[.goodTurns] == 2 && totals[.unjudgedTurns] == 1)
    }

    @Test func countsTurnsAndNotExchanges() throws {
        let limits = try GoodputLimits(parsing: "response:800")
        let objectives = Objectives(
            thresholds: [try Threshold(parsing: "goodput>=50%")], goodput: limits)
        var aggregator = Aggregator(steps: StepTable(names: ["say"]), objectives: objectives)
        var poll = Self.polled
        poll.turnTime = nil
        var drained = Self.streamed
        drained.phase = .drain
        for exchange in [Self.polled, poll, poll, Self.streamed, drained] {
            aggregator.add(exchange)
        }
        let summary = aggregator.summary(of: RunDescription(name: "r"))
        #expect(summary.totals[.turns] == 3 && summary.totals.counts[.goodTurns] == 2)
        #expect(summary.totals[.goodput] == 0.666667)
        #expect(summary.steady.totals[.turns] == 2 && summary.steady.totals[.goodput] == 0.5)
        #expect(summary.slo.map(\.passed) == [true])
        #expect(TerminalReport(summary).text.contains("  turns         3, 2 within the limits"))
    }

    @Test func isNeededByItsThreshold() throws {
        let objectives = Objectives(thresholds: [try Threshold(parsing: "goodput>=50%")])
        let complaint = #expect(throws: Fault.self) { try objectives.requireGoodput() }
        #expect(complaint?.message == "goodput>=50% needs --goodput")
    }
}
