import Support
import Testing

@testable import ChatloadKit

/// Scripts with data, checks and captures, played by the built binary.
@Suite struct ScriptedRunTests {
    private static let orders = ["workloads/orders.jsonl", "--data", "workloads/files/orders.csv"]

    @Test(arguments: ["stammer", "tamako", "botyard"])
    func theSampleIsAsItExpects(service: String) throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        var arguments = ["run"] + Self.orders + ["--service", service, "-n", "30"]
        if service == "botyard" { arguments += ["--set", "poll_first=2ms"] }
        let run = try Child(arguments + quickly + ["-o", folder]).ending()
        #expect(run.code == 0, "\(run.messages)")
        let summary = try summary(of: folder)
        #expect(summary.totals[.conversationsCompleted] == 30)
        #expect(summary.totals[.failed] == 0, "\(summary.errors)")
        #expect(summary.steps["ask"]?[.exchanges] ?? 0 >= 30)
    }

    @Test func rowsAreUsedUp() throws {
        let scratch = try ScratchFolder()
        let options = ["--data-order", "unique", "-d", "1m", "-o", scratch.path + "/run"]
        let run = try Child(["run"] + Self.orders + quickly + options).ending()
        #expect(run.code == 0, "\(run.messages)")
        #expect(run.output.contains("12 started: 12 completed"))
        #expect(
            run.messages.contains(
                "every row of workloads/files/orders.csv has been used: 12 conversations"))
    }

    /// What was expected and what came stand in the report, the log and errors.csv.
    @Test func failedExpectationsAreShown() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let script = try scratch.write(
            #"{"turns":[{"say":"Hello","expect":{"contains":"goodbye"}},{"say":"2","expect":{"status":200}}]}"#,
            to: "s.jsonl")
        let run = try Child(["run", script, "-n", "3", "-o", folder] + quickly).ending()
        #expect(run.code == 0, "\(run.messages)")
        let detail = "expected the reply to contain \"goodbye\", got \"Hello! "
        #expect(run.output.contains(detail))
        let quoted = detail.replacing("\"", with: "\"\"")
        for file in ["errors.csv", "exchanges.csv"] {
            #expect(text(of: "\(folder)/\(file)")?.contains(quoted) == true)
        }
        let summary = try summary(of: folder)
        #expect(summary.errors.map(\.errorClass) == ["expectation"])
        #expect(summary.totals[.failed] == 3 && summary.totals[.exchanges] == 6)
    }

    /// What cannot be is found before anything is sent.
    @Test(arguments: [
        (#"{"turns":[{"say":"x ${tickt}"}]}"#, ":1:21: unknown variable ${tickt}"),
        (#"{"turns":[{"say":"x","capture":{"a":"(b"}}]}"#, "is no regular expression"),
    ])
    func planFindsWhatIsWrong(script: String, expected: String) throws {
        let scratch = try ScratchFolder()
        let file = try scratch.write(script, to: "s.jsonl")
        let plan = try Child(["plan", file]).ending()
        #expect(plan.code == 104 && plan.output.isEmpty)
        #expect(plan.messages.contains(expected), "\(plan.messages)")
    }
}
