import Support
import Testing

/// `-` where a file of conversations or of data is named.
@Suite struct StdinTests {
    /// What the built binary makes of a text on its stdin.
    private func ending(_ arguments: String, stdin text: String) throws -> Child.Ending {
        let scratch = try ScratchFolder()
        let script = try scratch.write(
            #"{"turns":[{"say":"Hello ${city}"}]}"# + "\n", to: "s.jsonl")
        let input = try scratch.write(text, to: "input")
        let command = "cat '\(input)' | '\(Child.binary)' " + arguments
        return try Child(
            [
                "-c",
                command.replacing("SCRIPT", with: script)
                    .replacing("FOLDER", with: scratch.path),
            ], binary: "/bin/sh"
        ).ending()
    }

    @Test(arguments: [
        ("plan -", #"{"turns":[{"say":"Hello"}]}"#), ("plan SCRIPT --data -", "city\nRome\n"),
        ("run - -n 2 -q -o FOLDER/run", #"{"turns":[{"say":"Hello"}]}"#),
        ("import - -o FOLDER/out.jsonl", #"{"messages":[{"role":"user","content":"Hi"}]}"#),
    ])
    func isRead(arguments: String, text: String) throws {
        let ending = try ending(arguments, stdin: text)
        // 110: a machine too busy for a valid run has read its workload all the same.
        #expect([0, 110].contains(ending.code), "\(ending.messages)")
    }

    @Test(arguments: [
        ("plan - --data -", "city\nRome\n", "stdin (-) is named twice"),
        ("plan -", "", "-: there is no conversation in here"),
        ("plan -", "not JSON\n", "-:1:1: this is not valid JSON"),
        ("plan -", "%PDF-1.7\n", "-: this is a PDF document"),
        ("run - -o -", "{}", "'-' is stdout"),
    ])
    func isRefusedInOneLine(arguments: String, text: String, message: String) throws {
        let ending = try ending(arguments, stdin: text)
        #expect(ending.code == 104)
        #expect(ending.messages.split(separator: "\n").first?.contains(message) == true)
    }
}
