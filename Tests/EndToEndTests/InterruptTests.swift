import Glibc
import Support
import Testing

@testable import ChatloadKit

/// Signals to a run.
@Suite struct InterruptTests {
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func theFirstDrainsAndReports(signal: Int32) throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let arguments = ["run", "workloads/support.jsonl", "-d", "10m", "-c", "4", "-o", folder]
        let run = try Child(arguments + quickly)
        #expect(hasPlayed(folder))
        run.signal(signal)
        let ending = run.ending()
        #expect(ending.code == 105, "\(ending.messages)")
        #expect(ending.messages.contains("interrupted"))
        #expect(names(in: folder) == runFiles)
        // Exchanges under way are finished, and conversations end after them.
        let totals = try summary(of: folder).totals
        #expect(totals[.succeeded] > 0 && totals[.failed] == 0)
        #expect(
            totals[.conversationsAborted] <= 4
                && totals[.conversationsCompleted] + totals[.conversationsAborted]
                    == totals[.conversationsStarted]
        )
        #expect(ending.output.contains("completed"))
    }

    @Test func theSecondStopsAtOnceAndLeavesALog() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let server = try LocalServer()
        let run = try Child(
            [
                "run", "workloads/support.jsonl", "--service", "stammer", "--target", server.url,
                "--set",
                "token=env:TOKEN", "--set", "chatbot_uuid=\(RefusalTests.uuid)", "-d", "10m",
                "--grace", "10m", "--timeout", "10m", "-c", "1", "--think", "0", "-o", folder,
            ], environment: ["TOKEN": "any"])
        // Nobody answers, so the user waits until it is stopped.
        #expect(server.hasConnection(within: 60))
        run.signal(SIGINT)
        #expect(run.says("interrupted"))
        run.signal(SIGINT)
        let ending = run.ending()
        #expect(ending.code == 105, "\(ending.messages)")
        let report = try Child(["report", folder, "-o", scratch.path + "/again"]).ending()
        #expect(report.code == 0, "\(report.messages)")
        let totals = try summary(of: folder).totals
        #expect(
            totals[.conversationsStarted] == 1 && totals[.conversationsAborted] == 1, "\(totals)")
        let again = try summary(of: scratch.path + "/again").totals
        #expect(again.counts == totals.counts)
    }

    @Test func aKilledRunLeavesALog() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let arguments = ["run", "workloads/support.jsonl", "-d", "10m", "-c", "4", "-o", folder]
        let run = try Child(arguments + quickly)
        #expect(hasPlayed(folder))
        run.signal(SIGKILL)
        #expect(run.ending().code == 128 + SIGKILL)
        let report = try Child(["report", folder]).ending()
        #expect(report.code == 0, "\(report.messages)")
        #expect(try summary(of: folder).totals[.succeeded] > 0)
    }

    /// Whether the log has a row, now or later.
    private func hasPlayed(_ folder: String) -> Bool {
        wait(for: folder + "/exchanges.csv") { $0.split(separator: "\n").count > 2 }
    }
}
