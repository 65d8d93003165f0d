import Support
import Testing

/// What cannot be written to stdout is not lost without a word.
@Suite struct FullOutputTests {
    @Test func everyCommandSaysThatStdoutTakesNothing() throws {
        let scratch = try ScratchFolder()
        let (a, b) = (scratch.path + "/a", scratch.path + "/b")
        for folder in [a, b] {
            let arguments = ["run", "workloads/support.jsonl", "-n", "3", "-q", "-o", folder]
            #expect(try Child(arguments + quickly, output: .full).ending().code == 107)
            #expect(runFiles == names(in: folder))
        }
        let chats = "workloads/support.jsonl"
        let commands = [
            ["run", chats, "-n", "2", "--format", "json", "-o", a + "/c"] + quickly,
            ["replay", chats, "-o", a + "/d"] + quickly,
            ["run", chats, "--find-capacity", "response.p50<1ns", "-d", "200ms", "-c", "1"]
                + quickly + ["-o", a + "/e"],
            ["report", a], ["report", a, "--format", "json"], ["compare", a, b], ["plan", chats],
            ["plan", chats, "--format", "json"],
            ["probe", chats], ["probe", chats, "--format", "json"],
            ["import", "Tests/Formats/sharegpt.json", "-o", "-"],
            ["help"], ["help", "run"], ["run", "--help"], ["completions", "bash"], ["man"],
            ["--version"], ["serve", "--port", "0"],
        ]
        for command in commands {
            let ending = try Child(command, output: .full).ending()
            let name = command.joined(separator: " ")
            #expect(ending.code == 107, "\(name): \(ending.code) \(ending.messages)")
            #expect(ending.messages.contains("No space left on device"), "\(name)")
        }
    }

    @Test func aReaderThatGoesAwayIsNoFailure() throws {
        for command in [["help"], ["man"], ["plan", "workloads/support.jsonl"], ["--version"]] {
            let ending = try Child(command, output: .abandoned).ending()
            #expect(ending.code == 0 && ending.messages.isEmpty, "\(command) \(ending.messages)")
        }
    }
}
