import Base
import ChatloadKit

/// What `import` was asked for.
struct ImportSettings: Sendable {
    var files: [String] = []
    var output: String?
    var format: WorkloadFormat?
    var skipsBadLines = false
    var limit: Int?
    var replaces = false
    var seed: UInt64 = 1
    var tokens = TokenEstimate.usual
    var config: String?
    var isQuiet = false
    var hidesProgress = false
}

extension ImportSettings {
    /// The options of `import`.
    static let options: [OptionRow<ImportSettings>] = [
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
            ["seed"], "N", .seed, into: \.seed, default: "1",
            "seed of the prompts that are made for traces that tell only sizes"),
        .value(
            ["tokens"], "HOW", .tokens, into: \.tokens, default: "chars:4",
            "how long these prompts are: chars:N, bytes:N or words for a token"),
        .value(
            ["f", "config"], "FILE", .text, into: \.config,
            "JSON file with options, the keys being their long names"),
        .toggle(["q", "quiet"], into: \.isQuiet, "no progress, no summary"),
        .toggle(["no-progress"], into: \.hidesProgress, "no progress line"),
    ]
}

/// What `completions` was asked for.
struct CompletionSettings: Sendable {
    var shells: [Shell] = []

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

extension CompletionSettings {
    /// The options of `completions`.
    static let options: [OptionRow<CompletionSettings>] = [
        .positional("shell", "SHELL", .choice("shell"), into: \.shells, "bash, zsh or fish")
    ]
}
