/// The shells that completions are made for.
enum Shell: String, CaseIterable, Sendable {
    case bash, zsh, fish

    /// The script that makes the shell complete command lines, made of the option tables.
    var completions: String {
        switch self {
        case .bash: BashCompletions.script
        case .zsh: ZshCompletions.script
        case .fish: FishCompletions.script
        }
    }
}

/// What may be typed where an option's value stands.
enum Completion: Equatable {
    case words([String])
    case path
    /// Anything: there is nothing to suggest.
    case text
}

extension OptionFace {
    /// What may be typed as the option's value.
    var completion: Completion {
        if !choices.isEmpty { return .words(choices) }
        let word = placeholder.prefix { $0.isASCII && $0.isLetter }
        return Self.paths.contains(String(word)) ? .path : .text
    }

    /// The placeholders of values that are names of files or folders.
    private static let paths = ["FILE", "DIR", "WORKLOAD", "RUN", "BASE", "NEW"]

    /// The help up to its first comma, semicolon or colon, for the narrow column of a shell's list.
    var remark: String { String(help.prefix { !",;:".contains($0) }) }

    /// Whether it may be given more than once.
    var isRepeatable: Bool { kind == .list || kind == .keyed }
}

extension Command {
    /// The command's options, without its arguments.
    var flaggedFaces: [OptionFace] { faces.filter { $0.kind != .positional } }

    /// What may be typed where the command's arguments stand.
    var argumentCompletion: Completion {
        faces.first { $0.kind == .positional }?.completion ?? .text
    }
}

extension String {
    /// The text between single quotes, as all three shells read it; in fish a backslash before a
    /// quote would count, which no text of ours has.
    var shellQuoted: String { "'" + replacing("'", with: #"'\''"#) + "'" }
}
