import Support
import Testing

/// What cannot be done is refused in one line before anything is sent.
@Suite struct RefusalTests {
    /// What is wrong, the arguments before `--target`, and what the line must say.
    struct Refused: Sendable, CustomTestStringConvertible {
        var name: String
        var arguments: [String]
        var says: String
        var testDescription: String { name }
    }

    static let uuid = "12345678-1234-5678-1234-567812345678"

    static let rows = [
        Refused(
            name: "a missing file", arguments: ["run", "no/such.jsonl"], says: "no/such.jsonl"),
        Refused(
            name: "an unknown flag", arguments: ["run", "workloads/stammer.jsonl", "--bogus", "1"],
            says: "--bogus"),
        Refused(
            name: "a wrong UUID",
            arguments: ["run", "workloads/stammer.jsonl", "--set", "chatbot_uuid=1234"],
            says: "chatbot_uuid"),
        Refused(
            name: "a secret written out",
            arguments: ["run", "workloads/stammer.jsonl", "--set", "token=S3cret"], says: "token"),
        Refused(
            name: "a variable that is not set",
            arguments: ["run", "workloads/stammer.jsonl", "--set", "token=env:NOT_THERE"],
            says: "NOT_THERE"),
        Refused(
            name: "no workload", arguments: ["run"], says: "workload"),
        Refused(
            name: "an unknown command", arguments: ["rum", "workloads/stammer.jsonl"], says: "rum"),
    ]

    @Test(arguments: rows)
    func isOneLineAndSendsNothing(row: Refused) throws {
        try expectRefusal(row.arguments, says: row.says)
    }

    @Test(arguments: [
        (line: #"{"turns":[{"say":"Hello"},]}"#, says: ":2:"),
        (line: #"{"turns":[{"sya":"Hello"}]}"#, says: "sya"),
        (line: #"{"turns":[]}"#, says: ":2:"),
        (line: "not JSON", says: ":2:1"),
    ])
    func namesTheLineOfAScript(line: String, says: String) throws {
        let scratch = try ScratchFolder()
        let good = #"{"turns":[{"say":"Hello"}]}"#
        let script = try scratch.write(good + "\n" + line + "\n" + good + "\n", to: "s.jsonl")
        try expectRefusal(["run", script], says: says)
    }

    @Test func planRefusesTheSame() throws {
        let plan = try Child(["plan", "no/such.jsonl"]).ending()
        #expect(plan.code == 104)
        #expect(plan.output.isEmpty)
    }

    /// A target without a service, and options of other tools: 104, and the command that works.
    @Test(arguments: [
        (["run", "--vus", "2"], "'--vus' is an option of k6", "-c 2"),
        (["run"], "--target: which service is there?", "--service botyard"),
        (["replay"], "--target: which service is there?", "--service botyard"),
        (["plan"], "--target: which service is there?", "--service botyard"),
        (
            ["run", "--find-capacity", "errors<1%"], "--target: which service is there?",
            "--service botyard"
        ),
    ])
    func saysTheCommandThatWorks(arguments: [String], says: String, has: String) throws {
        let server = try LocalServer()
        let run = try Child(
            arguments + ["workloads/botyard.jsonl", "--target", server.url + "/v1/client-api"]
        ).ending()
        #expect(run.code == 104 && run.output.isEmpty)
        #expect(run.messages.hasPrefix("chatload: error: \(says)"), "\(run.messages)")
        let last = run.messages.split(separator: "\n").last ?? ""
        #expect(last.hasPrefix("  chatload \(arguments[0]) ") && last.contains(has), "\(last)")
        #expect(!server.hasConnection())
    }

    /// Exit 104, one line for the error and at most what helps with it, and no connection.
    private func expectRefusal(_ arguments: [String], says: String) throws {
        let server = try LocalServer()
        let scratch = try ScratchFolder()
        var options = ["-o", scratch.path + "/run", "--service", "stammer", "--target", server.url]
        if !arguments.contains(where: { $0.hasPrefix("token=") }) {
            options += ["--set", "token=env:TOKEN"]
        }
        if !arguments.contains(where: { $0.hasPrefix("chatbot_uuid=") }) {
            options += ["--set", "chatbot_uuid=\(Self.uuid)"]
        }
        let run = try Child(arguments + options, environment: ["TOKEN": "any"]).ending()
        #expect(run.code == 104)
        #expect(run.output.isEmpty)
        let lines = run.messages.split(separator: "\n")
        let isError = lines.first?.hasPrefix("chatload: error: ") ?? false
        #expect(isError && lines.first?.contains(says) ?? false, "\(run.messages)")
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("  ") }, "\(run.messages)")
        #expect(!run.messages.contains("S3cret"))
        #expect(!server.hasConnection())
        #expect(names(in: scratch.path).allSatisfy { $0 != "run" }, "a folder was made")
    }
}
