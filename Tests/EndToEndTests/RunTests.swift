import Glibc
import Support
import Testing

@testable import ChatloadKit

/// `run` and `report` of the built binary.
@Suite struct RunTests {
    @Test(arguments: ["support", "stammer", "tamako", "botyard"])
    func runsAgainstItsOwnSandbox(workload: String) throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let service = workload == "support" ? "stammer" : workload
        var arguments = ["run", "workloads/\(workload).jsonl", "--service", service, "-n", "20"]
        if service == "botyard" { arguments += ["--set", "poll_first=2ms"] }
        let run = try Child(arguments + quickly + ["-o", folder]).ending()
        #expect(run.code == 0, "\(run.messages)")
        #expect(names(in: folder) == runFiles)
        let summary = try summary(of: folder)
        #expect(summary.totals[.conversationsCompleted] == 20)
        #expect(summary.totals[.failed] == 0)
        #expect(run.output.contains("20 started: 20 completed"))
        #expect(run.messages.contains("seed 7"))
    }

    @Test func reportRebuildsTheSameFigures() throws {
        let scratch = try ScratchFolder()
        let (folder, again) = (scratch.path + "/run", scratch.path + "/again")
        let options = ["-n", "20", "--sandbox-error-rate", "20%", "-o", folder]
        let run = try Child(["run", "workloads/support.jsonl"] + quickly + options).ending()
        #expect(run.code == 0, "\(run.messages)")
        let report = try Child(["report", folder, "-o", again]).ending()
        #expect(report.code == 0, "\(report.messages)")
        #expect(try summary(of: folder).totals[.failed] > 0)
        for name in ["summary.json", "summary.csv", "timeline.csv", "report.html"] {
            #expect(text(of: "\(folder)/\(name)") == text(of: "\(again)/\(name)"), "\(name)")
        }
    }

    @Test func twoRunsBecomeOne() throws {
        let scratch = try ScratchFolder()
        let folders = ["a", "b"].map { scratch.path + "/" + $0 }
        for folder in folders {
            let options = ["-n", "6", "-q", "-o", folder]
            let run = try Child(["run", "workloads/support.jsonl"] + quickly + options).ending()
            #expect(run.code == 0 && run.messages.isEmpty, "\(run.messages)")
        }
        let both = scratch.path + "/both"
        #expect(try Child(["report"] + folders + ["-o", both]).ending().code == 0)
        let exchanges = try folders.map { try summary(of: $0).totals[.exchanges] }
        #expect(try summary(of: both).totals[.exchanges] == exchanges.reduce(0, +))
    }

    @Test func nothingThereIsExitOne() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let nobody = try LocalServer(listens: false)
        let run = try Child(
            [
                "run", "workloads/support.jsonl", "--service", "stammer", "--target", nobody.url,
                "--set",
                "token=env:TOKEN",
                "--set", "chatbot_uuid=12345678-1234-5678-1234-567812345678", "-n", "3",
                "--think", "0", "-o", folder,
            ], environment: ["TOKEN": "any"]
        ).ending()
        #expect(run.code == 1, "\(run.messages)")
        let summary = try summary(of: folder)
        #expect(Set(summary.errors.map(\.errorClass)) == ["connect_refused"])
        #expect(run.output.hasPrefix("FAILED: all "))
        #expect(run.output.contains("connect_refused"))
    }

    /// What is closed from the start must not be taken by a file or a socket either.
    @Test(arguments: [Child.Output.abandoned, .none], [Child.Output.kept, .abandoned, .none])
    func survivesClosedStreams(output: Child.Output, messages: Child.Output) throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let arguments = ["run", "workloads/support.jsonl", "-n", "5", "-o", folder] + quickly
        for streams in [(output, messages), (messages, output)] {
            let run = try Child(arguments, output: streams.0, messages: streams.1).ending()
            #expect(run.code == 0, "\(run.messages)")
            #expect(names(in: folder) == runFiles)
            let report = try Child(["report", folder]).ending()
            #expect(!report.output.contains("malformed"))
            #expect(try summary(of: folder).totals[.failed] == 0)
            Files.remove(folder)
        }
    }
}
