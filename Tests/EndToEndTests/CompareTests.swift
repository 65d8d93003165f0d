import Base
import Support
import Testing

@testable import ChatloadKit

/// `compare` of the built binary, on runs of its own sandbox.
@Suite struct CompareTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    /// The folder of a run that is valid: one that the machine was too busy for is made again.
    private func run(_ name: String, latency: String) throws -> String {
        for attempt in 1...8 {
            let folder = "\(scratch.path)/\(name)-\(attempt)"
            let ending = try Child([
                "run", "workloads/support.jsonl", "-c", "30", "-n", "400", "--think", "0", "-q",
                "--sandbox-latency", latency, "-o", folder,
            ]).ending()
            if ending.code == 0 { return folder }
            #expect(ending.code == 110, "\(ending.messages)")
        }
        throw Unavailable(what: "a machine that is not too busy")
    }

    @Test func slowerRunsAreToldAndGated() throws {
        let base = try run("base", latency: "lognormal:20ms,0.3")
        let new = try run("new", latency: "lognormal:60ms,0.3")
        let change = "\(scratch.path)/change"
        let ending = try Child([
            "compare", base, new, "--fail-on", "response.p50:+5%", "--fail-on", "errors:+1pp", "-o",
            change,
        ]).ending()
        #expect(ending.code == 99, "\(ending.messages)")
        #expect(ending.output.hasPrefix("NEW is slower: response p50 +"))
        #expect(ending.output.contains("! the runs differ in sandbox-latency\n"))
        #expect(ending.output.contains("  broken      response.p50:+5% is +"))
        #expect(ending.output.contains("  kept        errors:+1pp is "))
        for name in ["compare.html", "compare.json", "compare.csv"] {
            #expect(Base.Files.exists("\(change)/\(name)"))
        }
        let back = try Child(["compare", new, base, "--fail-on", "response.p50:+5%"]).ending()
        #expect(back.code == 0, "\(back.messages)")
        #expect(back.output.hasPrefix("NEW is faster: response p50 \u{2212}"))
        let json = try Child(["compare", base, "--vs", new, "--format", "json"]).ending()
        #expect(json.code == 0)
        #expect(json.output.contains("\"verdict\" : \"slower\""))
    }

    @Test(arguments: [
        (["a"], "two sides are needed to compare"),
        (["a", "b", "c"], "3 runs, and nothing says where NEW's begin"),
        (["--vs", "a", "b"], "two sides are needed to compare"),
        (["nowhere", "reports"], "nowhere: there is no such folder"),
        (["reports", "reports/"], "reports: given twice; a run cannot be compared with itself"),
        (["workloads", "reports"], "workloads: is not a run's folder; run.json is missing"),
        (["a", "b", "--fail-on", "p99:+5%"], "--fail-on: 'p99:+5%' names no figure"),
        (["a", "b", "--confidence", "30%"], "--confidence: '30%' is no usable confidence"),
    ]) func badInputIsOneLine(arguments: [String], message: String) throws {
        let ending = try Child(["compare"] + arguments).ending()
        #expect(ending.code == 104)
        #expect(ending.output.isEmpty)
        #expect(ending.messages.hasPrefix("chatload: error: \(message)"))
    }
}
