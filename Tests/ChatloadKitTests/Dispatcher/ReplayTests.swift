import Networking
import Sandbox
import Support
import Synchronization
import Testing

@testable import ChatloadKit

/// Whole replays in virtual time.
@Suite struct ReplayTests {
    static func scripts(_ count: Int) -> [String] {
        (0..<count).map {
            #"{"id":"c\#($0)","weight":3,"turns":[{"say":"\#($0)","name":"n\#($0)"}]}"#
        }
    }

    @Test(arguments: [1, 2, 3, 4])
    func everyConversationIsPlayedOnce(workers: Int) async throws {
        let run = VirtualRun(
            scripts: Self.scripts(50), load: LoadShape(users: 7), workers: workers,
            adjust: { $0.order = .once(50) })
        let (result, counts) = try await run.againstSandbox(.logNormal)
        #expect(result.summary.totals.conversations.completed == 50 && counts.total == 50)
        #expect((0..<50).allSatisfy { result.summary.steps["n\($0)"]?.exchanges == 1 })
    }

    @Test func whatIsLeftIsPlayedOnce() async throws {
        let run = VirtualRun(
            scripts: Self.scripts(50), load: LoadShape(users: 7), workers: 2,
            adjust: { $0.order = .remaining(ConversationSet(below: 50) { $0 % 3 == 1 }) })
        let (result, counts) = try await run.againstSandbox(.logNormal)
        #expect(counts.total == 17)
        #expect(
            result.summary.steps.keys.sorted()
                == (0..<50).filter { $0 % 3 == 1 }.map { "n\($0)" }.sorted())
    }
}
