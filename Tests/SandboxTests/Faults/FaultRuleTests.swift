import Base
import Networking
import Testing

@testable import Sandbox

@Suite("Faults: rules and draws")
struct FaultRuleTests {
    @Test(arguments: [
        ("reset", InjectedFault?.some(.reset), 1.0, String?.none),
        ("no-answer:5%", .noAnswer, 0.05, nil),
        ("any:0.25@poll", nil, 0.25, "poll"), ("burst-5xx@botyard", .burst5xx, 1, "botyard"),
        ("stall:0@tamako.chat", .stall, 0, "tamako.chat"),
    ])
    func reads(text: String, fault: InjectedFault?, rate: Double, place: String?) throws {
        let rule = try FaultRule(parsing: text)
        #expect(rule.fault == fault && rule.rate == rate && rule.place == place)
        #expect(try FaultRule(parsing: rule.description) == rule)
    }

    @Test(arguments: [
        ("", "fault", String?.some("")), ("rest", "fault", "rest"), ("reset:", "share", ""),
        ("reset:2", "share", "2"), ("reset:-1", "share", "-1"), ("reset:1:1", "share", "1:1"),
        ("reset@", "step", ""), ("reset@sya", "step", "sya"), ("reset@sandbox.counts", "step", nil),
    ])
    func refuses(text: String, noun: String, part: String?) {
        let fault = #expect(throws: Fault.self) { try FaultRule(parsing: text) }
        let name = Printable.quoted(part ?? String(text.split(separator: "@").last ?? ""))
        let message = noun == "share" ? "\(name) is not a share" : "unknown \(noun) \(name)"
        #expect(fault?.message == message && fault?.hint != nil)
    }

    @Test func aPlaceIsAStepARouteOrAService() {
        #expect(Route.botyardSend.isAt("say") && Route.stammerMessage.isAt("say"))
        #expect(Route.botyardSend.isAt("botyard") && !Route.tamakoChat.isAt("botyard"))
        #expect(Route.botyardSend.isAt("botyard.messages.send"))
        #expect(Set(Route.places).count == Route.places.count)
    }

    @Test func drawsAreTheSeedsAndNothingElse() throws {
        let rules = [try FaultRule(parsing: "any:20%")]
        func draws(seed: UInt64) -> [InjectedFault?] {
            var faults = FaultDraw(rules, seed: seed)
            return (0..<2_000).map { _ in faults.next(at: .tamakoChat, asked: nil) }
        }
        #expect(draws(seed: 1) == draws(seed: 1) && draws(seed: 1) != draws(seed: 2))
        let struck = draws(seed: 1).compactMap(\.self)
        #expect(Set(struck) == Set(InjectedFault.allCases.filter { !$0.isOfStreams }))
        // A burst takes the 19 requests behind it, whatever else was due.
        let others = struck.count { $0 != .burst5xx }
        #expect((280...400).contains(others))
    }

    @Test func theFirstRuleThatStrikesCounts() throws {
        let rules = try ["reset@poll", "close:0", "garbage"].map(FaultRule.init(parsing:))
        var faults = FaultDraw(rules, seed: 3)
        #expect(faults.next(at: .botyardMessages, asked: nil) == .reset)
        #expect(faults.next(at: .botyardSend, asked: nil) == .garbage)
        #expect(faults.next(at: .botyardSend, asked: .stall) == .stall)
        #expect(faults.next(at: .counts, asked: .stall) == nil)
        #expect(faults.counts == [.reset: 1, .garbage: 1, .stall: 1])
    }

    @Test func aBurstIsOfItsRoute() {
        var faults = FaultDraw([], seed: 3)
        #expect(faults.next(at: .tamakoChat, asked: .burst5xx) == .burst5xx)
        #expect(faults.next(at: .stammerMessage, asked: nil) == nil)
        let rest = (0..<25).map { _ in faults.next(at: .tamakoChat, asked: nil) }
        #expect(rest.count { $0 == .burst5xx } == FaultDraw.burst - 1)
    }
}
