import Base
import ChatloadKit

/// Import settings: which files become a workload, and where it goes.
struct ImportSettings: OptionSubject, Sendable {
    var files: [String] = []
    var output: String?
    var format: WorkloadFormat?
    var skipsBadLines = false
    var limit: Int?
    var replaces = false
    var prompts = PromptSettings(seed: 1, tokens: .usual)
    var process = ProcessOptions()

    static let rows: [OptionRow<Self>] = options(
        of: [.import], .thisProcess,
        .positional(
            "file", "FILE…", .text, into: \.files,
            "transcripts and traces, recognised by what is in them"),
        .value(
            ["o", "output"], "FILE", .text, into: \.output,
            "where the scripts go; - for stdout"),
        .value(
            ["format"], "NAME", .choice("format"), into: \.format, default: "(recognised)",
            "what the files are: "
                + WorkloadFormat.allCases.map(\.rawValue).joined(separator: ", ")),
        .toggle(
            ["skip-bad-lines"], into: \.skipsBadLines,
            "leave out conversations that have errors, and count them"),
        .value(
            ["limit"], "N", .count(1...Int.max), into: \.limit, default: "(all)",
            "import the first N conversations only"),
        .toggle(["force"], into: \.replaces, "replace the output if it is there"),
        .value(
            ["seed"], "N", .seed, into: \.prompts.seed, default: "1",
            "seed of the prompts that are made for traces that tell only sizes"),
        .value(
            ["tokens"], "HOW", .tokens, into: \.prompts.tokens, default: "chars:4",
            "how long these prompts are: chars:N, bytes:N or words for a token"))
}

/// Completion settings: the shell whose completions are printed.
struct CompletionSettings: OptionSubject, Sendable {
    var shells: [Shell] = []

    static let rows: [OptionRow<Self>] = options(
        of: [.completions], .thisProcess,
        .positional(
            "shell", "SHELL", .choice("shell"), into: \.shells, "bash, zsh or fish"))

    /// The one shell that is meant.
    func onlyShell() throws(Fault) -> Shell {
        guard let shell = shells.first, shells.count == 1 else {
            let known = Shell.allCases.map(\.rawValue).joined(separator: ", ")
            throw Fault(
                shells.isEmpty ? "no shell is named" : "one shell at a time",
                hint: "shells: \(known)")
        }
        return shell
    }
}
