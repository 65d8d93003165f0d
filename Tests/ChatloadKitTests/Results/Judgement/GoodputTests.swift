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

    /// A streamed reply of eleven tokens: sent at once, the first after 200 ms, the last after 700.
    static let streamed: Exchange = {
        var exchange = Exchange()
        exchange.sent = .zero
        exchange.firstByte = .milliseconds(100)
        exchange.firstToken = .milliseconds(200)
        exchange.end = .milliseconds(700)
        exchange.reply = .milliseconds(700)
        exchange.replyTokens = 11
        exchange.turnTime = .milliseconds(700)
        return exchange
    }()

    @Test(arguments: [
        ("response:1000", true), ("response:999", false), ("reply:900ms", true),
        ("e2e:0.8s", false),
        ("e2el:900", true), ("service:100", true), ("service:99", false), ("ttfb:50", true),
        ("ttfb:49ms", false), ("ttft:900", true), ("ttft:899", false), ("tpot:1", true),
        ("response:1s, ttfb:49", false), ("response:1s,ttfb:50", true),
    ])
    func aTurnThatIsPolled(limits: String, isGood: Bool) throws {
        #expect(try GoodputLimits(parsing: limits).isKept(by: Self.polled) == isGood)
    }

    @Test(arguments: [
        ("ttft:200", true), ("ttft:199", false), ("tpot:50", true), ("tpot:49", false),
    ])
    func aTurnThatIsStreamed(limits: String, isGood: Bool) throws {
        #expect(try GoodputLimits(parsing: limits).isKept(by: Self.streamed) == isGood)
    }

    @Test func aTurnThatFailedIsNeverGood() throws {
        var failed = Self.polled
        failed.outcome = .failed(.noReply)
        #expect(try !GoodputLimits(parsing: "response:1h").isKept(by: failed))
    }

    @Test(arguments: ["", "ttft", "ttft:", "ttft:x", "ttft:0", "ttft:1:2", "p99:5", ",", "e2e:5,"])
    func nonsenseIsRefused(text: String) {
        let complaint = #expect(throws: Fault.self) {
            try GoodputLimits(parsing: text)
        }
        #expect(complaint?.hint?.isEmpty == false)
    }

    @Test(arguments: [
        ("ttft:200", "ttft"), ("response:1s,tpot:20", "tpot"), ("e2e:5s", nil), ("ttfb:1", nil),
    ])
    func whatNobodyStreamsIsNoLimit(text: String, refused: String?) throws {
        let limits = try GoodputLimits(parsing: text)
        let complaint = Result { () throws(Fault) in try limits.requireMeasured() }
        guard case .failure(let error) = complaint else {
            #expect(refused == nil)
            return
        }
        #expect(error.message.hasPrefix("limits \(refused ?? "?"), a time of streamed tokens"))
        #expect(error.hint?.contains("e2e") == true)
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
