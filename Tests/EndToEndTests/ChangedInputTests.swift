import Glibc
import Support
import Testing

@testable import ChatloadKit

/// Runs whose files are shortened under them: they end in order.
@Suite struct ChangedInputTests {
    /// A file of many lines or rows, what plays it, and how.
    struct Row: CustomTestStringConvertible {
        var name: String
        var command = "run"
        var changesData = false
        var testDescription: String { name }
    }

    @Test(arguments: [
        Row(name: "workload"), Row(name: "data", changesData: true),
        Row(name: "replay", command: "replay"),
        Row(name: "replay with data", command: "replay", changesData: true),
    ])
    func endInOrder(row: Row) throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let say = row.changesData ? "${a}" : String(repeating: "x", count: 400)
        let script = #"{"turns":[{"say":"\#(say)"}]}"# + "\n"
        let workload = try scratch.write(String(repeating: script, count: 20_000), to: "w.jsonl")
        let cells =
            "a\n" + String(repeating: String(repeating: "7", count: 400) + "\n", count: 9_000)
        let data = try scratch.write(cells, to: "d.csv")
        var arguments = [row.command, workload, "-c", "2", "--seed", "7", "-q", "-o", folder]
        arguments += ["--sandbox-latency", "20ms", "--grace", "5s", "-d", "50s"]
        if row.command == "run" { arguments += ["--think", "0"] }
        let run = try Child(arguments + (row.changesData ? ["--data", data] : []))
        #expect(wait(for: folder + "/run.json") { !$0.isEmpty })
        truncate(row.changesData ? data : workload, 4_096)
        let ending = run.ending()
        #expect(ending.code == 107, "\(ending.messages)")
        let changed = row.changesData ? data : workload
        #expect(ending.messages.contains("\(changed): was changed while it was in use"))
        #expect(ending.output.contains("ended early: \(changed) was changed"), "\(ending.output)")
        let summary = try summary(of: folder)
        #expect(summary.run.ended == .inputChanged && summary.totals[.failed] == 0)
        #expect(runFiles.allSatisfy { names(in: folder).contains($0) })
    }
}
