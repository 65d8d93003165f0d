import ChatloadKit
import Base
import Networking
import Testing

@testable import chatload

@Suite struct ProbeOptionTests {
    private static func settings(_ line: String) throws -> RunSettings {
        let invocation = try Invocation(words("probe " + line), in: .made())
        guard case .probe(let settings, _) = invocation else { throw Fault("BUG: not a probe") }
        return settings
    }

    private static func order(_ line: String) throws -> PreparedRun {
        try settings(line).prepared(in: .made())
    }

    @Test func oneUserPlaysOneConversationWithoutThinking() throws {
        let plan = try Self.order("--say 'Hello there' --say Bye").plan
        #expect(plan.load.users == 1 && plan.conversationLimit == 1)
        #expect(plan.load.thinkOverride == .fixed(.zero))
        let turns = try plan.workload.conversation(at: 0).turns
        #expect(turns.map(\.action) == [.say("Hello there"), .say("Bye")])
        #expect(try Self.order("").plan.workload.conversation(at: 0).turns.count == 1)
    }

    @Test(arguments: [
        ("", 0), ("--conversation refund-shoes", 1), ("--conversation parcel-late", 0),
    ])
    func theConversationIsChosen(line: String, index: Int) throws {
        let path = String(
            #filePath.dropLast("Tests/CommandTests/Probe/ProbeOptionTests.swift".count))
        let plan = try Self.order("\(path)workloads/support.jsonl " + line).plan
        #expect(plan.order.script(forIteration: plan.order.iteration(atPlace: 1)) == index)
    }

    @Test(arguments: [
        ("--say x w.jsonl", "--say", "leave out either --say or w.jsonl"),
        ("--conversation x", "--conversation", "name the file"),
        ("--curl --format json", "--curl", "leave out either"),
        ("--cacert ca.pem", "--cacert", "--target"),
        ("--service stammer --target http://example.test --insecure", "--insecure", "--target"),
    ])
    func contradictions(line: String, flag: String, hint: String) throws {
        let complaint = #expect(throws: Fault.self) { try Self.order(line) }
        #expect(complaint?.place == .flag(flag))
        #expect(complaint?.hint?.contains(hint) == true)
    }

    @Test(arguments: ["-c 5", "-n 3", "--rate 5", "--log none", "-o x", "--slo 'errors<1%'"])
    func optionsOfALoadAreUnknown(line: String) {
        #expect(throws: Fault.self) { try Self.settings(line) }
    }
}
