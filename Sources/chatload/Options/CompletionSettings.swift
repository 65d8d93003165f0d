/// What `completions` was asked for.
struct CompletionSettings: Sendable {
    var shells: [Shell] = []

    /// The one shell that is meant.
    func onlyShell() throws(Complaint) -> Shell {
        guard let shell = shells.first, shells.count == 1 else {
            let known = Shell.allCases.map(\.rawValue).joined(separator: ", ")
            throw Complaint(
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
