import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Services that close connections which are idle.
@Suite struct IdleCloseRunTests {
    private static let script = #"""
        {"turns":[{"say":"a"},{"say":"b","think":"5s"},{"say":"c","think":"5s"}]}
        """#

    /// Before every turn that was thought about the connection is opened anew, and nothing is lost.
    @Test func itIsNoFailure() async throws {
        let run = VirtualRun(
            scripts: [Self.script], load: LoadShape(users: 2, conversations: 4))
        var sandbox = SandboxSettings.fixed(.milliseconds(10))
        sandbox.idleTimeout = .seconds(2)
        let (result, counts) = try await run.againstSandbox(sandbox)
        #expect(result.summary.totals[.exchanges] == 12)
        #expect(result.summary.totals[.succeeded] == 12)
        #expect(counts.total == 12)
        #expect(counts.connections == 10)
        #expect(result.schedule?.reconnects == 8)
        #expect(result.schedule?.repeatedRequests == 0)
    }

    /// A message that crosses with the close is not sent again, unless that is asked for.
    @Test(arguments: [false, true])
    func whatMayHaveBeenCarriedOutIsNotRepeated(repeatsUnsafe: Bool) async throws {
        var run = VirtualRun(
            scripts: [#"{"turns":[{"say":"a"},{"say":"b","think":"5s"}]}"#],
            load: LoadShape(users: 1, conversations: 1))
        run.adjust = { $0.retry = RetryPolicy(repeatsUnsafe: repeatsUnsafe) }
        let result = try await run.against { stream, loop in
            let body = #"{"message":"Success","data":{"answer":"Hi","chat_id":1}}"#
            let head = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            let start = loop.tick
            while try await !stream.receiveRequest().isEmpty, loop.tick - start < .seconds(1) {
                try await stream.send(Array((head + body).utf8))
            }
        }
        #expect(result.schedule?.repeatedRequests == (repeatsUnsafe ? 1 : 0))
        #expect(result.summary.totals[.succeeded] == (repeatsUnsafe ? 2 : 1))
        let errors = result.summary.errors
        #expect(errors.map(\.errorClass) == (repeatsUnsafe ? [] : ["closed_early"]))
        #expect(errors.allSatisfy { $0.example.contains("a kept-alive connection instead of") })
    }
}
