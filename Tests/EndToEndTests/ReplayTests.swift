import Glibc
import Support
import Testing

@testable import ChatloadKit

/// `replay` of the built binary.
@Suite struct ReplayTests {
    private static let services = ["stammer", "tamako", "botyard"]

    /// A replay of a file in a folder of its own.
    private func replay(_ arguments: [String], into folder: String) throws -> Child.Ending {
        var arguments = ["replay"] + arguments + ["--seed", "7", "-o", folder]
        if arguments.contains("botyard") { arguments += ["--set", "poll_first=2ms"] }
        return try Child(arguments + ["--sandbox-latency", "1ms"]).ending()
    }

    @Test(arguments: services)
    func asFastAsAllowed(service: String) throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/replay"
        let run = try replay(["workloads/recorded.jsonl", "--service", service], into: folder)
        #expect(run.code == 0, "\(run.messages)")
        let summary = try summary(of: folder)
        #expect(summary.run.command == "replay")
        #expect(summary.totals[.conversationsCompleted] == 12 && summary.totals[.failed] == 0)
        #expect(summary.steps["say"]?[.succeeded] == 29)
        #expect(summary.lateness == Lateness())
        #expect(run.messages.contains("12 conversations once each"))
    }

    @Test(arguments: services)
    func atRecordedTimes(service: String) throws {
        let scratch = try ScratchFolder()
        let (folder, again) = (scratch.path + "/replay", scratch.path + "/again")
        let options = ["--service", service, "--speed", "1000x", "--max-gap", "100ms"]
        let run = try replay(["workloads/recorded.jsonl"] + options, into: folder)
        #expect(run.code == 0, "\(run.messages)")
        let played = try summary(of: folder)
        #expect(played.totals[.conversationsCompleted] == 12 && played.totals[.failed] == 0)
        #expect(played.lateness.starts.count == 12 && played.lateness.turns.count == 17)
        #expect(run.output.contains("starts late") && run.output.contains("turns late"))
        let report = try Child(["report", folder, "-o", again]).ending()
        #expect(report.code == 0, "\(report.messages)")
        for name in ["summary.json", "summary.csv"] {
            #expect(text(of: "\(folder)/\(name)") == text(of: "\(again)/\(name)"), "\(name)")
        }
    }

    @Test func anInterruptEndsItBetweenTurns() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/replay"
        let run = try Child([
            "replay", "workloads/recorded.jsonl", "--speed", "1x", "-o", folder,
        ])
        #expect(wait(for: folder + "/exchanges.csv") { $0.split(separator: "\n").count > 1 })
        run.signal(SIGINT)
        let ending = run.ending()
        #expect(ending.code == 105, "\(ending.messages)")
        let totals = try summary(of: folder).totals
        #expect(
            totals[.conversationsStarted] == totals[.conversationsCompleted]
                + totals[.conversationsAborted] && totals[.conversationsAborted] > 0)
    }

    @Test func whatHasNoTimesIsRefused() throws {
        let run = try Child(["replay", "workloads/support.jsonl", "--speed", "1x"]).ending()
        #expect(run.code == 104 && run.messages.contains("support.jsonl:3: no at"))
    }
}
